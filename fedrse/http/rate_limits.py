"""Fixed-window rate limits in the memory of this process.

Windows begin at whole multiples of their length, so one dictionary per window is all the state:
when the window ends, it is dropped. A flood of keys falls into a fixed number of shared buckets
instead of taking memory. Several processes count apart, so the limit of a site is that of one
process times their number.
"""

from __future__ import annotations

from typing import NamedTuple

from fedrse.core.clock import MINUTE, Clock, to_iso
from fedrse.core.errors import TooMany
from fedrse.core.settings import LimitSettings
from fedrse.http.addresses import limit_key
from fedrse.http.routes import Limit

MAX_KEYS = 50_000
SHARED_BUCKETS = 1024


class Usage(NamedTuple):
    """How much of a limit is used; ``reset`` is when the window ends, RFC 3339."""

    limit: int
    remaining: int
    reset: str


class Window:
    """Counts events by key in windows of ``length`` milliseconds, ``limit`` for each key."""

    __slots__ = ("_clock", "_counts", "_end", "_reset", "length", "limit")

    def __init__(self, clock: Clock, *, limit: int, length: int) -> None:
        self._clock = clock
        self.limit = limit
        self.length = length
        self._end = 0
        self._reset = ""
        self._counts: dict[object, int] = {}

    def take(self, key: object) -> Usage:
        """Counts one event. Raises TooMany (``rate_limited``) above the limit."""
        now = self._clock.now()
        if now >= self._end or now < self._end - self.length:
            self._end = now - now % self.length + self.length
            self._reset = to_iso(self._end)
            self._counts = {}
        counts = self._counts
        used = counts.get(key, 0)
        if not used and len(counts) >= MAX_KEYS:
            key = ("shared", hash(key) % SHARED_BUCKETS)
            used = counts.get(key, 0)
        if used >= self.limit:
            raise TooMany(
                "rate_limited",
                "Too many requests",
                retry_after=max(1, (self._end - now + 999) // 1000),
                usage=Usage(self.limit, 0, self._reset),
            )
        counts[key] = used + 1
        return Usage(self.limit, self.limit - used - 1, self._reset)


class RateLimits:
    """The windows of all classes; with limits switched off nothing is counted."""

    def __init__(self, settings: LimitSettings, clock: Clock) -> None:
        five_minutes = 5 * MINUTE
        self.enabled = settings.enabled
        self._windows = {
            Limit.API: Window(clock, limit=settings.requests_per_5_minutes, length=five_minutes),
            Limit.LOGIN: Window(clock, limit=settings.logins_per_5_minutes, length=five_minutes),
            Limit.INBOX: Window(clock, limit=settings.inbox_per_minute, length=MINUTE),
        }

    def take(self, limit: Limit, *, account_id: int | None, address: str) -> Usage | None:
        """Counts a request of this class; None where nothing limits it.

        Raises TooMany.
        """
        if limit is Limit.NONE or not self.enabled:
            return None
        if limit is Limit.API and account_id is not None:
            return self._windows[limit].take(account_id)
        return self._windows[limit].take(limit_key(address))

    def take_for(self, limit: Limit, key: str) -> Usage | None:
        """Counts an event under a key of the caller, such as the host of a proved peer.

        Raises TooMany.
        """
        if limit is Limit.NONE or not self.enabled:
            return None
        return self._windows[limit].take((limit, key))
