"""Who shared or quoted a post hears of its edits, by jobs."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import bindparam, delete, select, update

from fedrse.core.clock import HOUR, ManualClock
from fedrse.core.ids import IdMaker
from fedrse.features.notifications import service_edits
from fedrse.features.notifications.service import Notifications
from fedrse.features.notifications.service_edits import EDITED, EditNews
from fedrse.features.posts.model_events import PostEdited
from fedrse.features.posts.tables import post
from fedrse.jobs.model import Job
from fedrse.jobs.queue import Queue
from fedrse.jobs.tables import job
from fedrse.store.database import Database, Transaction
from fedrse.store.events import Events
from fedrse.store.statement import Statement
from tests.features.notifications.conftest import Told
from tests.features.timelines.histories import World

PLANNED = Statement(select(job.c.arguments).where(job.c.kind == EDITED).order_by(job.c.id))
DONE = Statement(delete(job).where(job.c.kind == EDITED))
QUOTES = Statement(
    update(post)
    .where(post.c.id == bindparam("key"))
    .values(quote_of_id=bindparam("quoted"), quote_state=bindparam("state"))
)


@pytest.fixture
def news(
    clock: ManualClock, ids: IdMaker, events: Events, notifications: Notifications
) -> EditNews:
    return EditNews(
        clock=clock,
        queue=Queue(clock=clock, ids=ids),
        events=events,
        notifications=notifications,
    )


async def work(tx: Transaction, news: EditNews) -> int:
    """Does what was planned, and what follows from it; the number of jobs."""
    count = 0
    while planned := [row[0] for row in await tx.all(PLANNED)]:
        await tx.run(DONE)
        for arguments in planned:
            count += 1
            await news.tell_some(tx, Job(count, EDITED, json.loads(arguments), None, 1, 0))
    return count


async def test_who_shared_or_quoted_a_post_hears_of_each_edit_once(
    database: Database, world: World, news: EditNews, told: Told
) -> None:
    async def unit(tx: Transaction) -> None:
        author, booster, quoter, waiting = [await world.add_person(tx) for _ in range(4)]
        far = await world.add_person(tx, local=False)
        original = await world.add_post(tx, author)
        await world.add_post(tx, booster, original=original)
        await world.add_post(tx, author, original=original)
        await world.add_post(tx, far, original=original, local=False)
        quote, asked = await world.add_post(tx, quoter), await world.add_post(tx, waiting)
        await tx.run(QUOTES, key=quote.id, quoted=original.id, state="accepted")
        await tx.run(QUOTES, key=asked.id, quoted=original.id, state="pending")
        for _ in range(2):
            world.clock.advance(HOUR)
            await world.events.publish(tx, PostEdited(original.id, author, local=True))
            assert await work(tx, news) == 1
        again = {"post": original.id, "by": author, "at": world.clock.now(), "after": 0}
        await news.tell_some(tx, Job(9, EDITED, again, None, 2, 0))
        assert await told(tx, booster) == [("update", author, original.id)] * 2
        assert await told(tx, quoter) == [("quoted_update", author, quote.id)] * 2
        for other in (waiting, far):
            assert await told(tx, other) == []
        assert {kind for kind, *_ in await told(tx, author)} == {"reblog"}, "not of own edits"

    await database.write(unit)


async def test_an_edit_of_what_nobody_shared_plans_nothing(
    database: Database, world: World, news: EditNews
) -> None:
    async def unit(tx: Transaction) -> None:
        author, far = await world.add_person(tx), await world.add_person(tx, local=False)
        original = await world.add_post(tx, author)
        await world.add_post(tx, far, original=original, local=False)
        await world.events.publish(tx, PostEdited(original.id, author, local=True))
        assert await work(tx, news) == 0

    await database.write(unit)


async def test_many_are_told_in_several_steps(
    database: Database,
    world: World,
    news: EditNews,
    told: Told,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(service_edits, "AT_ONCE", 2)

    async def unit(tx: Transaction) -> None:
        author, *others = [await world.add_person(tx) for _ in range(6)]
        original = await world.add_post(tx, author)
        for other in others:
            await world.add_post(tx, other, original=original)
        await world.events.publish(tx, PostEdited(original.id, author, local=True))
        assert await work(tx, news) == 3
        for other in others:
            assert await told(tx, other) == [("update", author, original.id)]

    await database.write(unit)
