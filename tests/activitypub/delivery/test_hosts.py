"""Hosts that hang or answer nonsense, restarts, and several processes that send."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from fedrse.activitypub.outbox import Inbox
from fedrse.core.clock import DAY, SECOND, ManualClock
from fedrse.store.engine import open_database
from tests.activitypub.delivery.post import DIRECT, FOLLOWERS, OWN, People, Post
from tests.activitypub.peer_server import PeerServer, peer_server
from tests.net.servers import always, answer, raw_server


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
