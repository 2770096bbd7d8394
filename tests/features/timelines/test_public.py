"""Public and tag timelines: who finds which post, page by page."""

from __future__ import annotations

import itertools
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import bindparam, insert

from fedrse.core.paging import Page
from fedrse.features.media.tables import media
from fedrse.features.timelines import queries_public
from fedrse.features.timelines.service import Timelines
from fedrse.store.database import Database, Transaction
from fedrse.store.statement import Statement
from tests.features.timelines.histories import ADD_POST_TAG, ADD_TAG, Told, World

ADD_MEDIA = Statement(
    insert(media).values(
        {
            name: bindparam(name)
            for name in ("id", "account_id", "post_id", "kind", "state", "created_at")
        }
    )
)
AUDIENCES = ("public", "network", "site", "group", "followers", "direct")


async def tagged(tx: Transaction, world: World, tag: int, *told: Told) -> None:
    for one in told:
        await tx.run(ADD_POST_TAG, tag_id=tag, post_id=one.id)


async def both(
    tx: Transaction, timelines: Timelines, viewer: int | None, **options: bool | None
) -> list[int]:
    """The public timeline; the tag timeline must say the same where all posts have the tag."""
    public = await timelines.public(tx, viewer, Page(limit=40), **options)
    assert await timelines.tagged(tx, viewer, "rse", Page(limit=40), **options) == public
    return public


async def test_listed_posts_for_everybody_here(
    database: Database, world: World, timelines: Timelines
) -> None:
    async def unit(tx: Transaction) -> tuple[list[int], list[int]]:
        author = await world.add_person(tx)
        tag = world.ids.new()
        await tx.run(ADD_TAG, id=tag, name="rse", display="RSE")
        shown = []
        for audience, listed in itertools.product(AUDIENCES, (True, False)):
            told = await world.add_post(tx, author, audience=audience, listed=listed)
            await tagged(tx, world, tag, told)
            if listed and audience in {"public", "network", "site"}:
                shown.append(told.id)
        boost = await world.add_post(tx, author, original=world.posts[0])
        await tagged(tx, world, tag, boost)
        return await both(tx, timelines, author), shown[::-1]

    found, shown = await database.write(unit)
    assert found == shown
    assert len(shown) == 3


async def test_local_remote_and_media(
    database: Database, world: World, timelines: Timelines
) -> None:
    async def unit(tx: Transaction) -> None:
        here, there = await world.add_person(tx), await world.add_person(tx, local=False)
        tag = world.ids.new()
        await tx.run(ADD_TAG, id=tag, name="rse", display="RSE")
        ours = await world.add_post(tx, here)
        theirs = await world.add_post(tx, there, local=False)
        picture = await world.add_post(tx, here)
        await tx.run(
            ADD_MEDIA,
            id=world.ids.new(),
            account_id=here,
            post_id=picture.id,
            kind="image",
            state="ready",
            created_at=0,
        )
        await tagged(tx, world, tag, ours, theirs, picture)
        assert await both(tx, timelines, here) == [picture.id, theirs.id, ours.id]
        assert await both(tx, timelines, here, local=True) == [picture.id, ours.id]
        assert await both(tx, timelines, here, local=False) == [theirs.id]
        assert await both(tx, timelines, here, only_media=True) == [picture.id]
        assert await both(tx, timelines, here, local=False, only_media=True) == []

    await database.write(unit)


async def test_answers_are_in_tags_but_not_in_public(
    database: Database, world: World, timelines: Timelines
) -> None:
    async def unit(tx: Transaction) -> None:
        me, other = await world.add_person(tx), await world.add_person(tx)
        tag = world.ids.new()
        await tx.run(ADD_TAG, id=tag, name="rse", display="RSE")
        first = await world.add_post(tx, me)
        more = await world.add_post(tx, me, parent=first)
        answer = await world.add_post(tx, other, parent=first)
        unknown = await world.add_post(tx, other, unknown_parent=True)
        await tagged(tx, world, tag, first, more, answer, unknown)
        assert await timelines.public(tx, me, Page()) == [more.id, first.id]
        found = await timelines.tagged(tx, me, "rse", Page())
        assert found == [unknown.id, answer.id, more.id, first.id]

    await database.write(unit)


async def test_the_silenced_are_not_shown(
    database: Database, world: World, timelines: Timelines
) -> None:
    async def unit(tx: Transaction) -> None:
        me, other = await world.add_person(tx), await world.add_person(tx)
        tag = world.ids.new()
        await tx.run(ADD_TAG, id=tag, name="rse", display="RSE")
        told = await world.add_post(tx, other)
        await tagged(tx, world, tag, told)
        await world.mute(tx, me, other)
        assert await both(tx, timelines, me) == []
        assert await both(tx, timelines, other) == [told.id]
        assert await both(tx, timelines, None) == [told.id]
        await world.unmute(tx, me, other)
        assert await both(tx, timelines, me) == [told.id]
        await world.block(tx, other, me)
        assert await both(tx, timelines, me) == []
        await world.unblock(tx, other, me)
        await world.block(tx, me, other)
        assert await both(tx, timelines, me) == []

    await database.write(unit)


async def test_pages(database: Database, world: World, timelines: Timelines) -> None:
    async def unit(tx: Transaction) -> None:
        me = await world.add_person(tx)
        tag = world.ids.new()
        await tx.run(ADD_TAG, id=tag, name="rse", display="RSE")
        told = [await world.add_post(tx, me) for _ in range(7)]
        await tagged(tx, world, tag, *told)
        ids = [one.id for one in told]

        async def page(**bounds: int) -> list[int]:
            asked = Page(limit=3, **bounds)
            found = await timelines.public(tx, me, asked)
            assert await timelines.tagged(tx, me, "rse", asked) == found
            return found

        assert await page() == ids[:3:-1]
        assert await page(max_id=ids[4]) == [ids[3], ids[2], ids[1]]
        assert await page(max_id=ids[4] - 1) == [ids[3], ids[2], ids[1]]
        assert await page(since_id=ids[0]) == ids[:3:-1]
        assert await page(min_id=ids[0]) == [ids[3], ids[2], ids[1]]
        assert await page(min_id=ids[0], max_id=ids[2]) == [ids[1]]
        assert await page(min_id=ids[6]) == []

    await database.write(unit)


async def test_a_tag_that_nobody_used(
    database: Database, world: World, timelines: Timelines
) -> None:
    async def unit(tx: Transaction) -> list[int]:
        return await timelines.tagged(tx, await world.add_person(tx), "nothing", Page())

    assert await database.write(unit) == []


@pytest.mark.parametrize(
    ("local", "index"), [(None, "ix_post_public"), (True, "ix_post_public_local")]
)
def test_public_timelines_walk_along_their_index(
    sqlite_template: Path, local: bool | None, index: str
) -> None:
    statement = queries_public.PUBLIC[(local, False, False)].compiled("sqlite")
    values = statement.bind({"me": 1, "max_id": 9, "since_id": 0, "limit": 20})
    with sqlite3.connect(sqlite_template) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {statement.sql}", values).fetchall()
    connection.close()
    steps = [row[3] for row in plan]
    assert f"SEARCH post USING INDEX {index} (id>? AND id<?)" in steps
    assert not any("TEMP B-TREE" in step for step in steps)
