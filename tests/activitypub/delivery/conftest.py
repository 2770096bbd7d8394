"""A site that sends, and one that receives."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from fedrse.activitypub.outbox import Inbox
from fedrse.core.clock import ManualClock
from fedrse.store.database import Database
from tests.activitypub.delivery.post import People, Post
from tests.activitypub.peer_server import PeerServer, peer_server


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def people() -> People:
    return People()


@pytest.fixture
async def post(site_database: Database, clock: ManualClock, people: People) -> AsyncIterator[Post]:
    made = Post(site_database, clock, people)
    yield made
    await made.close()


@pytest.fixture
async def oslo(clock: ManualClock, people: People) -> AsyncIterator[PeerServer]:
    async with peer_server(clock) as peer:
        peer.keys = people.verify_keys()
        people.accounts[10] = Inbox(f"{peer.origin}/u/10/inbox", peer.host)
        people.followers[1] = [Inbox(f"{peer.origin}/inbox", peer.host)]
        yield peer


@pytest.fixture(params=["few", "many"])
def reach(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Expanded at once, and by the job."""
    if request.param == "many":
        monkeypatch.setattr("fedrse.activitypub.delivery.FEW", 0)
