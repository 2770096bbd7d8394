"""Who is told of what, once."""

from __future__ import annotations

from fedrse.core.clock import HOUR
from fedrse.features.polls.model_events import PollEnded
from fedrse.features.posts.model_events import PostBoosted, PostDeleted, PostPublished
from fedrse.features.posts.tables import thread_mute
from fedrse.features.reactions.model_events import Reacted, Unreacted
from fedrse.features.relationships.model_events import Followed, FollowRequested, Unfollowed
from fedrse.features.relationships.tables import mute
from fedrse.store.database import Database, Transaction
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert
from tests.features.notifications.conftest import Told
from tests.features.timelines.histories import World

ADD_MUTE = Statement(insert(mute))
ADD_THREAD_MUTE = Statement(insert(thread_mute))


async def test_mentions(database: Database, world: World, told: Told) -> None:
    async def unit(tx: Transaction) -> None:
        author = await world.add_person(tx, local=False)
        me, other = await world.add_person(tx), await world.add_person(tx)
        post = await world.add_post(tx, author, local=False, mentioned=(me, author))
        await world.add_post(tx, author, local=False, mentioned=(me,), fresh=False)
        assert await told(tx, me) == [("mention", author, post.id)]
        assert await told(tx, other) == []
        assert await told(tx, author) == []  # of another site

    await database.write(unit)


async def test_an_event_that_comes_twice_is_told_once(
    database: Database, world: World, told: Told
) -> None:
    async def unit(tx: Transaction) -> None:
        me, other = await world.add_person(tx), await world.add_person(tx)
        post = await world.add_post(tx, me)
        boost = await world.add_post(tx, other, original=post)
        mention = await world.add_post(tx, other, mentioned=(me,))
        again = [
            Reacted(other, post.id, me, ""),
            Followed(other, me, follower_local=True, target_local=True),
            PostBoosted(boost.id, other, True, post.id, me, True),
            PostPublished(mention.id, other, True, "network", None, None, None, (me,), fresh=True),
            PollEnded(mention.id, other, (me,)),
        ]
        for event in [*again, *again]:
            await world.events.publish(tx, event)
        assert sorted(await told(tx, me)) == [
            ("favourite", other, post.id),
            ("follow", other, None),
            ("mention", other, mention.id),
            ("poll", other, mention.id),
            ("reblog", other, post.id),
        ]

    await database.write(unit)


async def test_the_same_from_two_people_is_told_twice(
    database: Database, world: World, told: Told
) -> None:
    async def unit(tx: Transaction) -> None:
        me, one, two = [await world.add_person(tx) for _ in range(3)]
        post = await world.add_post(tx, me)
        for other in (one, two):
            await world.events.publish(tx, Reacted(other, post.id, me, ""))
        await world.events.publish(tx, Reacted(one, post.id, me, "🎉"))
        assert await told(tx, me) == [
            ("favourite", one, post.id),
            ("favourite", two, post.id),
            ("favourite", one, post.id),
        ]

    await database.write(unit)


async def test_nobody_is_told_what_they_did(database: Database, world: World, told: Told) -> None:
    async def unit(tx: Transaction) -> None:
        me = await world.add_person(tx)
        post = await world.add_post(tx, me, mentioned=(me,))
        await world.add_post(tx, me, original=post)
        await world.events.publish(tx, Reacted(me, post.id, me, ""))
        assert await told(tx, me) == []

    await database.write(unit)


async def test_what_is_taken_back_is_forgotten(
    database: Database, world: World, told: Told
) -> None:
    async def unit(tx: Transaction) -> None:
        me, other = await world.add_person(tx), await world.add_person(tx)
        post = await world.add_post(tx, me)
        publish = world.events.publish
        await publish(tx, Reacted(other, post.id, me, ""))
        await publish(tx, Reacted(other, post.id, me, "🎉"))
        await publish(tx, Unreacted(other, post.id, me, "🎉"))
        assert await told(tx, me) == [("favourite", other, post.id)]
        await publish(tx, Unreacted(other, post.id, me, ""))
        boost = await world.add_post(tx, other, original=post)
        await publish(tx, PostDeleted(boost.id, other, post.id))
        await world.remove_post(tx, boost)
        await publish(tx, FollowRequested(other, me))
        assert await told(tx, me) == [("follow_request", other, None)]
        await publish(tx, Followed(other, me, follower_local=True, target_local=True))
        assert await told(tx, me) == [("follow", other, None)]
        await publish(tx, Unfollowed(other, me))
        assert await told(tx, me) == []
        await world.add_post(tx, other, original=post)
        assert await told(tx, me) == [("reblog", other, post.id)]
        await world.remove_post(tx, post)
        assert await told(tx, me) == []

    await database.write(unit)


async def test_people_who_watch_an_author(database: Database, world: World, told: Told) -> None:
    async def unit(tx: Transaction) -> None:
        author, watcher, follower, named = [await world.add_person(tx) for _ in range(4)]
        await world.follow(tx, watcher, author, notify=True)
        await world.follow(tx, named, author, notify=True)
        await world.follow(tx, follower, author)
        post = await world.add_post(tx, author, mentioned=(named,))
        closed = await world.add_post(tx, author, audience="followers")
        for audience in ("direct", "group"):
            await world.add_post(tx, author, audience=audience)
        await world.add_post(tx, author, parent=post)
        await world.add_post(tx, author, unknown_parent=True)
        await world.add_post(tx, author, fresh=False)
        assert await told(tx, watcher) == [
            ("status", author, post.id),
            ("status", author, closed.id),
        ]
        assert await told(tx, follower) == []
        assert await told(tx, named) == [
            ("mention", author, post.id),
            ("status", author, closed.id),
        ]

    await database.write(unit)


async def test_the_end_of_a_poll(database: Database, world: World, told: Told) -> None:
    async def unit(tx: Transaction) -> None:
        author, voter, other = [await world.add_person(tx) for _ in range(3)]
        post = await world.add_post(tx, author)
        await world.events.publish(tx, PollEnded(post.id, author, (voter,)))
        assert await told(tx, author) == [("poll", author, post.id)]
        assert await told(tx, voter) == [("poll", author, post.id)]
        assert await told(tx, other) == []

    await database.write(unit)


async def test_the_silenced_are_not_heard(database: Database, world: World, told: Told) -> None:
    async def unit(tx: Transaction) -> None:
        me, muted, blocked, blocking, quiet = [await world.add_person(tx) for _ in range(5)]
        post = await world.add_post(tx, me)
        await world.mute(tx, me, muted)
        await world.block(tx, me, blocked)
        await world.block(tx, blocking, me)
        await tx.run(
            ADD_MUTE,
            account_id=me,
            target_id=quiet,
            id=world.ids.new(),
            notifications=False,
            expires_at=None,
            created_at=0,
        )
        for other in (muted, blocked, blocking, quiet):
            await world.events.publish(tx, Reacted(other, post.id, me, ""))
        assert await told(tx, me) == [("favourite", quiet, post.id)]

    await database.write(unit)


async def test_a_mute_for_a_time(database: Database, world: World, told: Told) -> None:
    async def unit(tx: Transaction) -> None:
        me, other = await world.add_person(tx), await world.add_person(tx)
        post = await world.add_post(tx, me)
        await tx.run(
            ADD_MUTE,
            account_id=me,
            target_id=other,
            id=world.ids.new(),
            notifications=True,
            expires_at=world.clock.now() + HOUR,
            created_at=0,
        )
        await world.events.publish(tx, Reacted(other, post.id, me, ""))
        assert await told(tx, me) == []
        world.clock.advance(HOUR)
        await world.events.publish(tx, Reacted(other, post.id, me, ""))
        assert await told(tx, me) == [("favourite", other, post.id)]

    await database.write(unit)


async def test_a_talk_that_was_muted(database: Database, world: World, told: Told) -> None:
    async def unit(tx: Transaction) -> None:
        me, other = await world.add_person(tx), await world.add_person(tx)
        mine, elsewhere = await world.add_post(tx, me), await world.add_post(tx, me)
        await tx.run(ADD_THREAD_MUTE, account_id=me, thread_id=mine.id)
        await world.add_post(tx, other, parent=mine, mentioned=(me,))
        await world.events.publish(tx, Reacted(other, mine.id, me, ""))
        answer = await world.add_post(tx, other, parent=elsewhere, mentioned=(me,))
        assert await told(tx, me) == [("mention", other, answer.id)]

    await database.write(unit)
