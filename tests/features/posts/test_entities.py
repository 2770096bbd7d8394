"""Statuses as apps get them: all attributes, flags of the viewer, never stale."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from fedrse.core.clock import MINUTE
from fedrse.features.accounts.service_snapshots import SnapshotCache
from fedrse.features.posts.model import Edit
from fedrse.features.posts.service_cache import SECOND, Changes, Pieces
from fedrse.features.posts.service_ports import ReadyPart
from fedrse.store.database import Database, Transaction
from fedrse.store.postgres import NOTIFY_LIMIT
from tests.features.posts.studio import Studio

# Attributes of Status in the Mastodon API 4.6 that are not optional, and those of a viewer.
ATTRIBUTES = frozenset(
    re.findall(
        r"\w+",
        "id uri created_at account content visibility sensitive spoiler_text media_attachments"
        " mentions tags emojis reblogs_count favourites_count quotes_count replies_count url"
        " in_reply_to_id in_reply_to_account_id reblog poll card language edited_at quote"
        " quote_approval favourited reblogged muted bookmarked pinned filtered",
    )
)


class Snapshot:
    """A transaction as the cache sees it."""

    dialect = "sqlite"

    def __init__(self, snapshot: int | None) -> None:
        self.snapshot = snapshot


async def test_all_attributes(studio: Studio) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    post = await studio.write(amina, "Bonjour @bruno #été", summary="cw", language="fr")
    reply = await studio.write(bruno, "oui", reply_to_id=post.id)
    boost = await studio.do(studio.posts.boost, bruno, post.id)
    for status in await studio.statuses(bruno, post.id, reply.id, boost.id):
        assert set(status) >= ATTRIBUTES, ATTRIBUTES - set(status)
        assert status["account"]["id"] in (str(amina.id), str(bruno.id))
    status = await studio.status(bruno, post.id)
    assert status["id"] == str(post.id)
    assert status["created_at"].endswith("Z")
    assert (status["visibility"], status["audience"], status["local_only"]) == (
        "public",
        "network",
        False,
    )
    assert (status["language"], status["spoiler_text"], status["sensitive"]) == ("fr", "cw", True)
    assert status["mentions"] == [
        {"id": str(bruno.id), "username": "bruno", "url": bruno.url, "acct": "bruno"}
    ]
    assert status["tags"] == [
        {"name": "ete", "url": "https://lyon.corp.example/tags/ete"},
    ]
    answer = await studio.status(amina, reply.id)
    assert answer["in_reply_to_id"] == str(post.id)
    assert answer["in_reply_to_account_id"] == str(amina.id)
    assert status["filtered"] == []
    assert {status[name] for name in ("poll", "card", "quote", "reblog", "edited_at")} == {None}
    local = await studio.write(amina, local_only=True)
    shown = await studio.status(amina, local.id)
    assert (shown["visibility"], shown["local_only"]) == ("private", True)


async def test_the_order_of_the_ids_is_kept_and_unknown_ones_are_left_out(
    studio: Studio,
) -> None:
    amina = await studio.cast.local("amina")
    ids = [(await studio.write(amina, str(number))).id for number in range(4)]
    wanted = [ids[2], 17, ids[0], ids[3], ids[2]]
    for _ in range(2):  # rendered, then from the cache
        assert await studio.seen(amina, *wanted) == [ids[2], ids[0], ids[3], ids[2]]
    assert await studio.seen(amina) == []


async def test_flags_are_each_viewers_own(studio: Studio) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    post = await studio.write(amina)
    await studio.do(studio.posts.marks.bookmark, bruno.id, post.id)
    await studio.do(studio.posts.boost, bruno, post.id)
    await studio.do(studio.posts.marks.pin, amina, post.id)

    def flags(status: dict[str, Any]) -> list[str]:
        names = ("favourited", "reblogged", "muted", "bookmarked", "pinned")
        return [name for name in names if status[name]]

    for _ in range(2):
        assert flags(await studio.status(bruno, post.id)) == ["reblogged", "bookmarked"]
        assert flags(await studio.status(amina, post.id)) == ["pinned"]


async def test_parts_and_filters_of_other_features(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    first, second = await studio.write(amina, "1"), await studio.write(amina, "2")

    async def card(_tx: Transaction, ids: Sequence[int]) -> dict[int, bytes]:
        return {one: b'{"title":"T"}' for one in ids if one == first.id}

    async def filters(_tx: Transaction, viewer: int, ids: Sequence[int]) -> dict[int, bytes]:
        assert viewer == amina.id
        return {one: b'[{"keyword_matches":["x"]}]' for one in ids if one == second.id}

    studio.posts.fragments.add_part(ReadyPart("card", card))

    async def for_many(
        tx: Transaction, viewers: Sequence[int], ids: Sequence[int]
    ) -> dict[int, dict[int, bytes]]:
        return {viewer: await filters(tx, viewer, ids) for viewer in viewers}

    studio.posts.statuses.filter_with(filters, for_many)
    one, two = await studio.statuses(amina, first.id, second.id)
    assert (one["card"], two["card"]) == ({"title": "T"}, None)
    assert (one["filtered"], two["filtered"]) == ([], [{"keyword_matches": ["x"]}])
    assert two["favourited"] is False


async def test_what_is_written_is_seen_at_once(studio: Studio) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    post = await studio.write(amina, "un")
    for number in range(1, 6):
        assert (await studio.status(bruno, post.id))["replies_count"] == number - 1
        await studio.write(bruno, "oui", reply_to_id=post.id)
        studio.clock.advance(MINUTE)
        await studio.edit(amina, post.id, text=f"texte {number}")
        status = await studio.status(bruno, post.id)
        assert status["content"] == f"<p>texte {number}</p>"
        assert status["replies_count"] == number
    await studio.do(studio.posts.delete, amina, post.id)
    assert await studio.seen(bruno, post.id) == []


async def test_a_slow_reader_does_not_bring_back_the_past(
    studio: Studio, database: Database
) -> None:
    amina = await studio.cast.local("amina")
    post = await studio.write(amina, "alt")
    loop = asyncio.get_running_loop()

    async def slow(tx: Transaction) -> bytes:
        # The snapshot is taken here; the edit is committed before the post is rendered.
        await studio.posts.by_id(tx, post.id)
        if tx.dialect == "sqlite":
            editing = asyncio.run_coroutine_threadsafe(
                studio.edit(amina, post.id, text="neu"), loop
            )
            editing.result(10)
        else:
            await studio.edit(amina, post.id, text="neu")
        (entity,) = await studio.posts.entities(tx, [post.id], amina.id)
        return entity

    seen = msgspec.json.decode(await database.read(slow))
    assert seen["content"] == "<p>alt</p>"
    assert (await studio.status(amina, post.id))["content"] == "<p>neu</p>"


async def test_nothing_uncommitted_is_kept(studio: Studio) -> None:
    amina = await studio.cast.local("amina")
    post = await studio.write(amina, "vorher")

    async def undone(tx: Transaction) -> None:
        await studio.posts.edit(tx, amina, post.id, Edit(text="nie"))
        (entity,) = await studio.posts.entities(tx, [post.id], amina.id)
        assert b"nie" in entity
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await studio.database.write(undone)
    assert (await studio.status(amina, post.id))["content"] == "<p>vorher</p>"


async def test_a_page_costs_a_fixed_number_of_queries(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    ids = [(await studio.write(amina, f"@bruno #tag{number}")).id for number in range(20)]
    counted: list[object] = []

    async def count(tx: Transaction, some: list[int]) -> int:
        original = tx.all

        async def counting(statement: Any, **parameters: Any) -> Any:
            counted.append(statement)
            return await original(statement, **parameters)

        monkeypatch.setattr(tx, "all", counting)
        counted.clear()
        assert len(await studio.posts.entities(tx, some, bruno.id)) == len(some)
        monkeypatch.undo()
        return len(counted)

    few = await studio.database.read(count, ids[:2])
    many = await studio.database.read(count, ids[2:])
    # The account is known by then.
    assert many <= few <= 7
    assert await studio.database.read(count, ids) == 1


# The cache itself


def test_pieces_are_bounded_and_grow_old() -> None:
    now = [1000 * SECOND]
    pieces: Pieces[str] = Pieces(most=10, life=60 * SECOND, clock=lambda: now[0])
    tx: Any = Snapshot(now[0])
    for key in range(100):
        pieces.put(tx, key, f"p{key}")
    assert len(pieces) <= 20
    assert pieces.get_many([99, 0]) == {99: "p99"}
    now[0] += 130 * SECOND
    pieces.get_many([99])
    now[0] += 130 * SECOND
    assert pieces.get_many([99]) == {}


def test_pieces_of_the_past_are_not_taken() -> None:
    now = [1000 * SECOND]
    pieces: Pieces[str] = Pieces(most=10, clock=lambda: now[0])
    before: Any = Snapshot(now[0])
    now[0] += 1
    pieces.put(before, 1, "old")
    pieces.forget(1)
    assert pieces.get_many([1]) == {}
    pieces.put(before, 1, "old")
    assert pieces.get_many([1]) == {}
    now[0] += 1
    after: Any = Snapshot(now[0])
    pieces.put(after, 1, "new")
    pieces.put(Snapshot(None), 2, "uncommitted")  # type: ignore[arg-type]
    assert pieces.get_many([1, 2]) == {1: "new"}
    pieces.forget_all()
    pieces.put(after, 1, "new")
    assert pieces.get_many([1]) == {}


def test_what_other_processes_say() -> None:
    pieces: Pieces[str] = Pieces(most=10)
    tx: Any = Snapshot(10**30)
    changes = Changes(pieces)
    for key in (1, 2, 3):
        pieces.put(tx, key, "x")
    changes.heard("1 3 nonsense -2")
    assert pieces.get_many([1, 2, 3]) == {2: "x"}


@pytest.mark.parametrize("make", [Pieces, SnapshotCache])
def test_a_version_is_told_when_what_is_forgotten_is_gone(make: Any) -> None:
    """Readers on other threads take it for a promise about what they find after it."""
    cache, versions = make(most=10), []

    class Looked(OrderedDict[int, Any]):
        def pop(self, *key: Any) -> Any:
            versions.append(cache.version)
            return super().pop(*key)

        def clear(self) -> None:
            versions.append(cache.version)
            super().clear()

    cache._old = cache._entries = Looked()
    cache._now = lambda: versions.append(cache.version) or 7
    cache.forget(1)
    assert (set(versions), cache.version) == ({0}, 1)
    versions.clear()
    cache.forget_all()
    assert (set(versions), cache.version) == ({1}, 2)


def test_however_many_posts_change_all_processes_hear_of_them() -> None:
    told: list[str] = []

    class Changing:
        dialect = "postgresql"

        def after_commit(self, _callback: object) -> None:
            pass

        def notify(self, _channel: str, payload: str) -> None:
            told.append(payload)

    ids = [(1 << 62) + number for number in range(1000)]
    Changes(Pieces[str](most=10)).forget(Changing(), *ids)  # type: ignore[arg-type]
    assert max(map(len, told)) <= NOTIFY_LIMIT  # what is longer is not sent
    assert [int(word) for payload in told for word in payload.split()] == ids
