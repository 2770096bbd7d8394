"""What the inbox lets in, and what it refuses before anything is believed."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from structlog.testing import capture_logs

from fedrse.activitypub.inbox import MAX_BODY, Inbox, InboxHooks, Outcome, is_message_type
from fedrse.activitypub.intake import Intake
from fedrse.activitypub.peers import PeerNames
from fedrse.activitypub.proofs import with_proof
from fedrse.activitypub.remote_keys import (
    CHANGED,
    LIFETIME,
    MOST_FAILURES,
    REFETCH_AFTER,
    RemoteKeys,
)
from fedrse.activitypub.tables import inbox_message
from fedrse.activitypub.verification import OLDEST_PROOF, Verifier
from fedrse.core.clock import DAY, HOUR, MINUTE, ManualClock
from fedrse.core.errors import FedrseError, Forbidden, TooMany, Unauthenticated
from fedrse.core.ids import IdMaker
from fedrse.core.urls import HTTPS_ONLY
from fedrse.store.database import Database, Transaction
from fedrse.store.statement import Statement
from tests.activitypub.runtime_kit import OSLO, OWN, Directory, RemoteActor, Rules

MESSAGES = Statement(select(inbox_message).order_by(inbox_message.c.id))


class Desk:
    """An inbox with everything around it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = ManualClock()
        self.directory = Directory(self.clock)
        self.rules = Rules()
        self.rates: Counter[str] = Counter()
        self.limit = 10_000
        self.hints: list[str] = []
        self.hinting: list[str] = []  # who gave them
        self.deleted = False
        self.synchronised: list[tuple[str, str]] = []
        names = PeerNames(HTTPS_ONLY)
        self.keys = RemoteKeys(
            database=database, store=self.directory, fetcher=self.directory, clock=self.clock
        )
        self.inbox = Inbox(
            verifier=Verifier(keys=self.keys, names=names, rules=self.rules, clock=self.clock),
            keys=self.keys,
            intake=Intake(
                database=database,
                ids=IdMaker(self.clock),
                clock=self.clock,
                saw_inbound=self.rules.saw_inbound,
                hosts_are_back=self.rules.hosts_are_back,
            ),
            names=names,
            rules=self.rules,
            rate=self.count,
            hooks=InboxHooks(self.directory.is_gone, self.hint, self.synchronise),
        )

    def count(self, host: str) -> None:
        self.rates[host] += 1
        if self.rates[host] > self.limit:
            raise TooMany("rate_limited", "Too many.", retry_after=60)

    async def hint(self, tx: Transaction, uri: str, deleted: bool, host: str) -> None:
        self.hints.append(uri)
        self.hinting.append(host)
        self.deleted = deleted

    async def synchronise(self, tx: Transaction, actor: str, header: str) -> None:
        self.synchronised.append((actor, header))

    async def messages(self) -> list[Any]:
        async def unit(tx: Transaction) -> list[Any]:
            return await tx.all(MESSAGES)

        return await self.database.read(unit)

    async def refusal(self, request: Any) -> FedrseError:
        """The error, and proof that nothing was stored."""
        before = len(await self.messages())
        with pytest.raises(FedrseError) as caught:
            await self.inbox.receive(request)
        assert len(await self.messages()) == before
        assert caught.value.status < 500
        return caught.value


@pytest.fixture
def desk(site_database: Database) -> Desk:
    return Desk(site_database)


@pytest.fixture
def amina(desk: Desk) -> RemoteActor:
    actor = RemoteActor()
    desk.directory.know(actor)
    return actor


@pytest.mark.parametrize("rfc", [False, True])
async def test_signed_message_is_stored_as_received(
    desk: Desk, amina: RemoteActor, rfc: bool
) -> None:
    activity = amina.activity()
    request = amina.post(activity, desk.clock, rfc=rfc)
    assert await desk.inbox.receive(request) is Outcome.STORED
    (row,) = await desk.messages()
    assert (row.actor, row.host, row.activity_id, row.type) == (
        amina.uri,
        "oslo.corp.example",
        activity["id"],
        "Like",
    )
    assert bytes(row.body) == request.body
    assert row.state == "pending"
    assert desk.directory.fetched == []


async def test_many_at_once_are_all_stored_once(desk: Desk, amina: RemoteActor) -> None:
    requests = [amina.post(amina.activity(number % 40), desk.clock) for number in range(80)]
    outcomes = await asyncio.gather(*(desk.inbox.receive(request) for request in requests))
    assert Counter(outcomes) == {Outcome.STORED: 40, Outcome.DUPLICATE: 40}
    assert len(await desk.messages()) == 40


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


async def test_blocked_peer_is_refused_before_its_key_is_asked_for(desk: Desk) -> None:
    desk.rules.blocked.add("oslo.corp.example")
    actor = RemoteActor()
    error = await desk.refusal(actor.post(actor.activity(), desk.clock))
    assert (error.status, error.code) == (403, "host_blocked")
    assert desk.directory.fetched == []
    assert not desk.rates


async def test_rate_counts_per_peer(desk: Desk, amina: RemoteActor) -> None:
    desk.limit = 1
    await desk.inbox.receive(amina.post(amina.activity(1), desk.clock))
    error = await desk.refusal(amina.post(amina.activity(2), desk.clock))
    assert error.status == 429
    other = RemoteActor("https://nantes.corp.example/ap/u/1", key=1)
    desk.directory.know(other)
    forged = RemoteActor(other.uri, key=2)
    for number in range(3):  # nobody uses up the share of another
        await desk.refusal(forged.post(forged.activity(number), desk.clock))
    assert await desk.inbox.receive(other.post(other.activity(), desk.clock)) is Outcome.STORED


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"actor": f"{OSLO}/ap/u/2"}, 403),  # a neighbour on the same host
        ({"actor": "https://nantes.corp.example/ap/u/1"}, 403),
        ({"actor": f"{OWN}/ap/u/1"}, 403),
        ({"actor": None}, 400),
        ({"actor": "javascript:alert(1)"}, 400),
        ({"actor": {"type": "Person"}}, 400),
        ({"actor": f"http://oslo.corp.example/{'x' * 10}"}, 400),
        ({"type": None}, 400),
        ({"type": []}, 400),
        ({"type": "x" * 65}, 400),
        ({"id": "https://nantes.corp.example/a/1"}, 403),
        ({"id": "https://oslo.corp.example.evil.example/a/1"}, 403),
        ({"id": "https://oslo.corp.example@evil.example/a/1"}, 403),
        ({"id": 7}, 400),
        ({"id": f"{OSLO}/{'x' * 2048}"}, 400),
    ],
)
async def test_identity_tricks_are_refused(
    desk: Desk, amina: RemoteActor, change: dict[str, Any], status: int
) -> None:
    error = await desk.refusal(amina.post({**amina.activity(), **change}, desk.clock))
    assert error.status == status


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b'{"type":"Like","type":"Follow"}',
        b'{"a":NaN}',
        b'{"a":"\xff"}',
        b'{"a":"\\ud800"}',
        b'{"a":' + b"[" * 200 + b"]" * 200 + b"}",
        b'{"a":123456789012345678901234567890}',
    ],
)
async def test_hostile_json_is_refused(desk: Desk, amina: RemoteActor, body: bytes) -> None:
    error = await desk.refusal(amina.post(body, desk.clock))
    assert error.status == 400


async def test_limits_of_size_and_type_come_first(desk: Desk) -> None:
    actor = RemoteActor()
    assert (await desk.refusal(actor.post(b" " * (MAX_BODY + 1), desk.clock))).status == 413
    request = actor.post(actor.activity(), desk.clock)
    request.headers.popall("Content-Type")
    assert (await desk.refusal(request)).status == 415
    assert desk.directory.fetched == []


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


async def test_first_message_with_an_id_stays(desk: Desk, amina: RemoteActor) -> None:
    await desk.inbox.receive(amina.post(amina.activity(1), desk.clock))
    with capture_logs() as logs:
        request = amina.post(amina.activity(1, object="https://x.example/1"), desk.clock)
        assert await desk.inbox.receive(request) is Outcome.DUPLICATE
    assert [entry["event"] for entry in logs] == ["activity_id_reused"]
    (row,) = await desk.messages()
    assert json.loads(bytes(row.body))["object"] == f"{OWN}/ap/n/1"


async def test_ids_are_unique_per_actor_so_that_nobody_squats(
    desk: Desk, amina: RemoteActor
) -> None:
    squatter = RemoteActor(f"{OSLO}/ap/u/666", key=1)
    desk.directory.know(squatter)
    activity = amina.activity()
    await desk.inbox.receive(squatter.post({**activity, "actor": squatter.uri}, desk.clock))
    assert await desk.inbox.receive(amina.post(activity, desk.clock)) is Outcome.STORED


async def test_activity_without_id_gets_one_from_its_content(
    desk: Desk, amina: RemoteActor
) -> None:
    activity = amina.activity(id=None)
    assert await desk.inbox.receive(amina.post(activity, desk.clock)) is Outcome.STORED
    assert await desk.inbox.receive(amina.post(activity, desk.clock)) is Outcome.DUPLICATE
    (row,) = await desk.messages()
    assert row.activity_id.startswith(f"{amina.uri}#sha256-")


# Deletion of actors


def deletion(actor: RemoteActor) -> dict[str, Any]:
    return actor.activity(9, "Delete", object=actor.uri)


async def test_deletion_of_a_stranger_is_dropped_without_a_fetch(desk: Desk) -> None:
    stranger = RemoteActor()
    request = stranger.post(deletion(stranger), desk.clock)
    assert await desk.inbox.receive(request) is Outcome.DROPPED
    assert desk.directory.fetched == []
    assert await desk.messages() == []


async def test_deletion_by_a_gone_actor_is_believed_because_its_site_says_so(desk: Desk) -> None:
    gone = RemoteActor()
    desk.directory.actors.add(gone.uri)
    desk.directory.gone.add(gone.uri)
    request = gone.post(deletion(gone), desk.clock)
    assert await desk.inbox.receive(request) is Outcome.STORED


async def test_deletion_is_not_believed_while_the_actor_is_there(desk: Desk) -> None:
    alive = RemoteActor()
    desk.directory.actors.add(alive.uri)
    error = await desk.refusal(alive.post(deletion(alive), desk.clock))
    assert error.code == "key_unreachable"


async def test_gone_actor_can_delete_nothing_but_itself(desk: Desk) -> None:
    gone = RemoteActor()
    desk.directory.actors.add(gone.uri)
    desk.directory.gone.add(gone.uri)
    request = gone.post(gone.activity(1, "Delete", object=f"{OSLO}/ap/n/1"), desk.clock)
    assert (await desk.refusal(request)).code == "key_unreachable"


# Forwarded messages


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


# What else a message tells


async def test_peer_is_known_to_be_alive_now_and_then(desk: Desk, amina: RemoteActor) -> None:
    for number in range(3):
        await desk.inbox.receive(amina.post(amina.activity(number), desk.clock))
    assert [sighting.host for sighting in desk.rules.seen] == ["oslo.corp.example"]
    assert desk.rules.heard == ["oslo.corp.example"] * 3
    desk.clock.advance(MINUTE)
    await desk.inbox.receive(amina.post(amina.activity(9), desk.clock))
    assert len(desk.rules.seen) == 2


async def test_follower_digest_is_passed_on(desk: Desk, amina: RemoteActor) -> None:
    value = f'collectionId="{amina.uri}/followers", url="{amina.uri}/x", digest="00"'
    request = amina.post(
        amina.activity(), desk.clock, headers={"Collection-Synchronization": value}
    )
    await desk.inbox.receive(request)
    assert desk.synchronised == [(amina.uri, value)]


@pytest.mark.parametrize(
    ("value", "accepted"),
    [
        ("application/activity+json", True),
        ("Application/Activity+JSON; charset=utf-8", True),
        ('application/ld+json; profile="https://www.w3.org/ns/activitystreams"', True),
        ("application/ld+json", True),
        ("application/json", False),
        ("text/html", False),
        ("", False),
        ("application/activity+jsonx", False),
    ],
)
def test_content_types(value: str, accepted: bool) -> None:
    assert is_message_type(value) is accepted


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.dictionaries(
        st.sampled_from(["id", "type", "actor", "object", "@context", "proof", "to"]),
        st.recursive(
            st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=20) | st.just(OSLO),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["id", "type", "href"]), inner, max_size=3)
            ),
            max_leaves=6,
        ),
    )
)
async def test_any_object_is_stored_or_refused_never_a_crash(activity: dict[str, Any]) -> None:
    class Nothing:
        dialect = "sqlite"

        def listen(self, channel: str, callback: object) -> None:
            return

        def hint(self, channel: str) -> None:
            return

        def on_missed(self, callback: object) -> None:
            return

        async def read(self, unit: Any, *args: Any) -> Any:
            return await unit(None, *args)

        async def write(self, unit: Any, *args: Any) -> Any:
            return {row.row["id"] for row in args[0]} if args else None

    desk = Desk(Nothing())  # type: ignore[arg-type]
    actor = RemoteActor()
    desk.directory.know(actor)
    outcome = await asyncio.gather(
        desk.inbox.receive(actor.post({**actor.activity(), **activity}, desk.clock)),
        return_exceptions=True,
    )
    for result in outcome:
        refused = isinstance(result, FedrseError) and result.status < 500
        assert refused or isinstance(result, Outcome)
