"""A site that fetches, and two sites that serve."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from fedrse.store.engine import open_database
from tests.activitypub.fetching.reader import Reader
from tests.activitypub.peer_server import PeerServer, peer_server


@pytest.fixture
def kind_of_reader() -> type[Reader]:
    return Reader


@pytest.fixture
async def reader(
    sqlite_template: Any, tmp_path: Any, kind_of_reader: type[Reader]
) -> AsyncIterator[Reader]:
    database = await open_database("sqlite:site.db", tmp_path)
    made = kind_of_reader(database)
    yield made
    await made.close()
    await database.close()


@pytest.fixture
async def oslo(reader: Reader) -> AsyncIterator[PeerServer]:
    async with peer_server(reader.clock) as peer:
        peer.keys = reader.verify_keys()
        peer.unsigned_paths = set()
        yield peer


@pytest.fixture
async def nantes(reader: Reader) -> AsyncIterator[PeerServer]:
    async with peer_server(reader.clock) as peer:
        peer.keys = reader.verify_keys()
        yield peer
