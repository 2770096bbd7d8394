"""First pages are remembered, and never longer than they are true."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from fedrse.core.clock import ManualClock
from fedrse.core.ids import IdMaker
from fedrse.core.paging import Page
from fedrse.features.notifications.model import Kind, Wanted
from fedrse.features.notifications.model_policy import Policy, Ruling
from fedrse.features.notifications.service import Notifications
from fedrse.features.notifications.service_decisions import DecisionNews
from fedrse.features.notifications.service_groups import Groups
from fedrse.features.posts.model_events import PostBoosted, PostDeleted
from fedrse.features.reactions.model_events import Reacted, Unreacted
from fedrse.features.relationships.model_events import DomainBlocked
from fedrse.store.database import Database, Transaction
from fedrse.store.events import Events
from tests.features.decided import warning
from tests.features.timelines.histories import World

PAGE = Page(limit=20)


class Reader:
    """Somebody who looks at the first pages again and again."""

    def __init__(self, database: Database, notifications: Notifications, me: int) -> None:
        self.database = database
        self.notifications = notifications
        self.groups = Groups(notifications.first_pages)
        self.me = me

    async def known(self) -> tuple[list[int], list[tuple[str, int]]]:
        """Notifications and groups as they are shown."""
        single = await self.database.read(self.notifications.listing, self.me, PAGE)
        grouped = await self.database.read(self.groups.listing, self.me, PAGE, Wanted())
        return [one.id for one in single], [(one.key, one.count) for one in grouped.groups]

    async def true(self) -> tuple[list[int], list[tuple[str, int]]]:
        """The same, asked anew."""

        async def unit(tx: Transaction) -> tuple[list[int], list[tuple[str, int]]]:
            single = await self.notifications.listing(tx, self.me, PAGE)
            grouped = await self.groups.listing(tx, self.me, PAGE, Wanted())
            return [one.id for one in single], [(one.key, one.count) for one in grouped.groups]

        return await self.database.write(unit)  # nothing is remembered for writers

    async def after(self, change: Callable[[Transaction], Awaitable[object]]) -> None:
        """What is shown after a change is what there is, and something else than before."""
        before = await self.known()
        assert before == await self.true()
        await self.database.write(change)
        after = await self.known()
        assert after == await self.true()
        assert after != before


@pytest.fixture
async def scene(
    database: Database, world: World, notifications: Notifications
) -> tuple[Reader, int, int]:
    """A reader who was told of two likes of one post; who likes, and the post."""

    async def unit(tx: Transaction) -> tuple[int, int, int]:
        me, one, two = [await world.add_person(tx) for _ in range(3)]
        post = await world.add_post(tx, me)
        for liker in (one, two):
            await world.events.publish(tx, Reacted(liker, post.id, me, ""))
        await world.events.publish(tx, PostBoosted(7, one, True, post.id, me, True))
        return me, one, post.id

    me, one, post = await database.write(unit)
    return Reader(database, notifications, me), one, post


async def test_they_are_remembered(scene: tuple[Reader, int, int]) -> None:
    reader, _, _ = scene
    first = await reader.database.read(reader.notifications.listing, reader.me, PAGE)
    again = await reader.database.read(reader.notifications.listing, reader.me, PAGE)
    assert first is again
    other = await reader.database.read(reader.notifications.listing, reader.me, Page(limit=1))
    assert other == first[:1]
    assert await reader.database.read(reader.notifications.listing, reader.me, PAGE) == first


async def test_what_changes_is_seen(scene: tuple[Reader, int, int], events: Events) -> None:
    reader, one, post = scene
    me, told = reader.me, reader.notifications
    await reader.after(lambda tx: events.publish(tx, Reacted(one, post, me, "🎉")))
    await reader.after(lambda tx: events.publish(tx, Unreacted(one, post, me, "")))
    await reader.after(lambda tx: events.publish(tx, PostDeleted(7, one, post)))
    (key, _), *_ = (await reader.known())[1]
    await reader.after(lambda tx: reader.groups.dismiss(tx, me, key))
    await reader.after(lambda tx: events.publish(tx, DomainBlocked(me, "x.example", 1, 0)))
    (newest, *_), _ = await reader.known()
    await reader.after(lambda tx: told.dismiss(tx, me, newest))
    await reader.after(lambda tx: events.publish(tx, Reacted(one, post, me, "👏")))
    await reader.after(lambda tx: told.clear(tx, me))


async def test_a_decision_is_seen(scene: tuple[Reader, int, int], events: Events) -> None:
    reader, _, _ = scene
    DecisionNews(events=events, notifications=reader.notifications)
    await reader.after(lambda tx: events.publish(tx, warning(1, reader.me, "Bonjour")))


async def test_what_waited_and_is_accepted(scene: tuple[Reader, int, int]) -> None:
    reader, one, post = scene
    me, told = reader.me, reader.notifications
    requests = told.requests
    await reader.database.write(requests.set_policy, me, Policy(for_not_following=Ruling.FILTER))

    async def mention(tx: Transaction) -> None:
        await told.tell(tx, [me], Kind.MENTION, by=one, post_id=post, what="1")

    before = await reader.known()
    await reader.database.write(mention)
    assert await reader.known() == before == await reader.true()
    (request,) = await reader.database.read(requests.listing, me, PAGE)
    await reader.after(lambda tx: requests.accept(tx, request))


async def test_other_processes_are_heard(
    scene: tuple[Reader, int, int], clock: ManualClock, ids: IdMaker
) -> None:
    reader, one, post = scene
    elsewhere = Notifications(clock=clock, ids=ids, events=Events())
    reader.notifications.first_pages.listen(reader.database)
    before = await reader.known()

    async def mention(tx: Transaction) -> None:
        await elsewhere.tell(tx, [reader.me], Kind.MENTION, by=one, post_id=post, what="1")
        tx.notify("told", str(reader.me))  # on SQLite there is no other process to tell

    await reader.database.write(mention)
    # Word from another process comes when it comes, also between two looks.
    for _ in range(500):
        after = await reader.known()
        if after == await reader.true():
            break
        await asyncio.sleep(0.01)
    assert after == await reader.true()
    assert after != before
