"""Which inboxes recipients mean."""

from __future__ import annotations

from typing import Any

import pytest

from fedrse.activitypub.dispatch import Dispatcher
from fedrse.activitypub.outbox import Inbox, Recipients
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.service import Accounts
from fedrse.features.relationships.activities import RelationshipActivities
from fedrse.features.relationships.service import Relationships
from fedrse.store.database import Database
from tests.features.cast import Cast, handled

NANTES = Inbox("https://nantes.corp.example/inbox", "nantes.corp.example")
OSLO = Inbox("https://oslo.corp.example/inbox", "oslo.corp.example")


@pytest.fixture
async def people(
    database: Database, cast: Cast, accounts: Accounts, relationships: Relationships
) -> dict[str, Account]:
    """Amina here, followed by two at Nantes, one without shared inbox and one outside."""
    dispatcher = Dispatcher()
    RelationshipActivities(accounts=accounts, relationships=relationships).register(dispatcher)
    amina = await cast.local("amina")
    found = {
        "amina": amina,
        "ben": await cast.remote("ben"),
        "bea": await cast.remote("bea"),
        "gts": await cast.remote("gts", "gts.example", endpoints=None),
        "far": await cast.remote("far", "far.example"),
    }
    for name in ("ben", "bea", "gts", "far"):
        follow = cast.received(found[name], {"type": "Follow", "object": amina.uri})
        await handled(database, dispatcher.dispatch, follow)
        if name in ("gts", "far"):
            await database.write(relationships.accept, found[name], amina)
    return found


async def expand(
    database: Database, relationships: Relationships, **recipients: Any
) -> list[Inbox]:
    return await database.read(relationships.inboxes, Recipients(**recipients))


async def test_inboxes(
    database: Database, relationships: Relationships, people: dict[str, Account]
) -> None:
    amina, ben, gts = people["amina"], people["ben"], people["gts"]
    own = Inbox(gts.inbox, "gts.example")
    far = Inbox("https://far.example/inbox", "far.example")

    async def found(**recipients: Any) -> list[Inbox]:
        return await expand(database, relationships, **recipients)

    assert await found(accounts=(ben.id, people["bea"].id, amina.id)) == [NANTES]
    assert await found(accounts=(ben.id,), personal=True) == [
        Inbox(ben.inbox, "nantes.corp.example")
    ]
    assert set(await found(followers_of=amina.id)) == {NANTES, own, far}
    assert await found(followers_of=amina.id, only_members=True) == [NANTES]
    assert set(await found(members=True)) == {NANTES, OSLO}
    assert await found(members=True, exclude_hosts=frozenset({"oslo.corp.example"})) == [NANTES]
    assert await found(hosts=("gts.example", "unknown.example", "lyon.corp.example")) == [own]
    everything = await found(
        accounts=(ben.id, gts.id),
        followers_of=amina.id,
        members=True,
        hosts=("nantes.corp.example",),
    )
    assert len(everything) == len(set(everything)) == 4
    assert await found() == []


async def test_who_is_gone_gets_nothing(
    database: Database,
    relationships: Relationships,
    accounts: Accounts,
    people: dict[str, Account],
) -> None:
    await database.write(accounts.delete_remote, people["gts"])
    found = await expand(
        database,
        relationships,
        accounts=(people["gts"].id,),
        followers_of=people["amina"].id,
        hosts=("gts.example",),
    )
    assert {inbox.host for inbox in found} == {"nantes.corp.example", "far.example"}


async def test_hosts_with_followers(
    database: Database, relationships: Relationships, people: dict[str, Account]
) -> None:
    follows = relationships.host_follows
    assert await database.read(follows, "nantes.corp.example", people["amina"].id)
    assert not await database.read(follows, "oslo.corp.example", people["amina"].id)
