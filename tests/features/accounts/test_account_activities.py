"""Update and Delete of actors of other sites, and fetched actors."""

from __future__ import annotations

from typing import Any

import pytest

from fedrse.activitypub.dispatch import Dispatcher, Ignored, Needs, Refused
from fedrse.activitypub.importers import Imported, Importers
from fedrse.activitypub.keys import public_key_to_pem
from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.vocabulary import Json
from fedrse.core.clock import ManualClock
from fedrse.core.errors import FedrseError
from fedrse.features.accounts.activities import AccountActivities
from fedrse.features.accounts.jobs import CHECK_GONE, GoneActors
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.model_events import AccountDeleted
from fedrse.features.accounts.service import Accounts
from fedrse.features.accounts.service_keys import generate_key_pair
from fedrse.jobs.model import Job
from fedrse.store.database import Database, Transaction
from fedrse.store.events import Events
from tests.features.cast import Cast, handled, remote_actor
from tests.features.fakes import FakeQueue


@pytest.fixture
def importers() -> Importers:
    return Importers()


@pytest.fixture
def dispatcher(accounts: Accounts, local_ids: LocalIds, importers: Importers) -> Dispatcher:
    found = Dispatcher()
    AccountActivities(accounts=accounts, local_ids=local_ids).register(found, importers)
    return found


def update(document: Json) -> Json:
    return {"type": "Update", "object": document}


async def test_an_update_changes_the_profile(
    database: Database, dispatcher: Dispatcher, cast: Cast, accounts: Accounts
) -> None:
    ben = await cast.remote("ben")
    document = remote_actor("ben", name="Ben B.", summary="<p>New</p><script>x</script>")
    received = cast.received(ben, update(document))
    before = await database.read(accounts.entities, [ben.id])
    assert await handled(database, dispatcher.dispatch, received) == "updated"
    assert await handled(database, dispatcher.dispatch, received) == "unchanged"
    changed = await cast.again(ben)
    assert (changed.display_name, changed.note) == ("Ben B.", "<p>New</p>")
    assert changed.updated_at > ben.updated_at
    after = await database.read(accounts.entities, [ben.id])
    assert (before[ben.id]["display_name"], after[ben.id]["display_name"]) == ("Ben", "Ben B.")


@pytest.mark.parametrize("type_", ["Service", ["Person", "Thing"]])
async def test_the_kind_may_change(
    database: Database, dispatcher: Dispatcher, cast: Cast, type_: Any
) -> None:
    ben = await cast.remote("ben")
    document = remote_actor("ben", type=type_, name="B")
    assert await handled(database, dispatcher.dispatch, cast.received(ben, update(document)))


async def test_new_keys_count_only_as_the_site_publishes_them(
    database: Database, dispatcher: Dispatcher, cast: Cast, accounts: Accounts, clock: ManualClock
) -> None:
    ben = await cast.remote("ben")
    known = await database.read(accounts.keys.verify_key, f"{ben.uri}#main-key")
    assert known is not None
    clock.advance(1000)
    document = remote_actor("ben", name="Ben B.")
    pem = public_key_to_pem(generate_key_pair().rsa.public_key())
    document["publicKey"] = document["publicKey"] | {"publicKeyPem": pem}
    received = cast.received(ben, update(document))
    with pytest.raises(Needs) as needs:
        await handled(database, dispatcher.dispatch, received)
    assert needs.value.uris == (ben.uri,)
    same = await database.read(accounts.keys.verify_key, f"{ben.uri}#main-key")
    assert same is not None
    assert same.key.public == known.key.public

    # The site cannot be asked now: the rest of the profile counts, the key does not.
    unavailable = cast.received(ben, update(document), unavailable=frozenset({ben.uri}))
    assert await handled(database, dispatcher.dispatch, unavailable) == "updated"
    same = await database.read(accounts.keys.verify_key, f"{ben.uri}#main-key")
    assert same is not None
    assert same.key.public == known.key.public
    assert (await cast.again(ben)).display_name == "Ben B."

    # It was asked after the message was written: what it said then is the newest.
    clock.advance(1000)
    await cast.remote("ben", name="Even newer")
    assert await handled(database, dispatcher.dispatch, received) == "fetched"
    assert (await cast.again(ben)).display_name == "Even newer"


@pytest.mark.parametrize(
    "change",
    [{"preferredUsername": "benjamin"}, {"webfinger": "ben@corp.example"}],
)
async def test_a_new_handle_has_to_be_confirmed(
    database: Database, dispatcher: Dispatcher, cast: Cast, change: Json
) -> None:
    ben = await cast.remote("ben")
    received = cast.received(ben, update(remote_actor("ben", **change)))
    with pytest.raises(Needs):
        await handled(database, dispatcher.dispatch, received)
    assert (await cast.again(ben)).handle == ben.handle


async def test_nobody_updates_or_deletes_somebody_else(
    database: Database, dispatcher: Dispatcher, cast: Cast
) -> None:
    ben, eve = await cast.remote("ben"), await cast.remote("eve")
    document = remote_actor("ben", name="Hacked")
    for activity in (update(document), {"type": "Delete", "object": document}):
        with pytest.raises(Refused):
            await handled(database, dispatcher.dispatch, cast.received(eve, activity))
    bare = {"type": "Delete", "object": ben.uri}
    with pytest.raises(Ignored):  # not an actor's own id: for other features
        await handled(database, dispatcher.dispatch, cast.received(eve, bare))
    assert await cast.again(ben) == ben


async def test_an_update_that_is_no_actor_is_refused(
    database: Database, dispatcher: Dispatcher, cast: Cast
) -> None:
    ben = await cast.remote("ben")
    document = remote_actor("ben", inbox="https://evil.example/inbox")
    with pytest.raises(Refused, match="actor_incomplete"):
        await handled(database, dispatcher.dispatch, cast.received(ben, update(document)))


@pytest.mark.parametrize("shape", ["id", "embedded", "list", "tombstone"])
async def test_delete(
    database: Database, dispatcher: Dispatcher, cast: Cast, events: Events, shape: str
) -> None:
    told: list[object] = []

    async def remember(_tx: Transaction, event: AccountDeleted) -> None:
        told.append(event)

    events.subscribe(AccountDeleted, remember)
    ben = await cast.remote("ben")
    thing: Any = {
        "id": ben.uri,
        "embedded": remote_actor("ben"),
        "list": [ben.uri],
        "tombstone": {"type": "Tombstone", "id": ben.uri},
    }[shape]
    delete = {"type": "Delete", "object": thing}
    assert await handled(database, dispatcher.dispatch, cast.received(ben, delete)) == "deleted"
    assert await handled(database, dispatcher.dispatch, cast.received(ben, delete)) == "duplicate"
    assert told == [AccountDeleted(ben.id, local=False)]
    gone = await cast.again(ben)
    assert gone.deleted_at is not None
    assert gone.note == ""
    # A late Update brings nothing back.
    late = cast.received(ben, update(remote_actor("ben")))
    with pytest.raises(Ignored):
        await handled(database, dispatcher.dispatch, late)


async def test_delete_of_somebody_unknown(
    database: Database, dispatcher: Dispatcher, cast: Cast
) -> None:
    ben = await cast.remote("ben")
    unknown = {"type": "Delete", "actor": ben.uri + "0", "object": ben.uri + "0"}
    received = cast.received(ben, unknown)
    stranger = received.__class__(
        id="x",
        type="Delete",
        actor=ben.uri + "0",
        host=received.host,
        activity=unknown,
        received_at=0,
    )
    with pytest.raises(Ignored):
        await handled(database, dispatcher.dispatch, stranger)


async def test_fetched_actors_are_stored_with_their_confirmed_handle(
    database: Database,
    dispatcher: Dispatcher,
    importers: Importers,
    accounts: Accounts,
) -> None:
    assert dispatcher
    document = remote_actor("ben", webfinger="ben@corp.example")
    imported = Imported(
        uri=document["id"],
        host="nantes.corp.example",
        document=document,
        handle="ben@corp.example",
    )

    async def store(tx: Transaction) -> Account | None:
        await importers.store(tx, imported)
        return await accounts.by_handle(tx, "ben", "corp.example")

    ben = await database.write(store)
    assert ben is not None
    assert ben.uri == document["id"]
    await database.write(importers.remove, ben.uri)
    await database.write(importers.remove, "https://nantes.corp.example/nothing")
    assert (await database.read(accounts.by_id, ben.id)).deleted_at  # type: ignore[union-attr]
    with pytest.raises(FedrseError):
        await database.write(importers.store, imported)


async def test_an_inbox_that_is_gone_makes_us_ask_for_its_owner_a_day_later(
    database: Database, cast: Cast, accounts: Accounts, clock: ManualClock, queue: FakeQueue
) -> None:
    ben = await cast.remote("ben")
    await cast.remote("eva")
    asked: list[str] = []

    async def ask(uri: str) -> None:
        asked.append(uri)

    gone = GoneActors(accounts=accounts, queue=queue, clock=clock, ask=ask)
    for inbox in (ben.inbox, ben.inbox, ben.shared_inbox, "https://nobody.example/inbox"):
        await database.write(gone.inbox_gone, inbox)
    assert queue.jobs == [(CHECK_GONE, {"uri": ben.uri})]
    await gone.check(Job(1, CHECK_GONE, queue.jobs[0][1], None, 1, 0))
    assert asked == [ben.uri]
