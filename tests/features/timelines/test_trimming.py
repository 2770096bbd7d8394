"""What is older than the operator keeps goes out of home timelines, and nothing else."""

from __future__ import annotations

import pytest

from fedrse.core.clock import DAY, ManualClock
from fedrse.core.paging import Page
from fedrse.features.timelines import service
from fedrse.features.timelines.jobs import FORGET_OLD, register
from fedrse.features.timelines.service import Timelines
from fedrse.jobs.model import Job
from fedrse.store.database import Database, Transaction
from tests.features.timelines.histories import World


class Runner:
    """Keeps the one job."""

    def every(self, _interval: int, kind: str, handler: object) -> None:
        assert kind == FORGET_OLD
        self.handler = handler


async def test_old_entries_go_also_of_authors_who_are_looked_up(
    database: Database,
    world: World,
    timelines: Timelines,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(service, "FORGOTTEN_AT_ONCE", 2)

    async def people(tx: Transaction) -> list[int]:
        found = [await world.add_person(tx) for _ in range(4)]
        reader, few, *others = found
        # ``few`` is copied; with three followers an author is looked up here.
        await world.follow(tx, reader, few)
        for other in (reader, few, others[1]):
            if other != others[0]:
                await world.follow(tx, other, others[0])
        return found

    reader, few, many, _ = await database.write(people)

    async def write(tx: Transaction) -> list[int]:
        return [(await world.add_post(tx, author)).id for author in (few, many, few, many, few)]

    old = await database.write(write)
    clock.advance(10 * DAY)
    new = await database.write(write)

    async def home(tx: Transaction) -> list[int]:
        return await timelines.home(tx, reader, Page(limit=40))

    assert sorted(await database.read(home)) == sorted(old + new)
    for kept, left in ((30 * DAY, old + new), (5 * DAY, new)):
        runner = Runner()
        register(runner, database=database, timelines=timelines, clock=clock, kept=kept)  # type: ignore[arg-type]
        await runner.handler(Job(1, FORGET_OLD, {}, None, 1, 0))  # type: ignore[operator]
        assert sorted(await database.read(home)) == sorted(left)
