"""What is remembered about each host between requests. Everything here is bounded and expires."""

from __future__ import annotations

import asyncio
import math
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec import Struct

from fedrse.core.clock import DAY, HOUR, MINUTE
from fedrse.net.errors import HostBusy
from fedrse.net.expiring import ExpiringMap

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fedrse.core.clock import Clock

_MAX_HOSTS = 10_000
_MAX_ADDRESSES = 4096
_SCHEME_LIFETIME = 30 * DAY
_GONE_LIFETIME = 30 * DAY


class HostLimits(Struct, frozen=True):
    """How hard one host may be asked."""

    parallel: int
    per_minute: int


STRANGER = HostLimits(parallel=2, per_minute=60)
NAMED_PEER = HostLimits(parallel=8, per_minute=600)
"""Members of the group of sites and allowed hosts: a new site has a lot to catch up on."""


@dataclass(slots=True)
class _Bucket:
    """Requests that may be made now, and the time (ms) of that count."""

    tokens: float
    counted: int


@dataclass(slots=True)
class _Slots:
    semaphore: asyncio.Semaphore
    users: int = 0


class HostState:
    """Limits, failures and preferences by peer (``host[:port]``), in this process only."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._slots: dict[str, _Slots] = {}
        self._buckets: ExpiringMap[str, _Bucket] = ExpiringMap(clock, max_entries=_MAX_HOSTS)
        self._failures: ExpiringMap[tuple[str, str], int] = ExpiringMap(
            clock, max_entries=_MAX_ADDRESSES
        )
        self._schemes: ExpiringMap[str, str] = ExpiringMap(clock, max_entries=_MAX_HOSTS)

    @asynccontextmanager
    async def turn(self, peer: str, limits: HostLimits) -> AsyncIterator[None]:
        """A request to the peer runs inside; waits while as many as permitted are running.

        Raises HostBusy if the requests of this minute are used up.
        """
        self._spend(peer, limits)
        slots = self._slots.get(peer)
        if slots is None:
            slots = self._slots[peer] = _Slots(asyncio.Semaphore(limits.parallel))
        slots.users += 1
        try:
            async with slots.semaphore:
                yield
        finally:
            slots.users -= 1
            if slots.users == 0:
                del self._slots[peer]

    @property
    def active_hosts(self) -> int:
        """How many hosts have requests running or waiting for their turn."""
        return len(self._slots)

    def known_failure(self, url: str, accept: str) -> int | None:
        """The status of a recent 404, 410 or 5xx for this address and ``Accept`` header."""
        return self._failures.get((url, accept))

    def remember_failure(self, url: str, accept: str, status: int) -> None:
        """404 for an hour, 410 for long, 5xx for ten minutes; others are not remembered."""
        if status == 404:
            lifetime = HOUR
        elif status == 410:
            lifetime = _GONE_LIFETIME
        elif status >= 500:
            lifetime = 10 * MINUTE
        else:
            return
        self._failures.put((url, accept), status, lifetime=lifetime)

    def signature_scheme(self, peer: str) -> str | None:
        """The way of signing that this peer accepted last, within 30 days."""
        return self._schemes.get(peer)

    def remember_signature_scheme(self, peer: str, scheme: str) -> None:
        """Note a way of signing that worked."""
        self._schemes.put(peer, scheme, lifetime=_SCHEME_LIFETIME)

    def _spend(self, peer: str, limits: HostLimits) -> None:
        now = self._clock.now()
        bucket = self._buckets.get(peer)
        if bucket is None:
            bucket = _Bucket(limits.per_minute, now)
        refill = (now - bucket.counted) * limits.per_minute / MINUTE
        bucket.tokens = min(limits.per_minute, bucket.tokens + refill)
        bucket.counted = now
        # A full minute later the bucket is full again: nothing to remember.
        self._buckets.put(peer, bucket, lifetime=MINUTE)
        if bucket.tokens < 1:
            wait = (1 - bucket.tokens) * MINUTE / limits.per_minute / 1000
            raise HostBusy(peer, retry_after=math.ceil(wait))
        bucket.tokens -= 1
