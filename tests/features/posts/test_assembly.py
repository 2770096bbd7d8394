"""What was put together is known again as long as its parts are the very same."""

from __future__ import annotations

from typing import Any

from msgspec import Raw

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
    known = Assembly(fragments, accounts)
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
