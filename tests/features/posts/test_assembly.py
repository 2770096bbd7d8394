"""What was put together is known again as long as its parts are the very same."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from msgspec import Raw

from fedrse.features.posts.model import Post
from fedrse.features.posts.service_assembly import Assembly
from fedrse.features.posts.service_render import Fragment
from fedrse.store.database import Transaction
from tests.features.posts.studio import Studio

Account = tuple[dict[str, Any], Raw]


async def _fragments(studio: Studio, *ids: int) -> dict[int, Fragment]:
    async def unit(tx: Transaction) -> dict[int, Fragment]:
        return await studio.posts.fragments.get(tx, list(ids))

    return await studio.database.read(unit)


async def test_the_order_in_which_parts_are_found_does_not_matter(studio: Studio) -> None:
    authors = [await studio.cast.local(name) for name in ("amina", "bruno", "chloe")]
    ids = [(await studio.write(one)).id for one in authors]
    fragments = await _fragments(studio, *ids)
    accounts: dict[int, Account] = {one.id: ({"id": str(one.id)}, Raw(b"{}")) for one in authors}
    known = Assembly(ids, fragments, accounts)
    assert known.is_made_of(dict(reversed(fragments.items())))
    assert known.is_by(dict(reversed(accounts.items())))
    changed = accounts | {authors[1].id: ({"id": "other"}, Raw(b"{}"))}
    assert not known.is_by(changed)
    assert not known.is_by({one: accounts[one] for one in list(accounts)[:2]})

    async def forget(tx: Transaction) -> None:
        studio.posts.changes.forget(tx, ids[0])

    await studio.database.write(forget)
    assert not known.is_made_of(await _fragments(studio, *ids))
    assert not known.is_made_of({one: fragments[one] for one in ids[:2]})


async def test_who_looks_from_before_a_post_hides_it_from_nobody(studio: Studio) -> None:
    """What is asked for may be remembered from a younger transaction than the one that asks."""
    author, viewer = [await studio.cast.local(name) for name in ("amina", "bruno")]
    first = await studio.write(author)
    loop = asyncio.get_running_loop()
    written: list[Post] = []

    async def meanwhile(work: Coroutine[Any, Any, Post]) -> Post:
        if studio.database.dialect == "sqlite":  # units run on threads of their own
            return asyncio.run_coroutine_threadsafe(work, loop).result(60)
        return await work

    async def before(tx: Transaction) -> list[int]:
        assert await studio.posts.by_id(tx, first.id) is not None
        written.append(await meanwhile(studio.write(author)))
        return list(await studio.posts.statuses.pieces_by_id(tx, ids(), viewer.id))

    def ids() -> list[int]:
        return [first.id, *(one.id for one in written)]

    assert await studio.database.read(before) == [first.id]
    found = await studio.database.read(studio.posts.statuses.pieces_by_id, ids(), viewer.id)
    assert list(found) == ids()
