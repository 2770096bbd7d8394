"""Remembers what read transactions found, and never longer than it is true.

A value read from a snapshot that began before the last change of its row is not remembered, so a
slow reader cannot bring back what a writer has just replaced.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

MINUTE_NS = 60 * 1_000_000_000


class SnapshotCache(Generic[K, V]):
    """Values by key; bounded, and forgotten after a time in case a notification got lost.

    Safe from several threads: units of work run on threads of the database.
    """

    def __init__(self, *, most: int, lifetime_ns: int = 5 * MINUTE_NS) -> None:
        self._most = most
        self._lifetime = lifetime_ns
        self._entries: OrderedDict[K, tuple[int, V]] = OrderedDict()
        self._changed: OrderedDict[K, int] = OrderedDict()
        self._all_changed = 0
        self._lock = Lock()
        self.version = 0
        """Higher after each change: as long as it is the same, what was found is still true."""

    def get(self, key: K) -> V | None:
        """The value, None if there is none; only for read transactions and outside of any."""
        entry = self._entries.get(key)
        if entry is None or entry[0] < time.monotonic_ns() - self._lifetime:
            return None
        return entry[1]

    def get_many(self, keys: Iterable[K]) -> dict[K, V]:
        """Those that are remembered, in the order of the keys."""
        oldest, entries = time.monotonic_ns() - self._lifetime, self._entries
        found = {}
        for key in keys:
            entry = entries.get(key)
            if entry is not None and entry[0] >= oldest:
                found[key] = entry[1]
        return found

    def put(self, key: K, value: V, snapshot: int | None) -> None:
        """Remembers what a transaction read; ``snapshot`` is its ``Transaction.snapshot``."""
        if snapshot is None:
            return
        with self._lock:
            if max(self._changed.get(key, 0), self._all_changed) >= snapshot:
                return
            self._entries[key] = (snapshot, value)
            self._entries.move_to_end(key)
            if len(self._entries) > self._most:
                self._entries.popitem(last=False)

    def forget(self, key: K) -> None:
        """The row has changed: to be called after the commit."""
        with self._lock:
            self._entries.pop(key, None)
            self.version += 1  # not before: readers do not wait for the lock
            self._changed[key] = time.monotonic_ns()
            self._changed.move_to_end(key)
            if len(self._changed) > self._most:
                self._changed.popitem(last=False)

    def forget_all(self) -> None:
        """Any row may have changed."""
        with self._lock:
            self._entries.clear()
            self.version += 1
            self._all_changed = time.monotonic_ns()
