"""From an activity to the inboxes of other sites: whole, and in order."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from fedrse.activitypub.delivery_window import chains_of
from fedrse.activitypub.outbox import Inbox, Recipients
from fedrse.activitypub.proofs import parse_proof, verify_proof
from fedrse.core.clock import HOUR
from fedrse.core.trace import read_traceparent, trace_of
from fedrse.core.urls import UrlRules
from fedrse.net.agent import user_agent
from fedrse.store.database import Transaction
from tests.activitypub.delivery.post import DIRECT, FOLLOWERS, OWN, PUBLIC, People, Post
from tests.activitypub.peer_server import PeerServer, Received


async def test_activity_arrives_signed_and_whole(post: Post, oslo: PeerServer) -> None:
    await post.enqueue("Like", 1, DIRECT, bto=["x"], bcc="y", content="é")
    await post.send()
    (received,) = oslo.received
    assert received.path == "/u/10/inbox"
    assert received.key_id == f"{OWN}/ap/u/1#main-key"
    assert received.headers["content-type"] == "application/activity+json"
    # GoToSocial takes nothing from those who do not say who they are.
    assert received.headers["user-agent"] == user_agent(UrlRules.of_site(OWN, {}).own)
    trace = read_traceparent(received.headers["traceparent"])
    assert trace == trace_of(f"{OWN}/ap/a/Like-1"), "as the other site finds it by itself"
    assert received.activity == {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{OWN}/ap/a/Like-1",
        "type": "Like",
        "actor": f"{OWN}/ap/u/1",
        "object": f"{OWN}/ap/n/1",
        "content": "é",
    }
    assert await post.rows("delivery") == []
    (row,) = await post.rows("destination")
    assert (row.due_at, row.failures, row.lease_until) == (None, 0, 0)
    assert row.last_success_at == post.clock.now()


async def test_only_many_followers_are_left_to_the_job(post: Post, people: People) -> None:
    inboxes = [Inbox(f"http://h{number}.test/inbox", f"h{number}.test") for number in range(21)]
    people.followers[1], people.followers[2] = inboxes[:20], inboxes
    await post.enqueue("Create", 1, FOLLOWERS)
    assert len(await post.rows("delivery")) == 20
    await post.enqueue("Create", 2, Recipients(followers_of=2), sender=2)
    assert len(await post.rows("delivery")) == 20
    await post.runner.run_due()
    assert len(await post.rows("delivery")) == 41


async def test_a_running_sender_takes_what_is_enqueued(post: Post, oslo: PeerServer) -> None:
    sender = post.sender()
    assert await post.database.write(sender.take, [oslo.host]) == set()  # not running
    post.outbox.send_with(sender.take)
    await sender.start()
    await asyncio.sleep(0)
    try:
        # Leased when the transaction is on disk: another process finds nothing to do.
        await post.enqueue("Like", 1, DIRECT)
        assert await post.sender("other").run_due() == 0
        async with asyncio.timeout(10):
            while not oslo.received:
                await asyncio.sleep(0.01)
    finally:
        await sender.stop()
    assert await post.rows("delivery") == []
    (row,) = await post.rows("destination")
    assert (row.due_at, row.lease_until) == (None, 0)


async def test_what_is_not_enqueued_after_all_is_not_taken(post: Post, oslo: PeerServer) -> None:
    sender = post.sender()
    post.outbox.send_with(sender.take)
    await sender.start()

    async def unit(tx: Transaction) -> None:
        document = {"id": f"{OWN}/ap/a/1", "type": "Like", "object": f"{OWN}/ap/n/1"}
        await post.outbox.enqueue(tx, document, sender=1, recipients=DIRECT)
        raise ValueError

    with pytest.raises(ValueError):
        await post.database.write(unit)
    await sender.stop()
    assert oslo.received == []
    assert await post.rows("destination") == []


async def test_nobody_elsewhere_costs_nothing(post: Post, people: People) -> None:
    await post.enqueue("Create", 1, Recipients(followers_of=2, members=True))
    assert await post.rows("activity") == []
    assert await post.runner.run_due() == 0


@pytest.mark.usefixtures("reach")
async def test_proof_only_for_what_many_may_read(
    post: Post, oslo: PeerServer, people: People
) -> None:
    await post.enqueue("Create", 1, FOLLOWERS)
    await post.enqueue("Create", 2, FOLLOWERS, to=[PUBLIC], **{"@context": ["https://x.example"]})
    people.members = {oslo.host: people.followers[1][0]}
    await post.enqueue("Create", 3, Recipients(members=True))
    await post.enqueue("Create", 4, DIRECT)
    await post.send()
    bodies = {body["object"].rpartition("/")[2]: body for body in oslo.bodies()}
    assert [number for number, body in sorted(bodies.items()) if "proof" in body] == ["2", "3"]
    for number in ("2", "3"):
        parsed = parse_proof(bodies[number])
        key = people.verify_keys()[parsed.key_id]
        verify_proof(parsed, key, post.clock.now())
    assert bodies["2"]["@context"] == [
        "https://x.example",
        "https://w3id.org/security/data-integrity/v2",
    ]


@pytest.mark.usefixtures("reach")
async def test_order_per_sender_and_inbox(post: Post, oslo: PeerServer) -> None:
    await post.enqueue("Create", 1, FOLLOWERS)
    await post.enqueue("Update", 1, FOLLOWERS)
    await post.enqueue("Like", 5, DIRECT)  # at once expanded otherwise, but it would overtake
    await post.enqueue("Delete", 1, FOLLOWERS)
    await post.send()
    assert [body["type"] for body in oslo.bodies("/inbox")] == ["Create", "Update", "Delete"]


@pytest.mark.usefixtures("reach")
async def test_delete_to_another_inbox_stays_behind_its_create(
    post: Post, oslo: PeerServer
) -> None:
    def refuse_creates(received: Received) -> int:
        return 503 if received.activity["type"] == "Create" else 202

    oslo.answer_for = refuse_creates
    await post.enqueue("Create", 1, DIRECT)
    await post.enqueue("Delete", 1, FOLLOWERS)
    await post.send()
    assert oslo.bodies() == []
    oslo.answer_for = None
    post.clock.advance(HOUR)
    await post.send()
    assert [body["type"] for body in oslo.bodies()] == ["Create", "Delete"]


@pytest.mark.usefixtures("reach")
async def test_superseded_updates_are_not_sent(post: Post, oslo: PeerServer) -> None:
    oslo.answers = [503]
    await post.enqueue("Create", 1, FOLLOWERS)
    await post.send()
    for number in range(3):
        await post.enqueue("Update", 1, FOLLOWERS, version=number)
    await post.enqueue("Update", 2, FOLLOWERS, version=7)
    post.clock.advance(HOUR)
    await post.send()
    assert [(body["type"], body.get("version")) for body in oslo.bodies()] == [
        ("Create", None),
        ("Update", 2),
        ("Update", 7),
    ]


async def test_follower_digest_goes_with_creates(post: Post, oslo: PeerServer) -> None:
    post.headers[1, oslo.host] = 'digest="00"'
    await post.enqueue("Create", 1, FOLLOWERS)
    await post.enqueue("Like", 2, FOLLOWERS)
    await post.send()
    values = [one.headers.get("collection-synchronization") for one in oslo.received]
    assert values == ['digest="00"', None]


async def test_forwarded_bytes_stay_as_they_are(post: Post, oslo: PeerServer) -> None:
    body = b'{ "type":"Create",  "object": {"id":"https://x.example/1"} }'
    await post.database.write(
        post.outbox.forward,
        body,
        sender=1,
        recipients=FOLLOWERS,
        uri="https://x.example/a/1",
    )
    await post.send()
    assert [one.body for one in oslo.received] == [body]


def test_chains_keep_together_what_must_stay_in_order() -> None:
    def row(number: int, inbox: str, about: str, *, sender: int = 1, activity: int = 0) -> Any:
        return SimpleNamespace(
            id=number,
            inbox=inbox,
            object_uri=about,
            sender_id=sender,
            activity_id=activity or number,
        )

    rows = [
        row(1, "a", "x", activity=100),
        row(2, "b", "x", activity=100),
        row(3, "c", "y"),
        row(4, "a", "z"),
        row(5, "d", "y"),
        row(6, "a", "w", sender=2),
    ]
    chains = [[one.id for one in chain] for chain in chains_of(rows)]
    assert chains == [[1, 4], [2], [3, 5], [6]]
    joined = [[one.id for one in chain] for chain in chains_of([*rows, row(7, "b", "y")])]
    assert joined == [[1, 4], [2, 3, 5, 7], [6]]
