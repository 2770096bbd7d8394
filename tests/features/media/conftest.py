"""The media library, a person and a post to attach things to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from fedrse.blobs.pictures import ProcessedImage
from fedrse.core.clock import ManualClock
from fedrse.core.ids import IdMaker
from fedrse.features.media.model import Media
from fedrse.features.media.service import MediaLibrary
from fedrse.features.media.service_conversion import Conversions
from fedrse.store.database import Database, Transaction
from fedrse.store.events import Events
from tests.features.fakes import FakeQueue
from tests.features.timelines.histories import World

IMAGE = ProcessedImage(
    content=b"content",
    media_type="image/jpeg",
    extension="jpg",
    width=1200,
    height=600,
    preview=b"small",
    preview_width=640,
    preview_height=320,
    blurhash="L6PZfSi_.AyE_3t7t7R**0o#DgR4",
)


@pytest.fixture
def queue() -> FakeQueue:
    return FakeQueue()


@pytest.fixture
def library(clock: ManualClock, ids: IdMaker, queue: FakeQueue) -> MediaLibrary:
    return MediaLibrary(clock=clock, ids=ids, jobs=queue)


@pytest.fixture
def conversions(clock: ManualClock, ids: IdMaker, queue: FakeQueue) -> Conversions:
    return Conversions(clock=clock, ids=ids, jobs=queue)


@pytest.fixture
def world(clock: ManualClock, ids: IdMaker) -> World:
    return World(clock, ids, Events())


@pytest.fixture
async def me(database: Database, world: World) -> int:
    return await database.write(world.add_person)


@pytest.fixture
def upload(database: Database, library: MediaLibrary, me: int) -> Callable[[], Awaitable[Media]]:
    """Records an image as if its files were stored."""

    async def add() -> Media:
        return await database.write(library.add_image, me, IMAGE, library.name_image(IMAGE))

    return add


@pytest.fixture
def add_post(database: Database, world: World, me: int) -> Callable[[], Awaitable[int]]:
    async def add() -> int:
        async def unit(tx: Transaction) -> int:
            return (await world.add_post(tx, me)).id

        return await database.write(unit)

    return add
