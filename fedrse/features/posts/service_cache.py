"""Rendered pieces kept in memory, and how they are forgotten in time.

Writers forget a piece once their change is on disk, in this process by a callback after commit
and in others by a notification. A reader that began before the change may still hold the old
version: what it rendered is not taken (``put`` compares the moments). Notifications may be lost, so
a piece lives in one of two generations and is gone after two rotations at the latest.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Final, Generic, TypeVar

from fedrse.core.ports import Protocol
from fedrse.store.database import Database, Transaction

T = TypeVar("T")
SECOND: Final = 1_000_000_000  # nanoseconds
CHANNEL: Final = "changed"  # payload: ids of posts, or this:
EVERYTHING: Final = "all"
MOST_TOLD: Final = 300  # ids in one notification: those that are too long are not sent
_LONGEST_READ: Final = 300 * SECOND


class Pieces(Generic[T]):
    """A bounded cache by id; used from several threads."""

    def __init__(
        self,
        *,
        most: int,
        life: int = 120 * SECOND,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """``most`` entries in each of two generations; ``life`` of a generation in nanoseconds."""
        self._most = most
        self._life = life
        self._now = clock
        self._lock = threading.Lock()
        self._young: dict[int, T] = {}
        self._old: dict[int, T] = {}
        self._rotates_at = clock() + life
        self._forgotten: dict[int, int] = {}
        self._all_forgotten = 0
        self.version = 0
        """Higher after each change: as long as it is the same, what was found is still true."""

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def get_many(self, keys: list[int]) -> dict[int, T]:
        """Those that are known."""
        if self._now() >= self._rotates_at:
            self._rotate()
        young, old = self._young, self._old
        found = {}
        for key in keys:
            piece = young.get(key) or old.get(key)
            if piece is not None:
                found[key] = piece
        return found

    def put(self, tx: Transaction, key: int, piece: T) -> None:
        """Keeps what was rendered from this transaction, unless it may be stale already.

        Nothing is kept from a write transaction: it may yet be undone.
        """
        if tx.snapshot is not None:
            self._put(key, piece, tx.snapshot)

    def put_new(self, tx: Transaction, key: int, piece: T) -> None:
        """Keeps what was rendered of a row that this transaction made, once it is on disk."""
        tx.after_commit(partial(self._put, key, piece, self._now()))

    def _put(self, key: int, piece: T, snapshot: int) -> None:
        with self._lock:
            changed = max(self._forgotten.get(key, 0), self._all_forgotten)
            if changed >= snapshot:
                return
            self._young[key] = piece
            full = len(self._young) >= self._most
        if full:
            self._rotate()

    def forget(self, key: int) -> None:
        """Drops a piece whose source has changed."""
        now = self._now()
        with self._lock:
            self._forgotten[key] = now
            self._young.pop(key, None)
            self._old.pop(key, None)
            self.version += 1  # not before: readers do not wait for the lock
            if len(self._forgotten) > 2 * self._most:
                self._forgotten = {
                    key: at for key, at in self._forgotten.items() if at > now - _LONGEST_READ
                }

    def forget_all(self) -> None:
        """Drops everything."""
        with self._lock:
            self._all_forgotten = self._now()
            self._young, self._old = {}, {}
            self.version += 1

    def _rotate(self) -> None:
        with self._lock:
            self._young, self._old = {}, self._young
            self._rotates_at = self._now() + self._life


class Forgets(Protocol):
    """A cache that can be told what changed."""

    def forget(self, key: int) -> None: ...

    def forget_all(self) -> None: ...


class Changes:
    """Tells the caches of all processes which posts changed, after it is on disk."""

    def __init__(self, pieces: Forgets) -> None:
        self._pieces = pieces

    def listen(self, database: Database) -> None:
        """Hears of changes that other processes made."""
        database.listen(CHANNEL, self.heard)
        database.on_missed(self._pieces.forget_all)

    def forget(self, tx: Transaction, *ids: int) -> None:
        """Forgets pieces once this transaction is committed."""
        for identifier in ids:
            tx.after_commit(partial(self._pieces.forget, identifier))
        if tx.dialect == "postgresql":  # SQLite belongs to one process
            for start in range(0, len(ids), MOST_TOLD):
                tx.notify(CHANNEL, " ".join(map(str, ids[start : start + MOST_TOLD])))

    def forget_all(self, tx: Transaction) -> None:
        """Forgets every piece once this transaction is committed: many may have changed."""
        tx.after_commit(self._pieces.forget_all)
        if tx.dialect == "postgresql":
            tx.notify(CHANNEL, EVERYTHING)

    def heard(self, payload: str) -> None:
        """A notification: the ids."""
        if payload == EVERYTHING:
            self._pieces.forget_all()
            return
        for word in payload.split():
            if word.isdigit():
                self._pieces.forget(int(word))
