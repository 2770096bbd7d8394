"""Token buckets by key: how much of something is left now, and when there is enough again.

A bucket holds at most ``capacity`` and fills evenly, ``capacity`` in ``period`` milliseconds. What
is not used does not pile up, and after a pause a burst of the whole capacity is possible.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Final

MOST_KEYS: Final = 20_000


class Buckets:
    """Bounded: the key that was used least recently is forgotten first, which fills its bucket."""

    def __init__(self, most: int = MOST_KEYS) -> None:
        self._most = most
        self._levels: OrderedDict[Hashable, tuple[float, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._levels)

    def level(self, key: Hashable, capacity: int, period: int, now: int) -> float:
        """How much is left."""
        known = self._levels.get(key)
        if known is None:
            return float(capacity)
        left, at = known
        return min(float(capacity), left + max(0, now - at) * capacity / period)

    def take(self, key: Hashable, capacity: int, period: int, now: int, amount: float = 1.0) -> int:
        """Takes so much and returns 0; or takes nothing and returns after how many ms to come back.

        More than the whole capacity is had only from a full bucket, which is then in debt.
        """
        left = self.level(key, capacity, period, now)
        wanted = min(amount, float(capacity))
        if left < wanted:
            return max(1, round((wanted - left) * period / capacity))
        self.spend(key, left - amount, now)
        return 0

    def spend(self, key: Hashable, left: float, now: int) -> None:
        """Notes what is left, which may be less than nothing."""
        self._levels[key] = (left, now)
        self._levels.move_to_end(key)
        if len(self._levels) > self._most:
            self._levels.popitem(last=False)
