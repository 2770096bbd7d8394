"""When a host is tried again, and what becomes of what waits for it."""

from __future__ import annotations

from fedrse.activitypub.delivery_queries import REST
from fedrse.activitypub.schedule import FAILURES_OF_ONE_MESSAGE, JITTER, STEPS
from fedrse.core.clock import DAY, HOUR
from tests.activitypub.delivery.post import DIRECT, FOLLOWERS, OWN, Post
from tests.activitypub.peer_server import PeerServer, Received


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
