"""People of this site: made with keys, changed, deleted."""

from __future__ import annotations

import pytest

from fedrse.activitypub.key_documents import find_key, usable_keys
from fedrse.activitypub.keys import KeyAlgorithm
from fedrse.core.clock import DAY, HOUR, ManualClock
from fedrse.core.errors import Gone, Invalid, NotFound
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.model_events import (
    AccountCreated,
    AccountDeleted,
    AccountUpdated,
    PicturesDropped,
)
from fedrse.features.accounts.queries import COLUMNS
from fedrse.features.accounts.service import Accounts, ProfileChanges
from fedrse.features.accounts.service_keys import KeyPair, generate_key_pair
from fedrse.store.database import Database, Transaction
from fedrse.store.events import Events
from tests.features.cast import Cast
from tests.features.fakes import ORIGIN, FakeOutbox


def test_the_struct_has_the_columns_in_order() -> None:
    assert tuple(name.removesuffix("_json") for name in Account.__struct_fields__) == COLUMNS


async def test_a_new_account_has_opaque_addresses_and_both_keys(
    cast: Cast, accounts: Accounts, database: Database
) -> None:
    amina = await cast.local("Amina")
    assert amina.uri == f"{ORIGIN}/ap/u/{amina.id}"
    assert (amina.handle, amina.acct, amina.host) == (
        "Amina@corp.example",
        "Amina",
        "lyon.corp.example",
    )
    document = await database.read(accounts.document, amina)
    keys = usable_keys(document, 0)
    assert [key.algorithm for key in keys] == [KeyAlgorithm.RSA_SHA256, KeyAlgorithm.ED25519]
    signing = await database.read(accounts.signing_keys, amina.id)
    assert [key.key_id for key in keys] == [signing.rsa.key_id, signing.ed25519.key_id]
    assert keys[0].verifies(signing.rsa.sign(b"x"), b"x")
    assert keys[1].verifies(signing.ed25519.sign(b"x"), b"x")


async def test_private_keys_are_sealed(cast: Cast, database: Database, accounts: Accounts) -> None:
    from sqlalchemy import select

    from fedrse.features.accounts.tables import actor_key
    from fedrse.store.statement import Statement

    amina = await cast.local("amina")

    async def stored(tx: Transaction) -> list[bytes]:
        return [bytes(row[0]) for row in await tx.all(Statement(select(actor_key.c.private)))]

    sealed = await database.read(stored)
    assert len(sealed) == 2
    clear = await database.read(accounts.signing_keys, amina.id)
    raw = clear.ed25519.private.private_bytes_raw()  # type: ignore[union-attr]
    assert all(raw not in item for item in sealed)


async def test_keys_are_made_where_none_are_given(accounts: Accounts, database: Database) -> None:
    async def unit(tx: Transaction) -> Account:
        return await accounts.create_local(tx, username="amina")

    amina = await database.write(unit)
    assert (await database.read(accounts.signing_keys, amina.id)).rsa.key_id.startswith(amina.uri)


@pytest.mark.parametrize(
    ("username", "code"),
    [
        ("", "username_blank"),
        ("a" * 31, "username_too_long"),
        ("été", "username_invalid"),
        ("amina b", "username_invalid"),
        ("amina.", "username_invalid"),
        ("../x", "username_invalid"),
        ("amina~1", "username_invalid"),
        ("Admin", "username_reserved"),
    ],
)
async def test_names_that_nobody_gets(
    accounts: Accounts, database: Database, key_pair: KeyPair, username: str, code: str
) -> None:
    async def unit(tx: Transaction) -> Account:
        return await accounts.create_local(tx, username=username, keys=key_pair)

    with pytest.raises(Invalid) as raised:
        await database.write(unit)
    assert raised.value.code == code


async def test_a_name_is_given_once_whatever_its_case(cast: Cast) -> None:
    await cast.local("amina")
    with pytest.raises(Invalid) as raised:
        await cast.local("AMINA")
    assert raised.value.code == "username_taken"


async def test_finding(cast: Cast, accounts: Accounts, database: Database) -> None:
    amina = await cast.local("amina")
    ben = await cast.remote("ben")

    async def unit(tx: Transaction) -> list[Account | None]:
        return [
            await accounts.by_id(tx, amina.id),
            await accounts.by_uri(tx, amina.uri),
            await accounts.by_handle(tx, "AMINA", None),
            await accounts.by_handle(tx, "amina", "corp.example"),
            await accounts.by_handle(tx, "amina", "lyon.corp.example"),
            await accounts.by_handle(tx, "amina", "nantes.corp.example"),
            await accounts.by_handle(tx, "ben", "nantes.corp.example"),
            await accounts.by_handle(tx, "ben", None),
        ]

    found = await database.read(unit)
    assert [account and account.id for account in found] == [
        *[amina.id] * 5,
        None,
        ben.id,
        None,
    ]
    assert set(await database.read(accounts.by_ids, [amina.id, ben.id, 7])) == {amina.id, ben.id}
    assert set(await database.read(accounts.by_uris, [ben.uri, "x"])) == {ben.uri}


async def test_profile_is_checked_rendered_stored_and_announced(
    cast: Cast, accounts: Accounts, database: Database, outbox: FakeOutbox, clock: ManualClock
) -> None:
    ben = await cast.remote("ben")
    amina = await cast.local("amina")
    clock.advance(5)
    changes = ProfileChanges(
        display_name="  Amina\nB. ",
        note="Hi <b>all</b>, see @ben@nantes.corp.example and #Été",
        fields=(("Site", "https://lyon.example/x"), ("", "")),
        locked=True,
        bot=True,
        discoverable=True,
        hide_collections=True,
        avatar="0" * 32 + ".webp",
        avatar_description="Me",
    )
    changed = await database.write(accounts.update_profile, amina.id, changes)
    assert changed.display_name == "Amina B."
    assert changed.note_source.startswith("Hi <b>all")
    assert "&lt;b&gt;" in changed.note
    assert ben.url is not None
    assert f'href="{ben.url}"' in changed.note
    assert f"{ORIGIN}/tags/" in changed.note
    (field,) = changed.fields
    assert (field.name, field.source) == ("Site", "https://lyon.example/x")
    assert field.value.startswith("<a ")
    assert (changed.locked, changed.kind, changed.hide_collections) == (True, "Service", True)
    assert changed.updated_at > amina.updated_at
    sent = outbox.last("Update")
    assert sent.sender == amina.id
    assert sent.recipients.followers_of == amina.id
    assert sent.recipients.members
    assert sent.activity["object"]["name"] == "Amina B."
    assert sent.activity["object"]["icon"]["mediaType"] == "image/webp"


async def test_nothing_is_sent_where_nothing_changes(
    cast: Cast, accounts: Accounts, database: Database, outbox: FakeOutbox
) -> None:
    amina = await cast.local("amina")
    same = ProfileChanges(display_name="Amina", note="", locked=False)
    assert await database.write(accounts.update_profile, amina.id, same) == amina
    assert outbox.sent == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        (ProfileChanges(display_name="x" * 31), "too_long"),
        (ProfileChanges(note="x" * 501), "too_long"),
        (ProfileChanges(fields=tuple((f"n{i}", "v") for i in range(5))), "fields_too_many"),
        (ProfileChanges(fields=(("", "v"),)), "field_incomplete"),
        (ProfileChanges(fields=(("n", "x" * 256),)), "too_long"),
    ],
)
async def test_what_does_not_fit_is_refused(
    cast: Cast, accounts: Accounts, database: Database, changes: ProfileChanges, code: str
) -> None:
    amina = await cast.local("amina")
    with pytest.raises(Invalid) as raised:
        await database.write(accounts.update_profile, amina.id, changes)
    assert raised.value.code == code


async def test_remote_accounts_are_not_changed_by_us(
    cast: Cast, accounts: Accounts, database: Database
) -> None:
    ben = await cast.remote("ben")
    with pytest.raises(NotFound):
        await database.write(accounts.update_profile, ben.id, ProfileChanges(display_name="x"))


async def test_rotation_keeps_the_old_keys_for_two_days(
    cast: Cast,
    accounts: Accounts,
    database: Database,
    outbox: FakeOutbox,
    clock: ManualClock,
) -> None:
    amina = await cast.local("amina")
    before = await database.read(accounts.signing_keys, amina.id)
    clock.advance(DAY)
    rotated = await database.write(accounts.rotate_keys, amina.id, generate_key_pair())
    after = await database.read(accounts.signing_keys, amina.id)
    assert (after.rsa.key_id, after.ed25519.key_id) == (
        f"{amina.uri}#main-key-2",
        f"{amina.uri}#ed25519-2",
    )
    assert after.previous_rsa is not None
    assert after.previous_rsa.public() == before.rsa.public()
    document = outbox.last("Update").activity["object"]
    assert document["publicKey"]["id"] == after.rsa.key_id
    assert [key["id"] for key in document["assertionMethod"]] == [
        after.ed25519.key_id,
        before.ed25519.key_id,
    ]
    assert find_key(document, before.ed25519.key_id, clock.now()).verifies(
        before.ed25519.sign(b"x"), b"x"
    )
    assert await database.read(accounts.keys.verify_key, before.rsa.key_id) is not None

    clock.advance(48 * HOUR)
    assert await database.read(accounts.keys.verify_key, before.rsa.key_id) is None
    assert len((await database.read(accounts.keys.documents, rotated))["assertionMethod"]) == 1
    assert await database.write(accounts.keys.remove_retired) == 2
    third = await database.write(accounts.rotate_keys, amina.id, generate_key_pair())
    last = await database.read(accounts.signing_keys, third.id)
    assert last.rsa.key_id == f"{amina.uri}#main-key-3"
    assert last.previous_rsa is not None
    assert last.previous_rsa.key_id == after.rsa.key_id


async def test_deleting_wipes_the_person_and_tells_everybody(
    cast: Cast, accounts: Accounts, database: Database, outbox: FakeOutbox, events: Events
) -> None:
    told: list[object] = []

    async def remember(_tx: Transaction, event: AccountDeleted) -> None:
        told.append(event)

    async def reach(_tx: Transaction, _account_id: int) -> tuple[str, ...]:
        return ("oslo.corp.example",)

    events.subscribe(AccountDeleted, remember)
    accounts.register_reach(reach)
    amina = await cast.local("amina", note="Private things", discoverable=True)
    await database.write(accounts.delete_local, amina.id)
    gone = await cast.again(amina)
    assert gone.deleted_at is not None
    assert (gone.note, gone.note_source, gone.display_name, gone.discoverable) == (
        "",
        "",
        "",
        False,
    )
    assert told == [AccountDeleted(amina.id, local=True)]
    sent = outbox.last("Delete")
    assert (sent.activity["object"], sent.recipients.members) == (amina.uri, True)
    assert sent.recipients.hosts == ("oslo.corp.example",)
    # The Delete is still to be signed, and the name is never given again.
    assert (await database.read(accounts.signing_keys, amina.id)).rsa
    document = await database.read(accounts.document, gone)
    assert (document["type"], document["id"]) == ("Tombstone", amina.uri)
    with pytest.raises(Invalid):
        await cast.local("amina")
    with pytest.raises(NotFound):
        await database.write(accounts.delete_local, amina.id)


async def test_events(cast: Cast, accounts: Accounts, database: Database, events: Events) -> None:
    told: list[object] = []

    async def remember(_tx: Transaction, event: object) -> None:
        told.append(event)

    events.subscribe(AccountCreated, remember)
    events.subscribe(AccountUpdated, remember)
    amina = await cast.local("amina")
    await database.write(accounts.update_profile, amina.id, ProfileChanges(locked=True))
    ben = await cast.remote("ben")
    await cast.remote("ben", name="Ben B.")
    await cast.remote("ben", name="Ben B.")
    assert told == [
        AccountCreated(amina.id, local=True),
        AccountUpdated(amina.id, local=True),
        AccountCreated(ben.id, local=False),
        AccountUpdated(ben.id, local=False),
    ]


async def test_the_instance_actor_is_made_once(
    cast: Cast, accounts: Accounts, database: Database
) -> None:
    assert await database.read(accounts.instance_actor) is None
    actor = await cast.instance_actor()
    assert (actor.uri, actor.kind) == (f"{ORIGIN}/actor", "Application")
    assert actor.handle == "lyon.corp.example@lyon.corp.example"
    assert (await cast.instance_actor()).id == actor.id
    document = await database.read(accounts.document, actor)
    assert document["network"] == f"{ORIGIN}/actor/members"
    assert document["inbox"] == f"{ORIGIN}/inbox"


async def test_suspending_hides_and_announces(
    cast: Cast, accounts: Accounts, database: Database, outbox: FakeOutbox
) -> None:
    amina = await cast.local("amina", note="Hello")

    async def suspend(tx: Transaction, suspended: bool) -> Account:
        return await accounts.suspend(tx, amina.id, suspended=suspended)

    assert (await database.write(suspend, True)).is_gone
    assert outbox.last("Update").activity["object"]["suspended"] is True
    entity = (await database.read(accounts.entities, [amina.id]))[amina.id]
    assert (entity["suspended"], entity["note"]) == (True, "")
    assert not (await database.write(suspend, False)).is_gone
    entity = (await database.read(accounts.entities, [amina.id]))[amina.id]
    assert (entity["suspended"], entity["note"]) == (False, "<p>Hello</p>")


async def test_pictures_that_no_profile_shows_any_more_are_dropped(
    cast: Cast, accounts: Accounts, database: Database, events: Events
) -> None:
    dropped: list[str] = []

    async def remember(_tx: Transaction, event: PicturesDropped) -> None:
        dropped.extend(event.keys)

    events.subscribe(PicturesDropped, remember)
    first, second = "1" * 32 + ".webp", "2" * 32 + ".png"
    amina = await cast.local("amina", avatar=first)
    await database.write(accounts.update_profile, amina.id, ProfileChanges(note="same picture"))
    assert dropped == []
    changes = ProfileChanges(avatar=None, header=second)
    await database.write(accounts.update_profile, amina.id, changes)
    assert dropped == [first]
    await database.write(accounts.delete_local, amina.id)
    assert dropped == [first, second]


async def test_only_people_of_this_site_have_an_inbox(
    cast: Cast, accounts: Accounts, database: Database
) -> None:
    amina, ben, carl = await cast.local("amina"), await cast.remote("ben"), await cast.local("carl")
    await database.read(accounts.check_inbox, amina.id)
    for nobody in (ben.id, 7):
        with pytest.raises(NotFound):
            await database.read(accounts.check_inbox, nobody)
    await database.write(accounts.delete_local, carl.id)
    with pytest.raises(Gone):
        await database.read(accounts.check_inbox, carl.id)
