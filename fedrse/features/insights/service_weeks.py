"""How the site was used, week by week."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fedrse.core.clock import DAY, HOUR, Clock
from fedrse.core.ids import first_of
from fedrse.features.insights import queries
from fedrse.features.instance.model import Week
from fedrse.features.instance.service import Facts
from fedrse.store.database import Transaction

COUNT_EVERY = 3 * HOUR
WEEK = 7 * DAY
WEEKS = 12
_FIRST_MONDAY = 4 * DAY  # 5 January 1970; weeks begin on Mondays, UTC
_COUNTED = "people_by_week"

Active = Callable[[Transaction, int], Awaitable[int]]
"""How many people of the site were here since then; implemented by the feature ``access``."""


class Weeks:
    """Posts and newcomers are counted when asked; people, of whom only the last visit is known,
    every few hours.
    """

    def __init__(self, *, clock: Clock, facts: Facts, active: Active) -> None:
        self._clock = clock
        self._facts = facts
        self._active = active

    def _this_week(self) -> int:
        now = self._clock.now()
        return now - (now - _FIRST_MONDAY) % WEEK

    async def count_week(self, tx: Transaction) -> None:
        """Notes how many people were here this week so far; called every few hours."""
        begins = self._this_week()
        known: dict[str, int] = await self._facts.get(tx, _COUNTED) or {}
        counted = await self._active(tx, begins)
        known[str(begins)] = max(counted, known.get(str(begins), 0))
        kept = sorted(known, key=int)[-WEEKS:]
        await self._facts.put(tx, _COUNTED, {name: known[name] for name in kept})

    async def weeks(self, tx: Transaction) -> list[Week]:
        """The last twelve weeks, newest first."""
        this = self._this_week()
        begins = [this - number * WEEK for number in range(WEEKS)]
        people: dict[str, int] = await self._facts.get(tx, _COUNTED) or {}
        joined = [row[0] for row in await tx.all(queries.NEWCOMERS, since=begins[-1])]
        found = []
        for begin in begins:
            end = begin + WEEK
            first, last = first_of(begin), first_of(end)
            posts = await tx.value(queries.POSTS_BETWEEN, first=first, end=last)
            newcomers = sum(begin <= moment < end for moment in joined)
            found.append(Week(begin, int(posts), people.get(str(begin), 0), newcomers))
        return found
