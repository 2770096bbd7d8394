"""Who has filters is known from memory, and never before it has been read."""

from __future__ import annotations

from typing import Any

from fedrse.core.clock import ManualClock
from fedrse.core.ids import IdMaker
from fedrse.features.filters import queries
from fedrse.features.filters.service import Filters
from fedrse.store.events import Events


class Reading:
    """A transaction that finds nothing; while it asks who has filters, ``meanwhile`` asks, too."""

    snapshot = 1

    def __init__(self, filters: Filters, meanwhile: Reading | None = None) -> None:
        self._filters = filters
        self._meanwhile = meanwhile
        self.asked = 0

    async def all(self, statement: object, **_given: Any) -> list[Any]:
        if statement is queries.OWNERS:
            self.asked += 1
            if self._meanwhile is not None:
                await self._meanwhile.look()
        return []

    async def look(self) -> None:
        tx: Any = self
        await self._filters.results(tx, 1, [2])


async def test_nobody_is_taken_for_one_without_filters_while_that_is_read() -> None:
    clock, posts = ManualClock(), None
    filters = Filters(clock=clock, ids=IdMaker(clock), events=Events(), posts=posts)  # type: ignore[arg-type]
    second = Reading(filters)
    first = Reading(filters, second)
    await first.look()
    assert (first.asked, second.asked) == (1, 1)
    third = Reading(filters)
    await third.look()
    assert third.asked == 0
