"""Custom emoji: names, pictures, lists."""

from __future__ import annotations

import pytest

from fedrse.core.clock import ManualClock
from fedrse.core.errors import Invalid, NotFound
from fedrse.core.ids import IdMaker
from fedrse.features.emoji.api import routes
from fedrse.features.emoji.model import LONGEST_CATEGORY, Emoji
from fedrse.features.emoji.service import Emojis
from fedrse.features.emoji.tables import emoji
from fedrse.features.media.service import DELETE_BLOBS
from fedrse.store.database import Database, Transaction
from tests.features.fakes import FakeQueue
from tests.features.surface import surface


@pytest.fixture
def emojis(clock: ManualClock, ids: IdMaker, queue: FakeQueue) -> Emojis:
    return Emojis(clock=clock, ids=ids, jobs=queue, address_of=lambda key: f"/media/{key}")


def test_the_value_has_the_columns_of_the_table() -> None:
    assert Emoji.__struct_fields__ == tuple(column.name for column in emoji.columns)


async def test_put_list_remove(
    database: Database, emojis: Emojis, queue: FakeQueue, clock: ManualClock
) -> None:
    async def prepare(tx: Transaction) -> None:
        await emojis.put(tx, "logo", "one.png", category="Maison")
        await emojis.put(tx, "Bravo_2", "two.png", visible=False)
        await emojis.put(tx, "logo", "three.png", category="x" * 500)

    await database.write(prepare)
    assert queue.jobs == [(DELETE_BLOBS, {"keys": ["one.png"]})]
    bravo = {
        "shortcode": "Bravo_2",
        "url": "/media/two.png",
        "static_url": "/media/two.png",
        "visible_in_picker": False,
        "category": None,
    }
    logo = bravo | {
        "shortcode": "logo",
        "url": "/media/three.png",
        "static_url": "/media/three.png",
        "visible_in_picker": True,
        "category": "x" * LONGEST_CATEGORY,
    }
    closed = routes(database=database, emojis=emojis, is_public=False)
    async with surface(closed, clock=clock) as site:
        assert await site.get("/api/v1/custom_emojis") == []
        assert await site.get("/api/v1/custom_emojis", 7) == [bravo, logo]
    opened = routes(database=database, emojis=emojis, is_public=True)
    async with surface(opened, clock=clock) as site:
        assert await site.get("/api/v1/custom_emojis") == [bravo, logo]
    names = ["logo", "none", "logo", "LOGO"]
    assert await database.read(emojis.named, names) == [logo]
    assert await database.read(emojis.named, []) == []
    await database.write(emojis.remove, "logo")
    assert queue.jobs[1:] == [(DELETE_BLOBS, {"keys": ["three.png"]})]
    assert await database.read(emojis.listing) == [bravo]
    with pytest.raises(NotFound):
        await database.write(emojis.remove, "logo")


async def test_the_same_picture_again_keeps_its_file(
    database: Database, emojis: Emojis, queue: FakeQueue
) -> None:
    for _ in range(2):
        await database.write(emojis.put, "logo", "one.png")
    assert queue.jobs == []


@pytest.mark.parametrize("name", ["", "a", "x" * 65, "été", "a b", "a-b", ":a:", "a\n", "<b>"])
async def test_names_that_nobody_can_write(database: Database, emojis: Emojis, name: str) -> None:
    with pytest.raises(Invalid, match="Shortcode"):
        await database.write(emojis.put, name, "one.png")
