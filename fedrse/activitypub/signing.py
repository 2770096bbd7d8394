"""Signing of our own requests: whose keys, in which way, and off the event loop.

An RSA signature takes 0.3 ms. It is made in threads (the library lets go of the interpreter lock),
several per hop, so that the loop neither waits for the mathematics nor for the hops.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final

from fedrse.activitypub.cavage import sign_cavage
from fedrse.activitypub.digests import PreparedBody
from fedrse.activitypub.keys import SigningKey
from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.peers import Scheme
from fedrse.activitypub.remote_keys import CHANGED
from fedrse.activitypub.rfc9421 import PLAIN, s2s_options, sign_rfc9421
from fedrse.core.clock import MINUTE, Clock
from fedrse.core.errors import Unavailable
from fedrse.core.ports import Protocol
from fedrse.core.urls import Url
from fedrse.net.expiring import ExpiringMap
from fedrse.store.database import Database, Transaction

THREADS: Final = 2
MOST_PER_HOP: Final = 16
STAND_BACK: Final = 5  # added to the niceness of the threads
_LIFETIME: Final = 10 * MINUTE
_MOST_ACTORS: Final = 4096
_NONCE_BYTES: Final = 12


class ActorKeys(Protocol):
    """The private keys of a local actor.

    ``previous_rsa`` is the key before a rotation, while peers may know no other.
    """

    @property
    def rsa(self) -> SigningKey: ...

    @property
    def ed25519(self) -> SigningKey: ...

    @property
    def previous_rsa(self) -> SigningKey | None: ...


class InstanceActor(Protocol):
    """This site's own actor, as far as keys go."""

    @property
    def id(self) -> int: ...


class SigningKeys(Protocol):
    """Private keys of local actors, decrypted; implemented by ``features.accounts``."""

    async def signing_keys(self, tx: Transaction, account_id: int) -> ActorKeys:
        """The newest keys of a local account. Raises NotFound."""

    async def instance_actor(self, tx: Transaction) -> InstanceActor | None:
        """This site's own actor, which signs fetches."""


class KeyRing:
    """Keeps decrypted keys for a while; ten minutes, or until told that some have changed."""

    def __init__(
        self, *, database: Database, keys: SigningKeys, local_ids: LocalIds, clock: Clock
    ) -> None:
        self._database = database
        self._keys = keys
        self._local_ids = local_ids
        self._clock = clock
        self._instance: int | None = None
        self._lock = threading.Lock()
        self._known: ExpiringMap[int, ActorKeys] = self._empty()
        database.listen(CHANGED, self._changed)
        database.on_missed(self._forget_all)

    async def of(self, account_id: int) -> ActorKeys:
        """The keys of a local account. Raises NotFound."""
        known = self._known
        keys = self._get(account_id)
        if keys is None:
            keys = await self._database.read(self._keys.signing_keys, account_id)
            self._put(known, account_id, keys)
        return keys

    async def within(self, tx: Transaction, account_id: int) -> ActorKeys:
        """Like ``of``, inside a transaction. Raises NotFound."""
        known = self._known
        keys = self._get(account_id)
        if keys is None:
            keys = await self._keys.signing_keys(tx, account_id)
            self._put(known, account_id, keys)
        return keys

    async def of_instance(self) -> ActorKeys:
        """The keys of this site's own actor. Raises Unavailable before it was made."""
        if self._instance is None:
            actor = await self._database.read(self._keys.instance_actor)
            if actor is None:
                raise Unavailable("no_instance_actor", "This site has no actor of its own yet.")
            self._instance = actor.id
        return await self.of(self._instance)

    # Units of work run on the database's thread.

    def _get(self, account_id: int) -> ActorKeys | None:
        with self._lock:
            return self._known.get(account_id)

    def _put(self, known: ExpiringMap[int, ActorKeys], account_id: int, keys: ActorKeys) -> None:
        # Into the memory that was current before reading: a change in between has replaced it.
        with self._lock:
            known.put(account_id, keys, lifetime=_LIFETIME)

    def _changed(self, uri: str) -> None:
        if self._local_ids.is_local(uri):
            self._forget_all()

    def _forget_all(self) -> None:
        self._known = self._empty()

    def _empty(self) -> ExpiringMap[int, ActorKeys]:
        return ExpiringMap(self._clock, max_entries=_MOST_ACTORS)


@dataclass(slots=True)
class _Order:
    make: Callable[[], dict[str, str]]
    future: asyncio.Future[dict[str, str]]


class RequestSigner:
    """Makes signature headers. One per process; ``close`` it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._threads = ThreadPoolExecutor(
            THREADS, thread_name_prefix="signing", initializer=_stand_back
        )
        self._orders: list[_Order] = []
        self._busy = 0

    async def sign(
        self,
        keys: ActorKeys,
        scheme: Scheme,
        method: str,
        url: Url,
        body: PreparedBody | None = None,
    ) -> dict[str, str]:
        """The headers of a signature in this scheme; send them as they are."""
        now = self._clock.now()
        if scheme is Scheme.RFC9421_ED25519:
            # A tenth of the time of RSA: not worth a hop.
            options = s2s_options(secrets.token_urlsafe(_NONCE_BYTES))
            return sign_rfc9421(keys.ed25519, method, url, now_ms=now, body=body, options=options)
        if scheme is Scheme.RFC9421_RSA:
            return await self._order(
                partial(sign_rfc9421, keys.rsa, method, url, now_ms=now, body=body, options=PLAIN)
            )
        return await self.sign_with(keys.rsa, method, url, body)

    async def sign_with(
        self, rsa: SigningKey, method: str, url: Url, body: PreparedBody | None = None
    ) -> dict[str, str]:
        """The headers of a cavage signature with exactly this key."""
        now = self._clock.now()
        return await self._order(partial(sign_cavage, rsa, method, url, now_ms=now, body=body))

    async def _order(self, make: Callable[[], dict[str, str]]) -> dict[str, str]:
        future: asyncio.Future[dict[str, str]] = asyncio.get_running_loop().create_future()
        self._orders.append(_Order(make, future))
        if self._busy < THREADS:
            self._hop()
        return await future

    def close(self) -> None:
        """Ends the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _hop(self) -> None:
        orders = self._orders[:MOST_PER_HOP]
        del self._orders[:MOST_PER_HOP]
        self._busy += 1
        loop = asyncio.get_running_loop()
        done = loop.run_in_executor(self._threads, _make_all, orders)
        done.add_done_callback(partial(self._made, orders))

    def _made(
        self, orders: list[_Order], done: asyncio.Future[list[dict[str, str] | Exception]]
    ) -> None:
        self._busy -= 1
        if self._orders:
            self._hop()
        if done.cancelled():
            for order in orders:
                order.future.cancel()
            return
        for order, result in zip(orders, done.result(), strict=True):
            if order.future.done():
                continue
            if isinstance(result, Exception):
                order.future.set_exception(result)
            else:
                order.future.set_result(result)


def _stand_back() -> None:
    """Lets the event loop go first where both want one core: answers do not wait for a fan-out."""
    if sys.platform == "linux":  # elsewhere this would be the whole process
        os.nice(STAND_BACK)


def _make_all(orders: list[_Order]) -> list[dict[str, str] | Exception]:
    results: list[dict[str, str] | Exception] = []
    for order in orders:
        try:
            results.append(order.make())
        except Exception as error:  # noqa: BLE001  (belongs to whoever ordered)
            results.append(error)
    return results
