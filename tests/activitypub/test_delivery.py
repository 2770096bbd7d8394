"""From an activity to the inboxes of other sites: nothing lost, nothing overtaken."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from fedrse.activitypub.delivery import DeliveryOutbox
from fedrse.activitypub.delivery_queries import REST
from fedrse.activitypub.delivery_results import Reports
from fedrse.activitypub.delivery_window import Bodies, Couriers, chains_of
from fedrse.activitypub.keys import SigningKey, VerifyKey, generate_ed25519
from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.outbox import Inbox, Recipients
from fedrse.activitypub.overview import DeliveryOverview
from fedrse.activitypub.peers import Scheme
from fedrse.activitypub.proofs import parse_proof, verify_proof
from fedrse.activitypub.schedule import FAILURES_OF_ONE_MESSAGE, JITTER, STEPS
from fedrse.activitypub.sender import Sender
from fedrse.activitypub.signed_request import SignatureScheme
from fedrse.activitypub.signing import KeyRing, RequestSigner
from fedrse.activitypub.tables import activity, delivery, destination
from fedrse.core.clock import DAY, HOUR, SECOND, ManualClock
from fedrse.core.errors import NotFound
from fedrse.core.ids import IdMaker
from fedrse.core.trace import read_traceparent, trace_of
from fedrse.core.urls import UrlRules
from fedrse.jobs.queue import Queue
from fedrse.jobs.runner import Runner
from fedrse.net.agent import user_agent
from fedrse.net.delivery import Deliverer
from fedrse.store.database import Database, Transaction
from fedrse.store.engine import open_database
from fedrse.store.statement import Statement
from tests.activitypub.peer_server import PeerServer, Received, peer_server
from tests.activitypub.runtime_kit import Rules, rsa_key
from tests.net.servers import always, answer, dialler, raw_server

OWN = "http://localhost:1"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
ROWS = {
    name: Statement(select(table))
    for name, table in {
        "activity": activity,
        "delivery": delivery,
        "destination": destination,
    }.items()
}


@dataclass(frozen=True)
class Keys:
    rsa: SigningKey
    ed25519: SigningKey
    previous_rsa: SigningKey | None = None


class People:
    """Local accounts: their keys, and who follows them."""

    def __init__(self) -> None:
        self.keys: dict[int, Keys] = {}
        self.accounts: dict[int, Inbox] = {}
        self.followers: defaultdict[int, list[Inbox]] = defaultdict(list)
        self.members: dict[str, Inbox] = {}
        for number in (1, 2):
            uri = f"{OWN}/ap/u/{number}"
            self.keys[number] = Keys(
                SigningKey(f"{uri}#main-key", rsa_key(number)),
                SigningKey(f"{uri}#ed25519-1", generate_ed25519()),
            )

    async def signing_keys(self, tx: Transaction, account_id: int) -> Keys:
        if account_id not in self.keys:
            raise NotFound
        return self.keys[account_id]

    async def instance_actor(self, tx: Transaction) -> Any:
        return SimpleNamespace(id=1)

    def verify_keys(self) -> dict[str, VerifyKey]:
        found = {}
        for number, keys in self.keys.items():
            for key in (keys.rsa, keys.ed25519, keys.previous_rsa):
                if key is not None:
                    uri = f"{OWN}/ap/u/{number}"
                    found[key.key_id] = VerifyKey(key.key_id, uri, key.public())
        return found

    def member_hosts(self) -> frozenset[str]:
        return frozenset(self.members)

    async def count_remote_followers(self, tx: Transaction, account_id: int, most: int) -> int:
        return min(len(self.followers[account_id]), most)

    async def inboxes(self, tx: Transaction, recipients: Recipients) -> list[Inbox]:
        found = [self.accounts[number] for number in recipients.accounts]
        if recipients.followers_of is not None:
            found += self.followers[recipients.followers_of]
        if recipients.members:
            found += self.members.values()
        return list(dict.fromkeys(found))


class Post:
    """The way out of one process."""

    def __init__(self, database: Database, clock: ManualClock, people: People) -> None:
        self.database = database
        self.clock = clock
        self.people = people
        self.rules = Rules()
        self.gone: list[str] = []
        local_ids = LocalIds(OWN)
        keys = KeyRing(database=database, keys=people, local_ids=local_ids, clock=clock)
        ids = IdMaker(clock)
        queue = Queue(clock=clock, ids=ids)
        self.runner = Runner(database=database, queue=queue, clock=clock, owner="p")
        self.outbox = DeliveryOutbox(
            clock=clock,
            ids=ids,
            queue=queue,
            audience=people,
            members=people,
            rules=self.rules,
            keys=keys,
        )
        self.outbox.register(self.runner)
        self.signer = RequestSigner(clock)
        self.deliverer = Deliverer(dialler(own=OWN), clock)
        self.headers: dict[tuple[int, str], str] = {}
        self.couriers = Couriers(
            deliverer=self.deliverer,
            bodies=Bodies(database),
            keys=keys,
            signer=self.signer,
            rules=self.rules,
            url_rules=UrlRules.of_site(OWN, {}),
            clock=clock,
            followers_header=self.followers_header,
        )
        self.reports = Reports(
            database=database,
            clock=clock,
            random=random.Random(1),
            inbox_gone=self.inbox_gone,
        )
        self.overview = DeliveryOverview(clock=clock)

    def sender(self, owner: str = "p") -> Sender:
        return Sender(
            database=self.database,
            couriers=self.couriers,
            reports=self.reports,
            clock=self.clock,
            owner=owner,
        )

    async def followers_header(self, sender: int, host: str) -> str | None:
        return self.headers.get((sender, host))

    async def inbox_gone(self, tx: Transaction, inbox: str) -> None:
        self.gone.append(inbox)

    async def enqueue(
        self, kind: str, number: int, recipients: Recipients, *, sender: int = 1, **members: Any
    ) -> None:
        document = {
            "id": f"{OWN}/ap/a/{kind}-{number}",
            "type": kind,
            "actor": f"{OWN}/ap/u/{sender}",
            "object": f"{OWN}/ap/n/{number}",
            **members,
        }
        await self.database.write(
            self.outbox.enqueue, document, sender=sender, recipients=recipients
        )

    async def send(self) -> None:
        """Expands and sends what is due."""
        await self.runner.run_due()
        await self.sender().run_due()

    async def rows(self, table: str) -> list[Any]:
        async def unit(tx: Transaction) -> list[Any]:
            return await tx.all(ROWS[table])

        return await self.database.read(unit)

    async def close(self) -> None:
        await self.deliverer.close()
        self.signer.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def people() -> People:
    return People()


@pytest.fixture
async def post(site_database: Database, clock: ManualClock, people: People) -> AsyncIterator[Post]:
    made = Post(site_database, clock, people)
    yield made
    await made.close()


@pytest.fixture
async def oslo(clock: ManualClock, people: People) -> AsyncIterator[PeerServer]:
    async with peer_server(clock) as peer:
        peer.keys = people.verify_keys()
        people.accounts[10] = Inbox(f"{peer.origin}/u/10/inbox", peer.host)
        people.followers[1] = [Inbox(f"{peer.origin}/inbox", peer.host)]
        yield peer


@pytest.fixture(params=["few", "many"])
def reach(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Expanded at once, and by the job."""
    if request.param == "many":
        monkeypatch.setattr("fedrse.activitypub.delivery.FEW", 0)


FOLLOWERS = Recipients(followers_of=1)
DIRECT = Recipients((10,), personal=True)


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


async def test_one_schedule_per_host_one_probe_then_all(post: Post, oslo: PeerServer) -> None:
    tried: list[str] = []

    def down(received: Received) -> int:
        tried.append(received.activity["id"])
        return 503

    oslo.answer_for = down
    for number in range(5):
        await post.enqueue("Create", number, FOLLOWERS)
    await post.send()
    assert len(tried) <= 2  # those in flight when the first failed
    for failures, step in enumerate(STEPS[:-1], 1):
        tried.clear()
        (row,) = await post.rows("destination")
        assert row.failures == failures
        wait = row.due_at - post.clock.now()
        assert step * (1 - JITTER) <= wait <= step * (1 + JITTER)
        assert row.last_error.startswith("503")
        post.clock.advance(wait - 1)
        await post.send()
        assert tried == []
        post.clock.advance(1)
        await post.send()
        assert len(tried) == 1
    oslo.answer_for = None
    post.clock.advance(DAY)
    await post.send()
    assert sorted(body["id"] for body in oslo.bodies()) == [
        f"{OWN}/ap/a/Create-{number}" for number in range(5)
    ]
    (row,) = await post.rows("destination")
    assert (row.failures, row.due_at) == (0, None)


async def test_down_host_keeps_the_order_of_a_week(post: Post, oslo: PeerServer) -> None:
    oslo.gate.clear()
    port = oslo.port
    oslo.answers = [502]
    oslo.gate.set()
    for number in range(7):
        await post.enqueue("Create", number, FOLLOWERS)
        await post.enqueue("Update", number, FOLLOWERS)
        await post.send()
        oslo.answers = [502]
        post.clock.advance(DAY)
    oslo.answers = []
    assert oslo.port == port
    await post.send()
    assert [(body["type"], body["object"][-1]) for body in oslo.bodies()] == [
        (kind, str(number)) for number in range(7) for kind in ("Create", "Update")
    ]


async def test_retry_after_is_obeyed_up_to_a_day(post: Post, oslo: PeerServer) -> None:
    oslo.answers = [429]
    oslo.headers = {"Retry-After": "7200"}
    await post.enqueue("Create", 1, FOLLOWERS)
    await post.send()
    (row,) = await post.rows("destination")
    assert row.due_at == post.clock.now() + 2 * HOUR
    oslo.answers = [503]
    oslo.headers = {"Retry-After": "99999999"}
    post.clock.advance(2 * HOUR)
    await post.send()
    (row,) = await post.rows("destination")
    assert row.due_at == post.clock.now() + DAY


async def test_message_from_the_host_makes_it_due_after_a_rest(
    post: Post, oslo: PeerServer
) -> None:
    oslo.answers = [500]
    await post.enqueue("Create", 1, FOLLOWERS)
    await post.send()
    for _ in range(2):
        await post.database.write(post.outbox.hosts_are_back, [oslo.host, "other.example"])
        (row,) = await post.rows("destination")
        assert row.due_at == post.clock.now() + REST
        await post.send()
        assert oslo.bodies() == []
    post.clock.advance(REST)
    await post.send()
    assert len(oslo.bodies()) == 1


async def test_message_from_the_host_makes_it_due_at_once_later(
    post: Post, oslo: PeerServer
) -> None:
    oslo.answers = [500]
    await post.enqueue("Create", 1, FOLLOWERS)
    await post.send()
    post.clock.advance(REST + 1)
    await post.database.write(post.outbox.hosts_are_back, [oslo.host])
    await post.send()
    assert len(oslo.bodies()) == 1


async def test_gone_inbox_gets_nothing_more_and_is_told(post: Post, oslo: PeerServer) -> None:
    oslo.answer_for = lambda received: 410 if received.path == "/u/10/inbox" else 202
    await post.enqueue("Create", 1, DIRECT)
    await post.enqueue("Create", 2, DIRECT)
    await post.enqueue("Create", 3, FOLLOWERS)
    await post.send()
    assert post.gone == [f"{oslo.origin}/u/10/inbox"]
    assert [body["object"][-1] for body in oslo.bodies()] == ["3"]
    problems = await post.database.read(post.overview.problems)
    assert len(problems) == 2
    (row,) = await post.rows("destination")
    assert row.failures == 0


async def test_refused_message_is_kept_with_the_reason_and_can_be_sent_again(
    post: Post, oslo: PeerServer
) -> None:
    oslo.answers = [422]
    await post.enqueue("Create", 1, FOLLOWERS)
    await post.enqueue("Create", 2, FOLLOWERS)
    await post.send()
    assert [body["object"][-1] for body in oslo.bodies()] == ["2"]
    (problem,) = await post.database.read(post.overview.problems)
    assert (problem.type, problem.error) == ("Create", "422")
    await post.database.write(post.overview.retry, [problem.id])
    await post.send()
    assert len(oslo.bodies()) == 2


async def test_message_that_breaks_a_host_does_not_hold_up_others(
    post: Post, oslo: PeerServer
) -> None:
    oslo.answer_for = lambda one: 500 if one.activity["object"].endswith("/13") else 202
    await post.enqueue("Create", 13, DIRECT)
    for number in range(20, 30):
        await post.enqueue("Create", number, FOLLOWERS)
        await post.send()
        post.clock.advance(HOUR)
    for _ in range(FAILURES_OF_ONE_MESSAGE * 2):
        await post.enqueue("Like", 40, FOLLOWERS)
        await post.send()
        post.clock.advance(DAY // 4)
    assert {body["object"].rpartition("/")[2] for body in oslo.bodies()} == {
        *(str(number) for number in range(20, 30)),
        "40",
    }
    (problem,) = await post.database.read(post.overview.problems)
    assert problem.object_uri.endswith("/13")


async def test_what_is_too_old_is_given_up(post: Post, oslo: PeerServer) -> None:
    oslo.answers = [500] * 2
    await post.enqueue("Create", 1, FOLLOWERS)
    await post.enqueue("Delete", 2, FOLLOWERS)
    await post.send()
    oslo.answers = []
    post.clock.advance(20 * DAY)
    await post.send()
    assert [body["type"] for body in oslo.bodies()] == ["Delete"]
    (problem,) = await post.database.read(post.overview.problems)
    assert problem.error.startswith("expired; 500")


# Signatures


async def test_other_signature_is_tried_once_and_remembered(post: Post, oslo: PeerServer) -> None:
    oslo.refuses = {SignatureScheme.CAVAGE}
    for number in range(3):
        await post.enqueue("Create", number, FOLLOWERS)
        await post.send()
    assert [one.scheme for one in oslo.received] == [SignatureScheme.RFC9421] * 3
    (row,) = await post.rows("destination")
    assert row.scheme == Scheme.RFC9421_RSA
    oslo.refuses = {SignatureScheme.RFC9421}
    await post.enqueue("Create", 9, FOLLOWERS)
    await post.send()
    (row,) = await post.rows("destination")
    assert row.scheme == Scheme.CAVAGE


async def test_fedrse_peers_get_ed25519(post: Post, oslo: PeerServer) -> None:
    post.rules.schemes[oslo.host] = Scheme.RFC9421_ED25519
    await post.enqueue("Create", 1, FOLLOWERS)
    await post.send()
    (received,) = oslo.received
    assert received.key_id == f"{OWN}/ap/u/1#ed25519-1"
    assert 'tag="fedrse-s2s"' in received.headers["signature-input"]


async def test_key_change_is_announced_with_the_old_key(
    post: Post, oslo: PeerServer, people: People
) -> None:
    old = people.keys[1]
    fresh = SigningKey(f"{OWN}/ap/u/1#main-key-2", rsa_key(3))
    people.keys[1] = Keys(fresh, old.ed25519, previous_rsa=old.rsa)
    oslo.keys = people.verify_keys()
    await post.enqueue("Update", 1, FOLLOWERS, object={"id": f"{OWN}/ap/u/1", "type": "Person"})
    await post.enqueue("Create", 2, FOLLOWERS)
    await post.send()
    assert [one.key_id for one in oslo.received] == [old.rsa.key_id, fresh.key_id]


async def test_key_change_is_told_with_the_new_key_to_who_knows_no_other(
    post: Post, oslo: PeerServer, people: People
) -> None:
    old = people.keys[1]
    fresh = SigningKey(f"{OWN}/ap/u/1#main-key-2", rsa_key(3))
    people.keys[1] = Keys(fresh, old.ed25519, previous_rsa=old.rsa)
    oslo.keys = people.verify_keys()
    oslo.answers = [401]
    await post.enqueue("Update", 1, FOLLOWERS, object={"id": f"{OWN}/ap/u/1", "type": "Person"})
    await post.send()
    assert [one.key_id for one in oslo.received] == [fresh.key_id]  # after the one refused
    assert await post.database.read(post.overview.problems) == []


async def test_sender_without_keys_is_a_problem_of_that_message_only(
    post: Post, oslo: PeerServer, people: People
) -> None:
    people.followers[7] = people.followers[1]
    await post.enqueue("Create", 1, Recipients(followers_of=7), sender=7)
    await post.enqueue("Create", 2, FOLLOWERS)
    await post.send()
    assert [body["object"][-1] for body in oslo.bodies()] == ["2"]
    assert len(await post.database.read(post.overview.problems)) == 1


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


# Hosts


async def test_hanging_host_delays_nobody(
    post: Post, oslo: PeerServer, clock: ManualClock, people: People
) -> None:
    async with AsyncExitStack() as stack:
        hanging = [await stack.enter_async_context(peer_server(clock)) for _ in range(3)]
        for peer in hanging:
            peer.keys = people.verify_keys()
            peer.gate.clear()
            people.followers[1].append(Inbox(f"{peer.origin}/inbox", peer.host))
        for number in range(20):
            await post.enqueue("Create", number, FOLLOWERS)
        await post.runner.run_due()
        sender = post.sender()
        running = asyncio.create_task(sender.run_due())
        for _ in range(200):
            if len(oslo.bodies()) == 20:
                break
            await asyncio.sleep(0.02)
        assert len(oslo.bodies()) == 20
        assert all(peer.most_concurrent <= 2 for peer in hanging)
        for peer in hanging:
            peer.gate.set()
        await running
        for peer in hanging:
            assert [body["object"] for body in peer.bodies()] == [
                f"{OWN}/ap/n/{number}" for number in range(20)
            ]


@pytest.mark.parametrize(
    "garbage",
    [
        b"HTTP/1.1 202 Accepted\r\n" + b"X-Filler: " + b"x" * 9000 + b"\r\n",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        answer(status="302 Found", headers={"Location": "http://localhost:1/"}),
    ],
)
async def test_garbage_is_a_state_of_the_host_not_the_end_of_a_message(
    post: Post, people: People, garbage: bytes
) -> None:
    async with raw_server(always(garbage)) as server:
        host = f"localhost:{server.port}"
        people.followers[1] = [Inbox(f"{server.url}/inbox", host)]
        await post.enqueue("Create", 1, FOLLOWERS)
        await post.send()
    (row,) = await post.rows("destination")
    (waiting,) = await post.rows("delivery")
    assert (row.failures, waiting.failed_at) == (1, None)


async def test_blocked_host_gets_nothing_even_if_it_waits(post: Post, oslo: PeerServer) -> None:
    await post.enqueue("Create", 1, FOLLOWERS)
    await post.runner.run_due()
    post.rules.blocked.add(oslo.host)
    await post.sender().run_due()
    await post.enqueue("Create", 2, FOLLOWERS)
    await post.send()
    assert oslo.bodies() == []
    (problem,) = await post.database.read(post.overview.problems)
    assert problem.error.startswith("host_blocked")


async def test_nothing_is_lost_by_a_restart(
    site_url: str, tmp_path: Path, clock: ManualClock, people: People, oslo: PeerServer
) -> None:
    first = await open_database(site_url, tmp_path)
    post = Post(first, clock, people)
    oslo.gate.clear()
    for number in range(30):
        await post.enqueue("Create", number, FOLLOWERS)
    await post.runner.run_due()
    await post.enqueue("Create", 30, FOLLOWERS)  # not expanded yet
    running = asyncio.create_task(post.sender().run_due())
    await asyncio.sleep(0.2)
    running.cancel()  # killed in the middle of a request
    await asyncio.gather(running, return_exceptions=True)
    tasks = [task for task in asyncio.all_tasks() if "_drain" in repr(task)]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await post.close()
    await first.close()
    oslo.gate.set()

    clock.advance(SECOND)
    second = await open_database(site_url, tmp_path)
    again = Post(second, clock, people)
    if second.dialect == "sqlite":
        # Nobody else can be sending: the start frees what the killed process had.
        await again.runner.run_due()
        sender = again.sender()
        await sender.start()
        for _ in range(200):
            if len({body["object"] for body in oslo.bodies()}) == 31:
                break
            await asyncio.sleep(0.02)
        await sender.stop()
    else:
        clock.advance(DAY)
        await again.send()
    objects = [body["object"] for body in oslo.bodies()]
    assert list(dict.fromkeys(objects)) == [f"{OWN}/ap/n/{number}" for number in range(31)]
    await again.close()
    await second.close()


async def test_processes_on_one_postgres_send_everything_once(
    site_url: str, tmp_path: Path, clock: ManualClock, people: People
) -> None:
    if not site_url.startswith("postgresql"):
        pytest.skip("SQLite has one process")
    async with AsyncExitStack() as stack:
        peers = [await stack.enter_async_context(peer_server(clock)) for _ in range(6)]
        for peer in peers:
            peer.keys = people.verify_keys()
            people.followers[1].append(Inbox(f"{peer.origin}/inbox", peer.host))
        databases = [await open_database(site_url, tmp_path) for _ in range(3)]
        posts = [Post(database, clock, people) for database in databases]
        for number in range(25):
            await posts[0].enqueue("Create", number, FOLLOWERS)
        await asyncio.gather(*(post.runner.run_due() for post in posts))
        counts = await asyncio.gather(
            *(post.sender(f"p{number}").run_due() for number, post in enumerate(posts))
        )
        assert sum(counts) == 6
        for peer in peers:
            assert [body["object"] for body in peer.bodies()] == [
                f"{OWN}/ap/n/{number}" for number in range(25)
            ]
        for post in posts:
            await post.close()
        for database in databases:
            await database.close()


async def test_started_sender_sends_what_is_enqueued(post: Post, oslo: PeerServer) -> None:
    sender = post.sender()
    await post.runner.start()
    await sender.start()
    if post.database.dialect == "postgresql":
        await asyncio.sleep(0.3)  # LISTEN needs a connection of its own
    await post.enqueue("Create", 1, FOLLOWERS)
    for _ in range(200):
        if oslo.bodies():
            break
        await asyncio.sleep(0.02)
    assert len(oslo.bodies()) == 1
    await sender.stop()
    await post.runner.stop()


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


# Several processes


async def test_a_host_is_kept_while_it_is_slow_and_lost_by_who_is_not_heard_of(
    post: Post, oslo: PeerServer, clock: ManualClock
) -> None:
    held = oslo.gate
    held.clear()
    await post.enqueue("Like", 1, DIRECT)
    await post.runner.run_due()
    slow, other = post.sender("slow"), post.sender("other")
    sending = asyncio.create_task(slow.run_due())
    while oslo.concurrent == 0:
        await asyncio.sleep(0.01)
    clock.advance(30 * SECOND - 1)
    await post.database.write(slow.extend)
    await post.database.write(other.extend)
    clock.advance(30 * SECOND - 1)
    assert await other.run_due() == 0
    assert [row.lease_owner for row in await post.rows("destination")] == ["slow"]
    # It is not heard of for long enough: another one sends, and the schedule is theirs.
    clock.advance(1)
    oslo.gate = asyncio.Event()
    oslo.gate.set()
    assert await other.run_due() == 1
    assert len(oslo.received) == 1
    before = await post.rows("destination")
    oslo.answer_for = lambda _received: 500
    held.set()
    await sending
    assert await post.rows("destination") == before
    assert (before[0].failures, before[0].due_at, before[0].lease_owner) == (0, None, None)
