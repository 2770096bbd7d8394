"""How many bytes of files one address gets: who fetches them need not say who it is.

Addresses of files are rights, so nobody signs in or signs for them, and one address may stand for
a whole site or for everybody in a building. The quota is for whoever copies without end.
"""

from __future__ import annotations

from typing import Final

from fedrse.activitypub.buckets import Buckets
from fedrse.activitypub.quotas import EXCEEDED
from fedrse.core.clock import HOUR, Clock
from fedrse.core.errors import TooMany
from fedrse.core.settings_limits import LimitSettings
from fedrse.http.addresses import limit_key

MEGABYTE: Final = 1024 * 1024


class ServedBytes:
    """Counts in memory, in each process apart."""

    def __init__(self, settings: LimitSettings, clock: Clock) -> None:
        self._capacity = settings.served_megabytes_per_hour * MEGABYTE
        self._enabled = settings.enabled
        self._clock = clock
        self._buckets = Buckets()

    def check(self, address: str) -> None:
        """Before a file is sent. Raises TooMany where nothing is left for this address."""
        if not self._enabled:
            return
        left = self._level(address)
        if left <= 0:
            wait = (1 - left) * HOUR / self._capacity
            raise TooMany(
                EXCEEDED,
                "Your address got more files than this site gives to one in an hour.",
                retry_after=1 + int(wait / 1000),
            )

    def sent(self, address: str, size: int) -> None:
        """Counts bytes that were announced; the last file may be more than was left."""
        if self._enabled:
            left = self._level(address) - size
            self._buckets.spend(limit_key(address), left, self._clock.now())

    def _level(self, address: str) -> float:
        now = self._clock.now()
        return self._buckets.level(limit_key(address), self._capacity, HOUR, now)
