"""Statistics by week."""

from __future__ import annotations

from itertools import pairwise

from fedrse.core.clock import DAY, ManualClock
from fedrse.core.ids import IdMaker
from fedrse.features.insights.service_weeks import WEEK, WEEKS, Weeks
from fedrse.features.instance.service import Facts
from fedrse.store.database import Database, Transaction
from fedrse.store.events import Events
from tests.features.timelines.histories import World


async def test_weeks(database: Database, clock: ManualClock, ids: IdMaker, events: Events) -> None:
    world = World(clock, ids, events)
    active = [3]

    async def here(_tx: Transaction, since: int) -> int:
        assert clock.now() - WEEK < since <= clock.now()
        return active[0]

    weeks = Weeks(clock=clock, facts=Facts(), active=here)

    async def first_week(tx: Transaction) -> int:
        me = await world.add_person(tx)
        await world.add_post(tx, me)
        await weeks.count_week(tx)
        return me

    me = await database.write(first_week)
    active[0] = 1
    await database.write(weeks.count_week)
    clock.advance(7 * DAY)

    async def second_week(tx: Transaction) -> None:
        await world.add_post(tx, me)
        await world.add_post(tx, me)
        await weeks.count_week(tx)

    await database.write(second_week)
    found = await database.read(weeks.weeks)
    assert [one.posts for one in found] == [2, 1, *[0] * (WEEKS - 2)]
    # The number of a week never falls: people who come back later count there only once.
    assert [one.people for one in found[:3]] == [1, 3, 0]
    assert all(a.begins_at - b.begins_at == WEEK for a, b in pairwise(found))
    # Mondays: day 4 of 1970 was one.
    assert {one.begins_at % WEEK for one in found} == {4 * DAY}
