"""Actors of other sites in the database: their handles and keys, and who stays deleted."""

from __future__ import annotations

import pytest

from fedrse.activitypub.keys import public_key_to_multibase
from fedrse.activitypub.remote_keys import CHANGED
from fedrse.activitypub.vocabulary import Json
from fedrse.core.clock import HOUR, ManualClock
from fedrse.core.errors import Conflict, Gone, Invalid
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.service import Accounts
from fedrse.features.accounts.service_keys import generate_key_pair
from fedrse.store.database import Database, Transaction
from tests.features.cast import Cast, remote_actor


async def import_as(
    database: Database, accounts: Accounts, document: Json, handle: str | None = None
) -> Account:
    async def unit(tx: Transaction) -> Account:
        return await accounts.import_actor(tx, document, handle=handle)

    return await database.write(unit)


async def test_a_claimed_handle_elsewhere_needs_confirmation(
    accounts: Accounts, database: Database
) -> None:
    document = remote_actor("ben", webfinger="ben@corp.example")
    assert (await import_as(database, accounts, document)).handle == "ben@nantes.corp.example"
    confirmed = await import_as(database, accounts, document, "ben@corp.example")
    assert confirmed.handle == "ben@corp.example"
    # A later import without WebFinger keeps it.
    assert (await import_as(database, accounts, document)).handle == "ben@corp.example"


async def test_a_handle_can_change(accounts: Accounts, database: Database) -> None:
    ben = await import_as(database, accounts, remote_actor("ben"))
    renamed = remote_actor("ben", preferredUsername="benjamin")
    assert (await import_as(database, accounts, renamed)).handle == "ben@nantes.corp.example"
    changed = await import_as(database, accounts, renamed, "benjamin@nantes.corp.example")
    assert (changed.id, changed.handle) == (ben.id, "benjamin@nantes.corp.example")


async def test_a_reused_name_goes_to_the_actor_that_webfinger_names(
    accounts: Accounts, database: Database, cast: Cast
) -> None:
    old = await cast.remote("ben")
    document = remote_actor("ben", id="https://nantes.corp.example/ap/u/77")
    document |= {"publicKey": None, "assertionMethod": None}
    with pytest.raises(Conflict):
        await import_as(database, accounts, document)
    new = await import_as(database, accounts, document, "ben@nantes.corp.example")

    async def find(tx: Transaction) -> Account | None:
        return await accounts.by_handle(tx, "ben", "nantes.corp.example")

    found = await database.read(find)
    assert found is not None
    assert found.id == new.id != old.id
    displaced = await cast.again(old)
    assert displaced.fetched_at == 0
    assert displaced.handle == old.handle
    # It comes back under the name that it has now.
    back = remote_actor("ben", preferredUsername="ben.old")
    changed = await import_as(database, accounts, back, "ben.old@nantes.corp.example")
    assert (changed.id, changed.handle) == (old.id, "ben.old@nantes.corp.example")


async def test_nobody_takes_the_handle_of_a_person_here(
    accounts: Accounts, database: Database, cast: Cast
) -> None:
    await cast.local("amina")
    with pytest.raises(Conflict):
        await import_as(database, accounts, remote_actor("amina"), "amina@corp.example")


async def test_our_own_actors_are_not_imported(
    accounts: Accounts, database: Database, cast: Cast
) -> None:
    amina = await cast.local("amina")
    document = await database.read(accounts.document, amina)
    with pytest.raises(Invalid) as raised:
        await import_as(database, accounts, document)
    assert raised.value.code == "actor_local"


async def test_keys_follow_what_the_site_publishes(
    accounts: Accounts, database: Database, cast: Cast, clock: ManualClock
) -> None:
    heard: list[str] = []
    database.listen(CHANGED, heard.append)
    ben = await cast.remote("ben")
    main, ed25519 = f"{ben.uri}#main-key", f"{ben.uri}#ed25519-1"
    stored = await database.read(accounts.keys.verify_key, main)
    assert stored is not None
    assert (stored.key.owner, stored.fetched_at) == (ben.uri, clock.now())
    clock.advance(HOUR)
    await cast.remote("ben")
    again = await database.read(accounts.keys.verify_key, main)
    assert again is not None
    assert (again.fetched_at, again.key.public) == (clock.now(), stored.key.public)

    fresh = generate_key_pair().ed25519.public_key()
    changed = remote_actor("ben")["assertionMethod"][0] | {
        "publicKeyMultibase": public_key_to_multibase(fresh)
    }
    await cast.remote("ben", publicKey=None, assertionMethod=changed)
    assert await database.read(accounts.keys.verify_key, main) is None
    replaced = await database.read(accounts.keys.verify_key, ed25519)
    assert replaced is not None
    assert replaced.key.public == fresh
    assert await database.read(accounts.keys.knows_actor, ben.uri)
    assert not await database.read(accounts.keys.knows_actor, ben.uri + "x")


async def test_a_key_id_stays_with_the_account_that_had_it(
    accounts: Accounts, database: Database, cast: Cast
) -> None:
    pem = remote_actor("ben")["publicKey"]["publicKeyPem"]
    shared = "https://gts.example/keys/1"
    one = {"id": shared, "owner": "https://gts.example/ap/u/one", "publicKeyPem": pem}
    two = {"id": shared, "owner": "https://gts.example/ap/u/two", "publicKeyPem": pem}
    await cast.remote("one", "gts.example", publicKey=one, assertionMethod=None)
    await cast.remote("two", "gts.example", publicKey=two, assertionMethod=None)
    stored = await database.read(accounts.keys.verify_key, shared)
    assert stored is not None
    assert stored.key.owner == "https://gts.example/ap/u/one"


async def test_deleted_accounts_stay_deleted(
    accounts: Accounts, database: Database, cast: Cast
) -> None:
    ben = await cast.remote("ben")
    await database.write(accounts.delete_remote, ben)
    with pytest.raises(Gone):
        await cast.remote("ben")
    assert await database.read(accounts.keys.verify_key, f"{ben.uri}#main-key") is None
    assert not await database.read(accounts.keys.knows_actor, ben.uri)
    # The name is free for somebody else.
    other = remote_actor("ben", id="https://nantes.corp.example/ap/u/2", publicKey=None)
    assert (await import_as(database, accounts, other)).handle == ben.handle


async def test_suspended_by_the_origin(cast: Cast) -> None:
    ben = await cast.remote("ben", suspended=True)
    assert ben.is_gone
    assert not (await cast.remote("ben")).is_gone
