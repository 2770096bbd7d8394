"""What is remembered of accounts is never older than the last change."""

from __future__ import annotations

import time

import pytest

from fedrse.features.accounts.service import Accounts, ProfileChanges
from fedrse.features.accounts.service_snapshots import SnapshotCache
from fedrse.features.relationships.service import Relationships
from fedrse.store.database import Database, Transaction
from tests.features.cast import Cast


def test_a_slow_reader_brings_nothing_old_back() -> None:
    cache: SnapshotCache[str, int] = SnapshotCache(most=2)
    before = time.monotonic_ns()
    cache.put("a", 1, before)
    assert cache.get("a") == 1
    cache.forget("a")
    cache.put("a", 1, before)
    assert cache.get("a") is None
    cache.put("a", 2, time.monotonic_ns() + 1)
    assert cache.get("a") == 2
    cache.put("b", 1, None)  # from a write transaction, which may yet be undone
    assert cache.get("b") is None


def test_it_is_bounded_in_number_and_time() -> None:
    cache: SnapshotCache[int, int] = SnapshotCache(most=2)
    for key in range(4):
        cache.put(key, key, time.monotonic_ns())
    assert [cache.get(key) for key in range(4)] == [None, None, 2, 3]
    old = SnapshotCache[int, int](most=2, lifetime_ns=1)
    old.put(1, 1, time.monotonic_ns() - 2)
    assert old.get(1) is None


async def test_entities_show_every_change(
    database: Database, accounts: Accounts, relationships: Relationships, cast: Cast
) -> None:
    amina, bob = await cast.local("amina"), await cast.local("bob")

    async def shown() -> tuple[str, int, int]:
        entity = (await database.read(accounts.entities, [bob.id]))[bob.id]
        raw = (await database.read(accounts.rendered, [bob.id]))[bob.id][1]
        assert f'"followers_count":{entity["followers_count"]}'.encode() in bytes(raw)
        return entity["display_name"], entity["followers_count"], entity["statuses_count"]

    assert await shown() == ("Bob", 0, 0)
    assert await shown() == ("Bob", 0, 0)
    await database.write(relationships.follow, amina, bob)
    assert await shown() == ("Bob", 1, 0)
    await database.write(accounts.update_profile, bob.id, ProfileChanges(display_name="Bob B."))
    assert await shown() == ("Bob B.", 1, 0)
    await database.write(accounts.count_posts, bob.id, 1)
    assert await shown() == ("Bob B.", 1, 1)


async def test_a_change_that_is_undone_is_not_shown(
    database: Database, accounts: Accounts, cast: Cast
) -> None:
    bob = await cast.local("bob")

    class Undo(Exception):
        pass

    async def change(tx: Transaction) -> None:
        await accounts.update_profile(tx, bob.id, ProfileChanges(display_name="Never"))
        entities = await accounts.entities(tx, [bob.id])
        assert entities[bob.id]["display_name"] == "Never"
        raise Undo

    with pytest.raises(Undo):
        await database.write(change)
    entities = await database.read(accounts.entities, [bob.id])
    assert entities[bob.id]["display_name"] == "Bob"


async def test_another_process_tells(database: Database, accounts: Accounts, cast: Cast) -> None:
    people = [await cast.local(name) for name in ("amina", "bob")]
    ids = [person.id for person in people]
    first = await database.read(accounts.entities, ids)
    assert (await database.read(accounts.entities, ids))[ids[0]] is first[ids[0]]
    accounts.forget_changed(",".join(map(str, ids)))
    again = await database.read(accounts.entities, ids)
    assert again == first
    assert again[ids[0]] is not first[ids[0]]


async def test_unknown_ids_are_left_out_and_the_order_stays(
    database: Database, accounts: Accounts, cast: Cast
) -> None:
    people = [await cast.local(name) for name in ("amina", "bob", "carl")]
    ids = [people[2].id, 7, people[0].id, people[2].id]
    assert list(await database.read(accounts.entities, ids)) == [people[2].id, people[0].id]


async def test_the_last_post_never_goes_back(
    database: Database, accounts: Accounts, cast: Cast
) -> None:
    bob = await cast.local("bob")

    async def count(tx: Transaction, posts: int, at: int | None) -> None:
        await accounts.count_posts(tx, bob.id, posts, at=at)

    for posts, at in ((1, 2_000), (1, 1_000), (-1, None)):
        await database.write(count, posts, at)
    now = await cast.again(bob)
    assert (now.statuses_count, now.last_status_at) == (1, 2_000)
