"""Accounts that move, and who goes along."""

from __future__ import annotations

import pytest

from fedrse.activitypub.dispatch import Dispatcher, Ignored, Needs
from fedrse.core.clock import DAY, ManualClock
from fedrse.core.errors import Invalid
from fedrse.features.accounts.service import Accounts
from fedrse.features.relationships.jobs import RelationshipJobs
from fedrse.features.relationships.service import Relationships
from fedrse.features.relationships.service_migration import MIGRATE
from fedrse.store.database import Database
from tests.features.cast import Cast, handled
from tests.features.fakes import FakeOutbox, FakeQueue
from tests.features.relationships.conftest import follow_and_accept, job


async def test_followers_go_along_inside_the_network(
    database: Database,
    relationships: Relationships,
    dispatcher: Dispatcher,
    cast: Cast,
    queue: FakeQueue,
    jobs: RelationshipJobs,
    outbox: FakeOutbox,
) -> None:
    old = await cast.remote("ben")
    new = await cast.remote("ben", "oslo.corp.example", alsoKnownAs=[old.uri])
    people = [await cast.local(f"p{number}") for number in range(3)]
    for person in people:
        await follow_and_accept(database, relationships, dispatcher, cast, person, old)
    await database.write(relationships.block, people[2], new)
    await follow_and_accept(database, relationships, dispatcher, cast, people[1], new)
    outbox.sent.clear()

    move = {"type": "Move", "object": old.uri, "target": new.uri}
    assert await handled(database, dispatcher.dispatch, cast.received(old, move)) == "moved"
    assert await handled(database, dispatcher.dispatch, cast.received(old, move)) == "duplicate"
    assert (await cast.again(old)).moved_to == new.uri
    assert [kind for kind, _ in queue.jobs] == [MIGRATE]
    await jobs.migrate(job(*queue.jobs[0]))
    follows = [entry.sender for entry in outbox.sent if entry.activity["type"] == "Follow"]
    undone = [entry.sender for entry in outbox.sent if entry.activity["type"] == "Undo"]
    assert follows == [people[0].id]
    assert sorted(undone) == sorted(person.id for person in people)
    assert (await cast.again(old)).followers_count == 0
    await jobs.migrate(job(*queue.jobs[0]))
    assert len(undone) == 3


async def test_nobody_goes_along_out_of_the_network(
    database: Database,
    relationships: Relationships,
    dispatcher: Dispatcher,
    cast: Cast,
    queue: FakeQueue,
) -> None:
    old, amina = await cast.remote("ben"), await cast.local("amina")
    new = await cast.remote("ben", "elsewhere.example", alsoKnownAs=old.uri)
    await follow_and_accept(database, relationships, dispatcher, cast, amina, old)
    move = {"type": "Move", "object": old.uri, "target": new.uri}
    assert await handled(database, dispatcher.dispatch, cast.received(old, move)) == "moved"
    assert queue.jobs == []


async def test_a_move_that_the_target_does_not_confirm(
    database: Database, dispatcher: Dispatcher, cast: Cast, clock: ManualClock
) -> None:
    old = await cast.remote("ben")
    new = await cast.remote("ben", "oslo.corp.example")
    move = {"type": "Move", "object": old.uri, "target": new.uri}
    with pytest.raises(Ignored, match="move_not_confirmed"):
        await handled(database, dispatcher.dispatch, cast.received(old, move))
    clock.advance(1)
    with pytest.raises(Needs) as needs:  # what is known of the target is older than the message
        await handled(database, dispatcher.dispatch, cast.received(old, move))
    assert needs.value.uris == (new.uri,)
    unavailable = cast.received(old, move, unavailable=frozenset({new.uri}))
    with pytest.raises(Ignored, match="unavailable"):
        await handled(database, dispatcher.dispatch, unavailable)


async def test_no_second_move_within_a_week(
    database: Database, dispatcher: Dispatcher, cast: Cast, clock: ManualClock
) -> None:
    old = await cast.remote("ben")
    first = await cast.remote("ben1", "oslo.corp.example", alsoKnownAs=old.uri)
    move = {"type": "Move", "object": old.uri, "target": first.uri}
    assert await handled(database, dispatcher.dispatch, cast.received(old, move)) == "moved"
    clock.advance(7 * DAY - 1)
    second = await cast.remote("ben2", "oslo.corp.example", alsoKnownAs=old.uri)
    onward = {"type": "Move", "object": old.uri, "target": second.uri}
    with pytest.raises(Ignored, match="move_too_soon"):
        await handled(database, dispatcher.dispatch, cast.received(old, onward))
    clock.advance(2)
    await cast.remote("ben2", "oslo.corp.example", alsoKnownAs=old.uri)
    assert await handled(database, dispatcher.dispatch, cast.received(old, onward)) == "moved"


async def test_people_here_move_when_the_target_agrees(
    database: Database,
    accounts: Accounts,
    relationships: Relationships,
    cast: Cast,
    outbox: FakeOutbox,
    queue: FakeQueue,
) -> None:
    assert relationships
    amina = await cast.local("amina")
    target = await cast.remote("amina")
    with pytest.raises(Invalid) as raised:
        await database.write(accounts.move, amina.id, target.id)
    assert raised.value.code == "move_not_confirmed"
    await cast.remote("amina", alsoKnownAs=[amina.uri])
    moved = await database.write(accounts.move, amina.id, target.id)
    assert moved.moved_to == target.uri
    sent = outbox.last("Move")
    assert (sent.activity["object"], sent.activity["target"]) == (amina.uri, target.uri)
    assert outbox.last("Update").activity["object"]["movedTo"] == target.uri
    assert queue.jobs == [(MIGRATE, {"account": amina.id, "target": target.id})]
    entity = (await database.read(accounts.entities, [amina.id]))[amina.id]
    assert entity["moved"]["id"] == str(target.id)
    with pytest.raises(Invalid) as raised:
        await database.write(accounts.move, amina.id, target.id)
    assert raised.value.code == "move_too_soon"


async def test_moving_here_needs_an_alias(
    database: Database, accounts: Accounts, dispatcher: Dispatcher, cast: Cast, outbox: FakeOutbox
) -> None:
    old, amina = await cast.remote("amina"), await cast.local("amina")
    move = {"type": "Move", "object": old.uri, "target": amina.uri}
    with pytest.raises(Ignored):
        await handled(database, dispatcher.dispatch, cast.received(old, move))
    aliased = await database.write(accounts.set_aliases, amina.id, [old.uri, amina.uri])
    assert aliased.also_known_as == (old.uri,)
    assert outbox.last("Update").activity["object"]["alsoKnownAs"] == [old.uri]
    assert await handled(database, dispatcher.dispatch, cast.received(old, move)) == "moved"
