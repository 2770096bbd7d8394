"""Sends signed messages to inboxes, as fast as the signatures are made.

Connections are kept and shared by all deliveries to one origin; the number per origin and in all
is bounded, so a host that hangs holds up itself only. A POST is never redirected.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

from msgspec import Struct

from fedrse.core.ports import Protocol
from fedrse.core.urls import parse_url
from fedrse.net.delivery_connection import DeliveryConnection
from fedrse.net.errors import ConnectionLost, TimedOut
from fedrse.net.http1 import parse_retry_after, write_request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from fedrse.core.clock import Clock
    from fedrse.core.urls import Origin
    from fedrse.net.dialler import Dialler
    from fedrse.net.http1 import Answer

TOTAL_SECONDS = 10.0
CONNECTIONS_PER_ORIGIN = 2
REQUESTS_IN_FLIGHT = 256
IDLE_CONNECTIONS = 256
IDLE_SECONDS = 30.0
MAX_EXCERPT_CHARACTERS = 500
_NOT_ACCEPTED = "perhaps it does not accept our client certificate"


class DeliveryResult(Struct, frozen=True):
    """The answer of an inbox. ``retry_after`` in seconds; ``body_excerpt`` is for the log."""

    status: int
    retry_after: int | None
    body_excerpt: str


class Observer(Protocol):
    """Hears how peers answer; its methods never raise and never wait."""

    def answered(self, peer: str, milliseconds: int) -> None:
        """How long the answer to a delivery took, its transfer included."""

    def saw_certificate(self, peer: str, until: int) -> None:
        """When the certificate of a new connection ends (milliseconds)."""


@dataclass(slots=True)
class _OriginPool:
    """Connections to one origin. ``users`` wait or have a request in flight."""

    slots: asyncio.Semaphore
    idle: list[DeliveryConnection] = field(default_factory=list)
    users: int = 0


class Deliverer:
    """Posts prepared bytes. One per process; ``close`` ends all connections."""

    def __init__(
        self,
        dialler: Dialler,
        clock: Clock,
        *,
        observer: Observer | None = None,
        connections_per_origin: int = CONNECTIONS_PER_ORIGIN,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._dialler = dialler
        self._clock = clock
        self._observer = observer
        self._connections_per_origin = connections_per_origin
        self._idle_seconds = idle_seconds
        self._in_flight = asyncio.Semaphore(REQUESTS_IN_FLIGHT)
        self._pools: dict[Origin, _OriginPool] = {}
        # Resting connections, the longest resting first, with the time they began to rest.
        self._resting: OrderedDict[DeliveryConnection, tuple[Origin, float]] = OrderedDict()
        self._sweep: asyncio.TimerHandle | None = None

    async def post(
        self, url: str, headers: Mapping[str, str], body: bytes, *, seconds: float = TOTAL_SECONDS
    ) -> DeliveryResult:
        """Send ``body`` to an inbox; ``headers`` are complete and signed, but for ``Host``.

        ``Host`` and ``Content-Length`` are written from the address and the body. The deadline of
        ``seconds`` starts when a connection slot is free. A kept connection that turns out closed
        is replaced once: receivers recognise a message they have already.

        Raises BadUrl, HostNotAllowed, NameLookupFailed, ConnectFailed, TlsFailed, TimedOut,
        ConnectionLost, BadResponse, ResponseTooLarge.
        """
        address = parse_url(url, self._dialler.rules)
        origin = address.origin
        self._dialler.check(origin)
        request = write_request("POST", address.target, origin.peer, headers, body)
        async with self._slot(origin) as pool:
            try:
                async with asyncio.timeout(seconds):
                    began = monotonic()
                    answer = await self._exchange(origin, pool, request)
            except TimeoutError as error:
                raise TimedOut(
                    "answer_timed_out", f"{origin.peer} did not answer in time", host=origin.peer
                ) from error
        if self._observer is not None:
            self._observer.answered(origin.peer, round((monotonic() - began) * 1000))
        return DeliveryResult(
            answer.status,
            parse_retry_after(answer.headers.get("retry-after"), self._clock.now()),
            _readable(answer.excerpt),
        )

    @property
    def active_origins(self) -> int:
        """How many origins have connections, or deliveries that wait for one."""
        return len(self._pools)

    async def close(self) -> None:
        """End all resting connections; requests in flight should be over by now."""
        for connection in list(self._resting):
            self._discard(connection)
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None

    @asynccontextmanager
    async def _slot(self, origin: Origin) -> AsyncIterator[_OriginPool]:
        pool = self._pools.get(origin)
        if pool is None:
            pool = _OriginPool(asyncio.Semaphore(self._connections_per_origin))
            self._pools[origin] = pool
        pool.users += 1
        try:
            async with pool.slots, self._in_flight:
                yield pool
        finally:
            pool.users -= 1
            self._forget_if_unused(origin, pool)

    async def _exchange(self, origin: Origin, pool: _OriginPool, request: bytes) -> Answer:
        while pool.idle:
            connection = pool.idle.pop()
            del self._resting[connection]
            self._check_kept(origin, connection)
            try:
                answer = await connection.exchange(request)
            except ConnectionLost as error:
                if error.code != "connection_stale":
                    raise
                continue
            self._rest(origin, pool, connection)
            return answer
        connection = await self._dialler.connect(
            origin, lambda: DeliveryConnection(self._forget_closed), delivers=True
        )
        self._check_kept(origin, connection)
        if self._observer is not None and (until := connection.certificate_until()) is not None:
            self._observer.saw_certificate(origin.peer, until)
        try:
            answer = await connection.exchange(request)
        except ConnectionLost as error:
            if not self._dialler.shows_certificate(origin.peer):
                raise
            # Many servers end such connections without a word.
            raise ConnectionLost(error.code, f"{error.message}; {_NOT_ACCEPTED}") from error
        self._rest(origin, pool, connection)
        return answer

    def _check_kept(self, origin: Origin, connection: DeliveryConnection) -> None:
        """Rules may have changed while it rested. Raises HostNotAllowed."""
        try:
            self._dialler.check_kept(origin, connection.transport, delivers=True)
        except BaseException:
            connection.close()
            raise

    def _rest(self, origin: Origin, pool: _OriginPool, connection: DeliveryConnection) -> None:
        if not connection.is_open:
            return
        pool.idle.append(connection)
        now = asyncio.get_running_loop().time()
        self._resting[connection] = (origin, now)
        if len(self._resting) > IDLE_CONNECTIONS:
            self._discard(next(iter(self._resting)))
        if self._sweep is None:
            self._plan_sweep(self._idle_seconds)

    def _plan_sweep(self, delay: float) -> None:
        self._sweep = asyncio.get_running_loop().call_later(delay, self._sweep_idle)

    def _sweep_idle(self) -> None:
        self._sweep = None
        now = asyncio.get_running_loop().time()
        while self._resting:
            connection, (_, since) = next(iter(self._resting.items()))
            left = since + self._idle_seconds - now
            if left > 0:
                self._plan_sweep(left)
                return
            self._discard(connection)

    def _discard(self, connection: DeliveryConnection) -> None:
        self._take_from_rest(connection)
        connection.close()

    def _forget_closed(self, connection: DeliveryConnection) -> None:
        if connection in self._resting:
            self._take_from_rest(connection)

    def _take_from_rest(self, connection: DeliveryConnection) -> None:
        origin, _ = self._resting.pop(connection)
        pool = self._pools[origin]
        pool.idle.remove(connection)
        self._forget_if_unused(origin, pool)

    def _forget_if_unused(self, origin: Origin, pool: _OriginPool) -> None:
        if pool.users == 0 and not pool.idle:
            self._pools.pop(origin, None)


def _readable(excerpt: bytes) -> str:
    text = excerpt.decode("utf-8", errors="replace")
    printable = "".join(character if character.isprintable() else " " for character in text)
    return printable[:MAX_EXCERPT_CHARACTERS].strip()
