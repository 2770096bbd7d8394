"""Blocks, mutes and notes."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from fedrse.activitypub.dispatch import Dispatcher, Ignored, Refused
from fedrse.core.clock import HOUR, ManualClock, to_iso
from fedrse.core.errors import Invalid
from fedrse.core.paging import Page
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.service import Accounts
from fedrse.features.relationships.activities import RelationshipActivities
from fedrse.features.relationships.model_events import Silenced, Unsilenced
from fedrse.features.relationships.service import Relationships
from fedrse.store.database import Database, Transaction
from fedrse.store.events import Events
from tests.features.cast import Cast, handled
from tests.features.fakes import FakeOutbox


@pytest.fixture
def told(events: Events) -> list[object]:
    heard: list[object] = []

    async def remember(_tx: Transaction, event: object) -> None:
        heard.append(event)

    events.subscribe(Silenced, remember)
    events.subscribe(Unsilenced, remember)
    return heard


@pytest.fixture
def dispatcher(accounts: Accounts, relationships: Relationships) -> Dispatcher:
    found = Dispatcher()
    RelationshipActivities(accounts=accounts, relationships=relationships).register(found)
    return found


async def relationship(
    database: Database, relationships: Relationships, who: Account, whom: Account
) -> dict[str, Any]:
    (found,) = await database.read(relationships.relationships, who.id, [whom.id])
    return found


async def test_a_block_ends_follows_both_ways_and_is_sent(
    database: Database,
    relationships: Relationships,
    dispatcher: Dispatcher,
    cast: Cast,
    outbox: FakeOutbox,
    told: list[object],
) -> None:
    amina, ben = await cast.local("amina"), await cast.remote("ben")
    await database.write(relationships.follow, amina, ben)
    follow = cast.received(ben, {"type": "Follow", "object": amina.uri})
    await handled(database, dispatcher.dispatch, follow)
    outbox.sent.clear()
    await database.write(relationships.block, amina, ben)
    assert outbox.types() == ["Undo", "Reject", "Block"]
    block = outbox.last("Block").activity
    assert (block["actor"], block["object"]) == (amina.uri, ben.uri)
    found = await relationship(database, relationships, amina, ben)
    assert (found["blocking"], found["following"], found["followed_by"]) == (True, False, False)
    assert (await cast.again(amina)).followers_count == 0
    assert told == [Silenced(amina.id, ben.id, blocked=True)]
    assert await database.read(relationships.blocks_between, ben.id, amina.id)

    # Again: nothing new. A follow of the blocked is refused.
    await database.write(relationships.block, amina, ben)
    assert outbox.types() == ["Undo", "Reject", "Block"]
    again = cast.received(ben, {"type": "Follow", "object": amina.uri})
    assert await handled(database, dispatcher.dispatch, again) == "rejected"

    listed = await database.read(relationships.blocked, amina.id, Page())
    assert [one.account_id for one in listed] == [ben.id]
    assert await database.write(relationships.unblock, amina, ben) is True
    assert await database.write(relationships.unblock, amina, ben) is False
    undo = outbox.last("Undo").activity
    assert undo["object"]["id"] == block["id"]
    assert told[1:] == [Unsilenced(amina.id, ben.id)]


async def test_blocks_among_people_here_stay_here(
    database: Database, relationships: Relationships, cast: Cast, outbox: FakeOutbox
) -> None:
    amina, bob = await cast.local("amina"), await cast.local("bob")
    await database.write(relationships.follow, amina, bob)
    await database.write(relationships.follow, bob, amina)
    await database.write(relationships.block, amina, bob)
    assert outbox.sent == []
    now = await cast.again(amina)
    assert (now.followers_count, now.following_count) == (0, 0)
    assert (await relationship(database, relationships, bob, amina))["blocked_by"] is True
    await database.write(relationships.block, amina, amina)
    assert (await relationship(database, relationships, amina, amina))["blocking"] is False


@pytest.mark.parametrize("shape", ["embedded", "id"])
async def test_being_blocked_from_elsewhere(
    database: Database,
    relationships: Relationships,
    dispatcher: Dispatcher,
    cast: Cast,
    outbox: FakeOutbox,
    shape: str,
) -> None:
    amina, ben = await cast.local("amina"), await cast.remote("ben")
    eve = await cast.remote("eve")
    await database.write(relationships.follow, amina, ben)
    outbox.sent.clear()
    block = {"type": "Block", "id": f"{ben.uri}#block", "actor": ben.uri, "object": amina.uri}
    receive = partial(handled, database, dispatcher.dispatch)
    assert await receive(cast.received(ben, block)) == "blocked"
    assert await receive(cast.received(ben, block)) == "duplicate"
    found = await relationship(database, relationships, amina, ben)
    assert (found["blocked_by"], found["requested"]) == (True, False)
    assert outbox.sent == []

    thing: Any = block if shape == "embedded" else block["id"]
    with pytest.raises(Refused):
        await receive(cast.received(eve, {"type": "Undo", "object": thing}))
    assert await receive(cast.received(ben, {"type": "Undo", "object": thing})) == "undone"
    assert (await relationship(database, relationships, amina, ben))["blocked_by"] is False
    with pytest.raises(Ignored):
        await receive(cast.received(ben, {"type": "Undo", "object": thing}))


async def test_mutes_end_by_themselves(
    database: Database,
    relationships: Relationships,
    cast: Cast,
    clock: ManualClock,
    told: list[object],
) -> None:
    amina, ben = await cast.local("amina"), await cast.remote("ben")

    async def mute(tx: Transaction, seconds: int) -> None:
        await relationships.mute(tx, amina.id, ben.id, notifications=False, seconds=seconds)

    await database.write(mute, 3600)
    found = await relationship(database, relationships, amina, ben)
    assert (found["muting"], found["muting_notifications"]) == (True, False)
    assert found["muting_expires_at"] == to_iso(clock.now() + HOUR)
    (listed,) = await database.read(relationships.muted, amina.id, Page())
    assert (listed.account_id, listed.expires_at) == (ben.id, clock.now() + HOUR)
    clock.advance(HOUR)
    assert (await relationship(database, relationships, amina, ben))["muting"] is False
    assert await database.read(relationships.muted, amina.id, Page()) == []
    assert await database.write(relationships.silences.end_expired) == 1
    assert told == [Silenced(amina.id, ben.id, blocked=False), Unsilenced(amina.id, ben.id)]

    await database.write(mute, 0)
    clock.advance(HOUR)
    assert await database.write(relationships.silences.end_expired) == 0
    assert (await relationship(database, relationships, amina, ben))["muting"] is True
    await database.write(relationships.unmute, amina.id, ben.id)
    await database.write(relationships.unmute, amina.id, ben.id)
    assert told[2:] == [Silenced(amina.id, ben.id, blocked=False), Unsilenced(amina.id, ben.id)]
    for seconds in (-1, 10**12):
        with pytest.raises(Invalid):
            await database.write(mute, seconds)


async def test_notes_are_private(
    database: Database, relationships: Relationships, cast: Cast
) -> None:
    amina, ben = await cast.local("amina"), await cast.remote("ben")
    bob = await cast.local("bob")
    await database.write(relationships.note, amina.id, ben.id, " Met in\0 Oslo ")
    assert (await relationship(database, relationships, amina, ben))["note"] == "Met in Oslo"
    assert (await relationship(database, relationships, bob, ben))["note"] == ""
    await database.write(relationships.note, amina.id, ben.id, "  ")
    assert (await relationship(database, relationships, amina, ben))["note"] == ""
    with pytest.raises(Invalid):
        await database.write(relationships.note, amina.id, ben.id, "x" * 2001)


async def test_nothing_is_left_of_an_account_that_goes(
    database: Database, relationships: Relationships, cast: Cast, accounts: Accounts
) -> None:
    amina, ben = await cast.local("amina"), await cast.remote("ben")
    await database.write(relationships.block, amina, ben)
    await database.write(relationships.mute, amina.id, ben.id)
    await database.write(relationships.note, amina.id, ben.id, "x")
    await database.write(accounts.delete_remote, ben)
    found = await relationship(database, relationships, amina, ben)
    assert (found["blocking"], found["muting"], found["note"]) == (False, False, "")
