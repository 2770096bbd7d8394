"""What a unit of work keeps beside the database, whichever it is: what to do at its end, after its
commit, and what it has found out already.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from fedrse.store.statement import Compiled

T = TypeVar("T")
Mark = tuple[int, int, int]


class Unit:
    """The half of a transaction that is in memory; see ``database.Transaction``."""

    def __init__(self) -> None:
        self.callbacks: list[Callable[[], object]] = []
        self.notifications: list[tuple[str, str]] = []
        self.known: dict[str, dict[Any, Any]] = {}
        self._gathered: list[tuple[Callable[[Any, list[Any]], Awaitable[None]], Any]] = []
        self._writes = 0

    @property
    def changes(self) -> int:
        return self._writes + len(self.callbacks) + len(self.notifications) + len(self._gathered)

    def after_commit(self, callback: Callable[[], object]) -> None:
        self.callbacks.append(callback)

    def notify(self, channel: str, payload: str) -> None:
        self.notifications.append((channel, payload))

    def gather(self, work: Callable[[Any, list[T]], Awaitable[None]], item: T) -> None:
        self._gathered.append((work, item))

    async def settle(self) -> None:
        """Does what was gathered; the last act of a unit."""
        while self._gathered:
            together: dict[Callable[[Any, list[Any]], Awaitable[None]], list[Any]] = {}
            for work, item in self._gathered:
                together.setdefault(work, []).append(item)
            self._writes += len(self._gathered)
            self._gathered.clear()
            for work, items in together.items():
                await work(self, items)
        self.known.clear()

    def _wrote(self, compiled: Compiled) -> None:
        """Something was written: what was known of that table may be true no more."""
        self._writes += 1
        if self.known:
            self.known.pop(compiled.table, None)

    def _mark(self) -> Mark:
        return len(self.callbacks), len(self.notifications), len(self._gathered)

    def _undo(self, mark: Mark) -> None:
        """Forgets what came since the mark; what was known may have come of it."""
        callbacks, notifications, gathered = mark
        del self.callbacks[callbacks:], self.notifications[notifications:]
        del self._gathered[gathered:]
        self.known.clear()
