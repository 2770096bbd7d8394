"""What the inbox lets in and stores, and what it refuses before anything is believed."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from fedrse.activitypub.inbox import MAX_BODY, Outcome, is_message_type
from fedrse.core.clock import MINUTE
from fedrse.core.errors import FedrseError
from tests.activitypub.inbox.desk import Desk
from tests.activitypub.runtime_kit import OSLO, OWN, RemoteActor


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
