"""Home timelines over the real services below: follows, blocks, mutes, posts, boosts."""

from __future__ import annotations

import pytest

from fedrse.core.clock import HOUR, MINUTE, SECOND
from fedrse.core.ids import IdMaker
from fedrse.core.paging import Page
from fedrse.features.accounts.model import Account
from fedrse.features.posts.model import Visibility
from fedrse.features.relationships.service import Relationships
from fedrse.features.timelines.service import Timelines
from fedrse.store.database import Transaction
from fedrse.store.events import Events
from tests.features.posts.conftest import make_posts, media, posts, studio
from tests.features.posts.studio import MEMBER, Studio

__all__ = ["make_posts", "media", "posts", "studio"]


@pytest.fixture(params=[0, 100], ids=["pulled", "copied"])
def timelines(ids: IdMaker, events: Events, request: pytest.FixtureRequest) -> Timelines:
    return Timelines(ids=ids, events=events, pull_from=request.param)


async def home(studio: Studio, timelines: Timelines, person: Account) -> list[int]:
    """The statuses that an app shows; all ids must be visible ones."""

    async def unit(tx: Transaction) -> list[int]:
        return await timelines.home(tx, person.id, Page(limit=40))

    ids = await studio.database.read(unit)
    assert await studio.seen(person, *ids) == ids
    return ids


async def test_follow_and_unfollow(
    studio: Studio, timelines: Timelines, relationships: Relationships
) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    before = await studio.write(bruno)
    assert await home(studio, timelines, amina) == []
    await studio.do(relationships.follow, amina, bruno)
    after = await studio.write(bruno, visibility=Visibility.PRIVATE)
    assert await home(studio, timelines, amina) == [after.id, before.id]
    await studio.do(relationships.unfollow, amina, bruno)
    assert await home(studio, timelines, amina) == []
    await studio.do(relationships.follow, amina, bruno)
    assert await home(studio, timelines, amina) == [after.id, before.id]
    await studio.do(relationships.remove_follower, amina, bruno)
    assert await home(studio, timelines, amina) == []
    assert await home(studio, timelines, bruno) == [after.id, before.id]


async def test_followers_that_have_to_be_approved(
    studio: Studio, timelines: Timelines, relationships: Relationships
) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno", locked=True)
    post = await studio.write(bruno)
    await studio.do(relationships.follow, amina, bruno)
    assert await home(studio, timelines, amina) == []
    await studio.do(relationships.accept, amina, bruno)
    assert await home(studio, timelines, amina) == [post.id]


async def test_mute_and_unmute(
    studio: Studio, timelines: Timelines, relationships: Relationships
) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    await studio.do(relationships.follow, amina, bruno)
    first = await studio.write(bruno)
    await studio.do(relationships.mute, amina.id, bruno.id)
    second = await studio.write(bruno)
    assert await home(studio, timelines, amina) == []
    await studio.do(relationships.unmute, amina.id, bruno.id)
    third = await studio.write(bruno)
    assert await home(studio, timelines, amina) == [third.id, second.id, first.id]


async def test_a_mute_for_a_time(
    studio: Studio, timelines: Timelines, relationships: Relationships
) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    await studio.do(relationships.follow, amina, bruno)
    post = await studio.write(bruno)

    async def mute(tx: Transaction) -> None:
        await relationships.mute(tx, amina.id, bruno.id, seconds=HOUR // SECOND)

    await studio.database.write(mute)
    studio.clock.advance(HOUR - MINUTE)
    await studio.do(relationships.silences.end_expired)
    assert await home(studio, timelines, amina) == []
    studio.clock.advance(MINUTE)
    await studio.do(relationships.silences.end_expired)
    assert await home(studio, timelines, amina) == [post.id]
    newer = await studio.write(bruno)
    assert await home(studio, timelines, amina) == [newer.id, post.id]


async def test_blocks(studio: Studio, timelines: Timelines, relationships: Relationships) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    chloe = await studio.cast.local("chloe")
    for reader, author in ((amina, bruno), (bruno, amina), (chloe, bruno), (amina, chloe)):
        await studio.do(relationships.follow, reader, author)
    post = await studio.write(bruno)
    boost = await studio.do(studio.posts.boost, chloe, post.id)
    studio.clock.advance(HOUR)
    await studio.write(amina)
    assert len(await home(studio, timelines, bruno)) == 2
    await studio.do(relationships.block, bruno, amina)
    # Neither sees the other, nor what others share of them; it ends all follows.
    assert await home(studio, timelines, bruno) == [post.id]
    assert post.id not in await home(studio, timelines, amina)
    assert boost.id not in await home(studio, timelines, amina)
    assert await home(studio, timelines, chloe) == [post.id]  # the boost would repeat it
    await studio.do(relationships.unblock, bruno, amina)
    assert boost.id in await home(studio, timelines, amina)
    assert post.id not in await home(studio, timelines, amina)


async def test_posts_and_boosts_that_go(
    studio: Studio, timelines: Timelines, relationships: Relationships
) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    chloe = await studio.cast.local("chloe")
    await studio.do(relationships.follow, amina, bruno)
    post = await studio.write(chloe)
    boost = await studio.do(studio.posts.boost, bruno, post.id)
    assert await home(studio, timelines, amina) == [boost.id]
    await studio.do(studio.posts.unboost, bruno, post.id)
    assert await home(studio, timelines, amina) == []
    await studio.do(studio.posts.boost, bruno, post.id)
    await studio.do(studio.posts.delete, chloe, post.id)
    assert await home(studio, timelines, amina) == []


async def test_answers(studio: Studio, timelines: Timelines, relationships: Relationships) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    chloe = await studio.cast.local("chloe")
    await studio.do(relationships.follow, amina, bruno)
    stranger = await studio.write(chloe)
    to_stranger = await studio.write(bruno, reply_to_id=stranger.id)
    own = await studio.write(bruno)
    thread = await studio.write(bruno, reply_to_id=own.id)
    mine = await studio.write(amina)
    to_me = await studio.write(bruno, reply_to_id=mine.id)
    assert await home(studio, timelines, amina) == [to_me.id, mine.id, thread.id, own.id]
    assert to_stranger.id in await home(studio, timelines, bruno)


async def test_people_of_other_sites(
    studio: Studio, timelines: Timelines, relationships: Relationships
) -> None:
    amina, dora = await studio.cast.local("amina"), await studio.cast.remote("dora", MEMBER)
    await studio.do(relationships.follow, amina, dora)
    follow = await studio.database.read(relationships.follows.pair, amina.id, dora.id)
    assert follow is not None
    early = await studio.create(dora, "early")
    assert await home(studio, timelines, amina) == []
    await studio.do(relationships.follows.receive_accept, follow)
    assert await home(studio, timelines, amina) == [early.id]
    late = await studio.create(dora, "late")
    direct = await studio.create(dora, "direct", to=[amina.uri], cc=None)
    assert direct.audience == "direct"
    assert sorted(await home(studio, timelines, amina)) == sorted([early.id, late.id])
    # Read at its origin because something referred to it: in no timeline, until it is sent.
    fetched = studio.note(dora, "fetched")
    await studio.fetched(fetched)
    assert len(await home(studio, timelines, amina)) == 2
    await studio.receive(dora, {"type": "Create", "object": fetched})
    assert len(await home(studio, timelines, amina)) == 3
    await studio.receive(dora, {"type": "Delete", "object": fetched["id"]})
    assert len(await home(studio, timelines, amina)) == 2


async def test_what_may_not_be_seen_any_more_is_left_out(
    studio: Studio, timelines: Timelines, relationships: Relationships
) -> None:
    """Even where an entry is left: the entities ask the rules again."""
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    await studio.do(relationships.follow, amina, bruno)
    post = await studio.write(bruno)
    await studio.do(lambda tx: studio.cast.accounts.suspend(tx, bruno.id, suspended=True))

    async def unit(tx: Transaction) -> list[int]:
        return await timelines.home(tx, amina.id, Page())

    assert await studio.seen(amina, post.id) == []
    assert await studio.seen(amina, *await studio.database.read(unit)) == []
