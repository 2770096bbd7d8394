"""Finding posts and tags: words, audiences, pages."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import bindparam, update

from fedrse.features.posts.model_events import PostEdited
from fedrse.features.posts.tables import post
from fedrse.features.search.model import words_of
from fedrse.features.search.model_query import Query, read_query
from fedrse.features.search.service import BATCH, INDEX, Search
from fedrse.jobs.model import Job
from fedrse.jobs.queries import DUE
from fedrse.store.database import Database, Transaction
from fedrse.store.statement import Statement
from tests.features.timelines.histories import ADD_POST_TAG, ADD_TAG, Told, World

JOB = Job(1, INDEX, {}, INDEX, 1, 0)
SET_CONTENT = Statement(
    update(post)
    .where(post.c.id == bindparam("key"))
    .values(content=bindparam("new_content"), title=bindparam("new_title"))
)


async def told(database: Database, world: World, *texts: str, **options: object) -> list[int]:
    """New posts of somebody new; the author comes first."""

    async def unit(tx: Transaction) -> list[int]:
        author = await world.add_person(tx)
        return [
            author,
            *[(await world.add_post(tx, author, content=text, **options)).id for text in texts],
        ]

    return await database.write(unit)


async def found(
    database: Database, search: Search, viewer: int, text: str, **page: int
) -> list[int]:
    async def unit(tx: Transaction) -> list[int]:
        return await search.posts(tx, viewer, text, **({"limit": 20} | page))

    return await database.read(unit)


async def test_all_words_and_the_beginning_of_the_last(
    database: Database, world: World, search: Search
) -> None:
    me, one, two, three = await told(
        database,
        world,
        "<p>L'<b>électricité</b> à Nîmes</p>",
        "<p>ÉLECTRICITÉ, gaz&nbsp;; nimes</p>",
        "<p>électron</p><script>nimes</script>",
    )
    assert await found(database, search, me, "electricite") == []  # not indexed yet
    await database.write(search.index, JOB)
    for text, expected in (
        ("electricite", [two, one]),
        ("ÉLECTRICITÉ nîmes", [two, one]),
        ("nîmes electricité", [two, one]),
        ("electr", [three, two, one]),
        ("electr nimes", []),  # only the last word may be a beginning
        ("nimes electr", [two, one]),
        ("gaz", [two]),
        ("script", []),
        ("b", []),
        ("#électron!", [three]),
        ("", []),
        ("!?", []),
        ('" OR 1=1 --', []),
        ("'a' | b:*", []),
        ("NEAR(gaz nimes)", []),
        ("words:gaz", []),
        ("gaz NOT nimes", []),
    ):
        assert await found(database, search, me, text) == expected, text


async def test_title_and_warning_are_searched_too(
    database: Database, world: World, search: Search
) -> None:
    me, one = await told(database, world, "corps")

    async def unit(tx: Transaction) -> None:
        await tx.run(SET_CONTENT, key=one, new_content="corps", new_title="Grève")

    await database.write(unit)
    await database.write(search.index, JOB)
    assert await found(database, search, me, "greve corps") == [one]


async def test_pages(database: Database, world: World, search: Search) -> None:
    me, *ids = await told(database, world, *["mot"] * 5)
    other, theirs = await told(database, world, "mot")
    await database.write(search.index, JOB)
    assert await found(database, search, me, "mot") == [theirs, *ids[::-1]]
    assert await found(database, search, me, "mot", limit=2, offset=1) == [ids[4], ids[3]]
    assert await found(database, search, me, "mot", max_id=ids[2]) == [ids[1], ids[0]]
    assert await found(database, search, me, "mot", min_id=ids[3]) == [theirs, ids[4]]
    assert await found(database, search, me, "mot", author=other) == [theirs]


async def test_only_what_the_viewer_may_read(
    database: Database, world: World, search: Search
) -> None:
    async def prepare(tx: Transaction) -> tuple[int, int, int, dict[str, int]]:
        author, follower, other = [await world.add_person(tx) for _ in range(3)]
        await world.follow(tx, follower, author)
        ids = {
            audience: (await world.add_post(tx, author, audience=audience, content="mot")).id
            for audience in ("public", "network", "site", "group", "followers", "direct")
        }
        return author, follower, other, ids

    author, follower, other, ids = await database.write(prepare)
    await database.write(search.index, JOB)
    open_ = [ids["site"], ids["network"], ids["public"]]
    assert await found(database, search, other, "mot") == open_
    assert await found(database, search, follower, "mot") == [ids["followers"], *open_]
    assert await found(database, search, author, "mot") == sorted(ids.values(), reverse=True)
    await database.write(world.mute, other, author)
    assert await found(database, search, other, "mot") == []
    await database.write(world.unmute, other, author)
    await database.write(world.block, author, other)
    assert await found(database, search, other, "mot") == []
    await database.write(world.block, follower, author)
    assert await found(database, search, follower, "mot") == []


async def test_edits_and_deletions(database: Database, world: World, search: Search) -> None:
    me, one, two = await told(database, world, "avant", "avant")
    await database.write(search.index, JOB)

    async def edit(tx: Transaction) -> None:
        await tx.run(SET_CONTENT, key=one, new_content="après", new_title="")
        await world.events.publish(tx, PostEdited(one, me, local=True))

    await database.write(edit)
    await database.write(search.index, JOB)
    assert await found(database, search, me, "avant") == [two]
    assert await found(database, search, me, "apres") == [one]
    await database.write(world.remove_post, Told(two, me, "network"))
    assert await found(database, search, me, "avant") == []


async def test_boosts_are_not_found(database: Database, world: World, search: Search) -> None:
    me, one = await told(database, world, "mot")

    async def boost(tx: Transaction) -> None:
        await world.add_post(tx, await world.add_person(tx), original=world.posts[0])

    await database.write(boost)
    await database.write(search.index, JOB)
    assert await found(database, search, me, "mot") == [one]


async def test_many_posts_take_several_jobs(
    database: Database, world: World, search: Search
) -> None:
    me, *ids = await told(database, world, *["mot"] * (BATCH + 3))
    await database.write(search.index, JOB)

    async def waiting(tx: Transaction) -> int:
        return len(await tx.all(DUE, now=world.clock.now() + 10_000, kinds=[INDEX], most=9))

    assert await database.write(waiting) == 1
    assert len(await found(database, search, me, "mot", limit=999)) == BATCH
    await database.write(search.index, JOB)
    assert await found(database, search, me, "mot", limit=999) == ids[::-1]
    await database.write(search.index, JOB)


async def test_huge_texts(database: Database, world: World, search: Search) -> None:
    """Long words, many words and words that grow: the index takes them all."""
    me, one, two, three = await told(
        database, world, "x" * 90_000, "\ufdfa " * 20_000, "mot " * 9000 + " dernier"
    )
    await database.write(search.index, JOB)
    assert await found(database, search, me, "x" * 300) == [one]
    assert await found(database, search, me, "\ufdfa") == [two]
    assert await found(database, search, me, "mot") == [three]
    assert await found(database, search, me, "dernier") == []


async def test_an_edit_while_the_index_is_made_is_not_lost(
    database: Database, world: World, search: Search
) -> None:
    """The indexer waits for an edit that is not committed yet."""
    if database.dialect == "sqlite":
        pytest.skip("there is one writer")
    me, one = await told(database, world, "avant")
    edited, go_on = asyncio.Event(), asyncio.Event()

    async def edit(tx: Transaction) -> None:
        await tx.run(SET_CONTENT, key=one, new_content="après", new_title="")
        await world.events.publish(tx, PostEdited(one, me, local=True))
        await tx.settle()  # the commit is all that is missing
        edited.set()
        await go_on.wait()

    editing = asyncio.create_task(database.write(edit))
    await edited.wait()
    indexing = asyncio.create_task(database.write(search.index, JOB))
    await asyncio.sleep(0.3)
    assert not indexing.done()
    go_on.set()
    await asyncio.gather(editing, indexing)
    await database.write(search.index, JOB)
    assert await found(database, search, me, "apres") == [one]
    assert await found(database, search, me, "avant") == []


_letters = st.text(st.sampled_from("aàAÀbBçœß12_-' .éΣσς\"+"), max_size=12)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(_letters, min_size=1, max_size=4), query=_letters)
async def test_both_databases_find_what_the_words_say(
    database: Database, world: World, search: Search, texts: list[str], query: str
) -> None:
    me, *ids = await told(database, world, *texts, audience="direct")
    await database.write(search.index, JOB)
    asked = read_query(query)
    expected = [
        identifier
        for identifier, text in zip(ids, texts, strict=True)
        if asked.asks and _fits(words_of(text), asked)
    ]
    assert await found(database, search, me, query) == expected[::-1]


def _fits(words: list[str], asked: Query) -> bool:
    """In plain words what an index has to find, for queries without operators."""
    last = len(asked.with_) - 1
    return all(
        _has(words, run, begins=asked.begins and place == last)
        for place, run in enumerate(asked.with_)
    ) and not any(_has(words, run) for run in asked.without)


def _has(words: list[str], run: tuple[str, ...], *, begins: bool = False) -> bool:
    if begins:
        return any(word.startswith(run[0]) for word in words)
    return any(tuple(words[at : at + len(run)]) == run for at in range(len(words)))


# Tags


async def add_tags(tx: Transaction, world: World, told_: Told, *names: str) -> None:
    for name in names:
        known = world.__dict__.setdefault("tags", {})
        if name not in known:
            known[name] = world.ids.new()
            await tx.run(ADD_TAG, id=known[name], name=name, display=name.upper())
        await tx.run(ADD_POST_TAG, tag_id=known[name], post_id=told_.id)


async def test_tags_by_their_beginning(database: Database, world: World, search: Search) -> None:
    async def prepare(tx: Transaction) -> tuple[int, int]:
        me, other = await world.add_person(tx), await world.add_person(tx)
        await add_tags(tx, world, await world.add_post(tx, me), "rse", "reunion", "r_d")
        await add_tags(tx, world, await world.add_post(tx, me), "reunion", "rxd")
        secret = await world.add_post(tx, me, audience="direct")
        await add_tags(tx, world, secret, "rachat", "rse")
        return me, other

    me, other = await database.write(prepare)

    async def names(viewer: int, text: str, limit: int = 20, offset: int = 0) -> list[str]:
        async def unit(tx: Transaction) -> list[str]:
            rows = await search.tags(tx, viewer, text, limit=limit, offset=offset)
            return [row.name for row in rows]

        return await database.read(unit)

    assert await names(other, "r") == ["reunion", "r_d", "rse", "rxd"]
    assert await names(me, "r") == ["reunion", "rse", "r_d", "rachat", "rxd"]
    assert await names(other, "#Réu") == ["reunion"]
    assert await names(other, "R_") == ["r_d"]
    assert await names(other, "rachat") == []  # a name may tell a secret
    assert await names(other, "r", limit=2, offset=1) == ["r_d", "rse"]
    for nothing in ("", "#", "  ", "r s", "%", "r%", "\\", "eunion"):
        assert await names(other, nothing) == [], nothing
