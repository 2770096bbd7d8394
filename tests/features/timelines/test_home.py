"""Home timelines: single rules that histories do not reach, and when an author is looked up."""

from __future__ import annotations

from sqlalchemy import func, select

from fedrse.core.paging import Page
from fedrse.features.timelines.service import BACKFILLED, Timelines
from fedrse.features.timelines.tables import home_entry, home_source, pulled_author, pulled_post
from fedrse.store.database import Database, Transaction
from fedrse.store.statement import Statement
from tests.features.timelines.histories import World

COUNTS = {
    table.name: Statement(select(func.count()).select_from(table))
    for table in (home_entry, home_source, pulled_author, pulled_post)
}


async def test_posts_that_were_only_fetched_are_in_no_home(
    database: Database, world: World, timelines: Timelines
) -> None:
    async def unit(tx: Transaction) -> dict[int, list[int]]:
        me, author = await world.add_person(tx), await world.add_person(tx, local=False)
        await world.follow(tx, me, author)
        shared = await world.add_post(tx, author, local=False, fresh=False)
        await world.add_post(tx, author, local=False, original=shared, fresh=False)
        return await world.homes(tx, timelines)

    assert all(home == [] for home in (await database.write(unit)).values())


async def test_answers_to_unknown_posts_are_in_own_home_only(
    database: Database, world: World, timelines: Timelines
) -> None:
    async def unit(tx: Transaction) -> tuple[list[int], list[int], int]:
        me, author = await world.add_person(tx), await world.add_person(tx)
        await world.follow(tx, me, author)
        told = await world.add_post(tx, author, unknown_parent=True)
        page = Page()
        return (
            await timelines.home(tx, me, page),
            await timelines.home(tx, author, page),
            told.id,
        )

    mine, theirs, told = await database.write(unit)
    assert mine == []
    assert theirs == [told]


async def test_direct_group_and_site_posts(
    database: Database, world: World, timelines: Timelines
) -> None:
    async def unit(tx: Transaction) -> tuple[list[int], dict[str, int]]:
        me, author = await world.add_person(tx), await world.add_person(tx)
        await world.follow(tx, me, author)
        told = {
            audience: (await world.add_post(tx, author, audience=audience, listed=False)).id
            for audience in ("public", "network", "site", "group", "followers", "direct")
        }
        return await timelines.home(tx, me, Page()), told

    home, told = await database.write(unit)
    assert home == [told[name] for name in ("followers", "site", "network", "public")]


async def test_remote_authors_have_no_home(database: Database, world: World) -> None:
    async def unit(tx: Transaction) -> int:
        author = await world.add_person(tx, local=False)
        await world.add_post(tx, author, local=False)
        return int(await tx.value(COUNTS["home_entry"]))

    assert await database.write(unit) == 0


async def test_from_some_followers_on_an_author_is_looked_up(
    database: Database, world: World, timelines: Timelines
) -> None:
    """The change over is not seen by anybody, and writing then costs one row."""

    async def unit(tx: Transaction) -> tuple[dict[str, int], dict[int, list[int]], list[int]]:
        author = await world.add_person(tx, local=False)
        readers = [await world.add_person(tx) for _ in range(4)]
        told = []
        for reader in readers:
            await world.follow(tx, reader, author)
            told.append((await world.add_post(tx, author, local=False)).id)
        counts = {name: int(await tx.value(count)) for name, count in COUNTS.items()}
        homes = await world.homes(tx, timelines)
        return counts, {reader: homes[reader] for reader in readers}, told[::-1]

    counts, homes, told = await database.write(unit)
    assert list(homes.values()) == [told] * 4
    # Copied: post 1 to the first reader, post 2 to two; back-filled: 1 post to the second, 2 to
    # the third, who crosses the line, 3 to the fourth. Looked up: posts 3 and 4.
    assert counts == {
        "home_entry": (1 + 2) + (1 + 2 + 3),
        "home_source": 4,
        "pulled_author": 1,
        "pulled_post": 2,
    }


async def test_only_the_latest_posts_are_back_filled(
    database: Database, world: World, timelines: Timelines
) -> None:
    async def unit(tx: Transaction) -> tuple[list[int], list[int]]:
        me, author = await world.add_person(tx), await world.add_person(tx)
        told = [(await world.add_post(tx, author)).id for _ in range(BACKFILLED + 5)]
        await world.follow(tx, me, author)
        return await timelines.home(tx, me, Page(limit=40)), told

    home, told = await database.write(unit)
    assert home == told[: -BACKFILLED - 1 : -1]


async def test_a_follower_on_another_site_has_no_home(
    database: Database, world: World, timelines: Timelines
) -> None:
    from fedrse.features.relationships.model_events import Followed

    async def unit(tx: Transaction) -> int:
        author = await world.add_person(tx)
        other = await world.add_person(tx, local=False)
        await world.add_post(tx, author)
        before = int(await tx.value(COUNTS["home_entry"]))
        await world.events.publish(
            tx, Followed(other, author, follower_local=False, target_local=True)
        )
        return int(await tx.value(COUNTS["home_entry"])) - before

    assert await database.write(unit) == 0
