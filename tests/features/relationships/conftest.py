"""What tests of relationships share: messages that arrive, jobs, and what is told of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from fedrse.activitypub.dispatch import Dispatcher
from fedrse.activitypub.importers import Importers
from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.vocabulary import Json
from fedrse.features.accounts.activities import AccountActivities
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.service import Accounts
from fedrse.features.relationships.activities import RelationshipActivities
from fedrse.features.relationships.jobs import RelationshipJobs
from fedrse.features.relationships.model_events import Followed, FollowRequested, Unfollowed
from fedrse.features.relationships.service import Relationships
from fedrse.jobs.model import Job
from fedrse.store.database import Database, Transaction
from fedrse.store.events import Events
from tests.features.cast import Cast, handled
from tests.features.fakes import FakeOutbox
from tests.features.relationships.world import World


@dataclass
class FakeFetcher:
    """Answers with documents by address, or fails."""

    documents: dict[str, Any] = field(default_factory=dict)

    async def fetch(self, uri: str) -> Any:
        document = self.documents[uri]
        if isinstance(document, Exception):
            raise document
        return Answer(document)


@dataclass
class Answer:
    document: Json


@pytest.fixture
def fetcher() -> FakeFetcher:
    return FakeFetcher()


@pytest.fixture
def jobs(
    database: Database,
    relationships: Relationships,
    fetcher: FakeFetcher,
    local_ids: LocalIds,
) -> RelationshipJobs:
    return RelationshipJobs(
        database=database, relationships=relationships, fetcher=fetcher, local_ids=local_ids
    )


@pytest.fixture
def dispatcher(accounts: Accounts, relationships: Relationships, local_ids: LocalIds) -> Dispatcher:
    found = Dispatcher()
    AccountActivities(accounts=accounts, local_ids=local_ids).register(found, Importers())
    RelationshipActivities(accounts=accounts, relationships=relationships).register(found)
    return found


def job(kind: str, arguments: dict[str, Any]) -> Job:
    return Job(id=1, kind=kind, arguments=arguments, key=None, attempt=1, due_at=0)


async def follow_and_accept(
    database: Database,
    relationships: Relationships,
    dispatcher: Dispatcher,
    cast: Cast,
    who: Account,
    whom: Account,
) -> None:
    await database.write(relationships.follow, who, whom)
    answer = {"type": "Follow", "actor": who.uri, "object": whom.uri}
    accept = cast.received(whom, {"type": "Accept", "id": f"{who.uri}#a", "object": answer})
    await handled(database, dispatcher.dispatch, accept)


@pytest.fixture
def told(events: Events) -> list[object]:
    """What was published."""
    heard: list[object] = []

    async def remember(_tx: Transaction, event: object) -> None:
        heard.append(event)

    for kind in (Followed, FollowRequested, Unfollowed):
        events.subscribe(kind, remember)
    return heard


@pytest.fixture
def world(
    database: Database,
    cast: Cast,
    relationships: Relationships,
    dispatcher: Dispatcher,
    outbox: FakeOutbox,
) -> World:
    return World(database, cast, relationships, dispatcher, outbox)
