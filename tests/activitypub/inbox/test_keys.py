"""Keys of those who send: asked for seldom, and believed only for their owner."""

from __future__ import annotations

from structlog.testing import capture_logs

from fedrse.activitypub.inbox import Outcome
from fedrse.activitypub.remote_keys import (
    CHANGED,
    LIFETIME,
    MOST_FAILURES,
    REFETCH_AFTER,
)
from fedrse.core.clock import HOUR, MINUTE
from tests.activitypub.inbox.desk import Desk
from tests.activitypub.runtime_kit import OSLO, RemoteActor


async def test_unknown_key_is_fetched_once(desk: Desk) -> None:
    actor = RemoteActor()
    desk.directory.publish(actor)
    for number in range(3):
        await desk.inbox.receive(actor.post(actor.activity(number), desk.clock))
    assert desk.directory.fetched == [actor.rsa.key_id]


async def test_unreachable_key_is_not_asked_for_again_at_once(desk: Desk) -> None:
    actor = RemoteActor()
    for _ in range(3):
        error = await desk.refusal(actor.post(actor.activity(), desk.clock))
        assert (error.status, error.code) == (401, "key_unreachable")
    assert len(desk.directory.fetched) == 1
    desk.directory.publish(actor)
    desk.clock.advance(MINUTE)
    assert await desk.inbox.receive(actor.post(actor.activity(), desk.clock)) is Outcome.STORED


async def test_invented_keys_of_a_host_are_not_asked_for_without_end(
    desk: Desk, amina: RemoteActor
) -> None:
    for number in range(MOST_FAILURES + 20):
        invented = RemoteActor(f"{OSLO}/ap/u/x{number}")
        error = await desk.refusal(invented.post(invented.activity(), desk.clock))
        assert error.code == "key_unreachable"
    assert len(desk.directory.fetched) == MOST_FAILURES
    assert await desk.inbox.receive(amina.post(amina.activity(), desk.clock)) is Outcome.STORED
    late = RemoteActor(f"{OSLO}/ap/u/late")
    desk.directory.publish(late)
    desk.clock.advance(MINUTE)
    assert await desk.inbox.receive(late.post(late.activity(), desk.clock)) is Outcome.STORED


async def test_rotated_key_is_fetched_again_after_a_while(desk: Desk) -> None:
    old, new = RemoteActor(key=0), RemoteActor(key=1)
    desk.directory.know(old)
    desk.directory.publish(new)
    error = await desk.refusal(new.post(new.activity(), desk.clock))
    assert error.code == "signature_wrong"
    assert desk.directory.fetched == []
    desk.clock.advance(REFETCH_AFTER)
    with capture_logs() as logs:
        assert await desk.inbox.receive(new.post(new.activity(), desk.clock)) is Outcome.STORED
    assert any(entry["event"] == "key_changed" for entry in logs)
    await desk.refusal(old.post(old.activity(2), desk.clock))
    assert desk.directory.fetched == [new.rsa.key_id]


async def test_keys_changed_by_another_process_are_read_again(
    desk: Desk, amina: RemoteActor
) -> None:
    await desk.inbox.receive(amina.post(amina.activity(1), desk.clock))
    new = RemoteActor(key=1)
    desk.directory.know(new)
    desk.keys.forget_owner(amina.uri)
    desk.clock.advance(1)
    assert await desk.inbox.receive(new.post(new.activity(2), desk.clock)) is Outcome.STORED
    assert CHANGED == "actor_keys"


async def test_withdrawn_key_is_believed_for_minutes_only(desk: Desk, amina: RemoteActor) -> None:
    await desk.inbox.receive(amina.post(amina.activity(1), desk.clock))
    desk.directory.stored.clear()
    desk.directory.online.clear()
    desk.clock.advance(LIFETIME)
    error = await desk.refusal(amina.post(amina.activity(2), desk.clock))
    assert error.code == "key_unreachable"


async def test_changed_body_and_stale_date_are_refused_without_asking_for_a_key(
    desk: Desk,
) -> None:
    actor = RemoteActor()
    original = actor.post(actor.activity(), desk.clock)
    other = actor.post(actor.activity(2), desk.clock)
    forged = type(original)(
        original.method, original.origin, original.target, original.headers, other.body
    )
    assert (await desk.refusal(forged)).code == "digest_mismatch"
    desk.clock.advance(2 * HOUR)
    assert (await desk.refusal(original)).code == "signature_expired"
    assert desk.directory.fetched == []


async def test_unsigned_is_refused(desk: Desk, amina: RemoteActor) -> None:
    request = amina.post(amina.activity(), desk.clock)
    request.headers.popall("Signature")
    assert (await desk.refusal(request)).code == "signature_missing"


async def test_key_of_another_actor_does_not_sign_for_its_owner(desk: Desk) -> None:
    # The key claims an owner on another host; the fetcher would never give it, a store might.
    actor = RemoteActor()
    desk.directory.know(actor)
    key = desk.directory.stored[actor.rsa.key_id]
    foreign = type(key.key)(key.key.key_id, "https://nantes.corp.example/u/1", key.key.public)
    desk.directory.stored[actor.rsa.key_id] = type(key)(foreign, key.fetched_at)
    activity = actor.activity()
    error = await desk.refusal(actor.post(activity, desk.clock))
    assert error.code == "key_foreign"
