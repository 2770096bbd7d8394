"""Forwarded messages: with a proof they count for their actor, without one they are a hint."""

from __future__ import annotations

from fedrse.activitypub.inbox import Outcome
from fedrse.activitypub.proofs import with_proof
from fedrse.activitypub.verification import OLDEST_PROOF
from fedrse.core.clock import DAY
from fedrse.core.errors import Forbidden, Unauthenticated
from tests.activitypub.inbox.desk import Desk
from tests.activitypub.runtime_kit import OSLO, OWN, RemoteActor


async def test_forwarded_message_with_a_proof_counts_for_its_actor(
    desk: Desk, amina: RemoteActor
) -> None:
    carrier = RemoteActor("https://nantes.corp.example/ap/u/5", key=1)
    desk.directory.know(carrier)
    activity = with_proof(amina.activity(), amina.ed25519, desk.clock.now())
    assert await desk.inbox.receive(carrier.post(activity, desk.clock)) is Outcome.STORED
    (row,) = await desk.messages()
    assert (row.actor, row.host) == (amina.uri, "oslo.corp.example")
    again = await desk.inbox.receive(amina.post(amina.activity(), desk.clock))
    assert again is Outcome.DUPLICATE


async def test_wrong_stale_or_foreign_proofs_count_for_nothing(
    desk: Desk, amina: RemoteActor
) -> None:
    carrier = RemoteActor("https://nantes.corp.example/ap/u/5", key=1)
    desk.directory.know(carrier)
    proved = with_proof(amina.activity(), amina.ed25519, desk.clock.now())
    changed = {**proved, "object": f"{OWN}/ap/n/2"}
    foreign = with_proof(amina.activity(), carrier.ed25519, desk.clock.now())
    stale = with_proof(amina.activity(), amina.ed25519, desk.clock.now() - OLDEST_PROOF - DAY)
    for activity in (changed, foreign, stale):
        error = await desk.refusal(carrier.post(activity, desk.clock))
        assert isinstance(error, Unauthenticated)
    desk.rules.blocked.add("oslo.corp.example")
    assert isinstance(await desk.refusal(carrier.post(proved, desk.clock)), Forbidden)


async def test_forwarded_message_without_proof_is_a_hint_to_look_at_the_origin(
    desk: Desk, amina: RemoteActor
) -> None:
    carrier = RemoteActor("https://nantes.corp.example/ap/u/5", key=1)
    desk.directory.know(carrier)
    note = f"{OSLO}/ap/n/7"
    activity = amina.activity(1, "Create", object={"id": note, "content": "not believed"})
    assert await desk.inbox.receive(carrier.post(activity, desk.clock)) is Outcome.HINT
    assert (desk.hints, desk.deleted) == ([note], False)
    grave = amina.activity(2, "Delete", object={"id": note, "type": "Tombstone"})
    assert await desk.inbox.receive(carrier.post(grave, desk.clock)) is Outcome.HINT
    assert (desk.hints, desk.deleted) == ([note, note], True)
    assert desk.hinting == ["nantes.corp.example"] * 2
    assert await desk.messages() == []
    foreign = amina.activity(1, "Create", object="https://paris.corp.example/n/1")
    assert (await desk.refusal(carrier.post(foreign, desk.clock))).code == "object_foreign"
