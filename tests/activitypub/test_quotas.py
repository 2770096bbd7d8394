"""How much one peer may ask of this site."""

from __future__ import annotations

import pytest

from fedrse.activitypub import inbox_queries
from fedrse.activitypub.quotas import EXCEEDED, Quota, Quotas
from fedrse.core.clock import DAY, MINUTE, SECOND, ManualClock
from fedrse.core.errors import TooMany
from fedrse.core.settings_limits import LimitSettings
from fedrse.store.database import Database, Transaction

SETTINGS = LimitSettings(
    inbox_per_minute=3,
    fetches_per_minute=2,
    signed_requests_per_minute=2,
    new_actors_per_day=2,
    media_megabytes_per_day=1,
    waiting_messages=10,
)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def make(database: Database, clock: ManualClock, settings: LimitSettings = SETTINGS) -> Quotas:
    return Quotas(
        settings=settings,
        clock=clock,
        database=database,
        is_trusted=lambda host: host == "member.test",
    )


def test_messages_are_counted_by_peer(site_database: Database, clock: ManualClock) -> None:
    quotas = make(site_database, clock)
    for _ in range(3):
        quotas.check("a.test")
        quotas("a.test")
    quotas.check("a.test")  # not known to be empty before one more has been proved
    with pytest.raises(TooMany) as caught:
        quotas("a.test")
    assert (caught.value.code, caught.value.retry_after) == (EXCEEDED, 20)
    with pytest.raises(TooMany):
        quotas.check("a.test")
    quotas.check("b.test")
    quotas("b.test")
    clock.advance(MINUTE // 3)
    quotas.check("a.test")
    quotas("a.test")


def test_whoever_is_not_proved_uses_nothing_up(site_database: Database, clock: ManualClock) -> None:
    quotas = make(site_database, clock)
    for _ in range(100):
        quotas.check("a.test")
    quotas("a.test")


def test_members_have_ten_times_as_much(site_database: Database, clock: ManualClock) -> None:
    quotas = make(site_database, clock)
    quotas.take(Quota.ACTORS, "member.test", 20)
    quotas.take(Quota.ACTORS, "other.test", 2)
    for host in ("member.test", "other.test"):
        with pytest.raises(TooMany):
            quotas.take(Quota.ACTORS, host)
    clock.advance(DAY)
    quotas.take(Quota.ACTORS, "other.test")


def is_left(quotas: Quotas, host: str) -> bool:
    try:
        quotas.require(Quota.MEDIA, host)
    except TooMany as error:
        assert error.retry_after > 0  # noqa: PT017  (of every refusal)
        return False
    return True


def test_files_are_counted_as_they_come(site_database: Database, clock: ManualClock) -> None:
    quotas = make(site_database, clock)
    assert is_left(quotas, "a.test")
    quotas.spend(Quota.MEDIA, "a.test", 3 << 20)
    assert not is_left(quotas, "a.test")
    assert is_left(quotas, "b.test")
    clock.advance(DAY)
    assert not is_left(quotas, "a.test"), "what was too much is still owed"
    with pytest.raises(TooMany) as caught:
        quotas.require(Quota.MEDIA, "a.test")
    assert caught.value.retry_after * SECOND == pytest.approx(DAY, rel=0.01)
    clock.advance(2 * DAY)
    assert is_left(quotas, "a.test")


def test_who_causes_too_many_fetches_is_not_taken_from_meanwhile(
    site_database: Database, clock: ManualClock
) -> None:
    quotas = make(site_database, clock)
    quotas.take(Quota.FETCHES, "a.test", 2)
    quotas.check("a.test")
    with pytest.raises(TooMany):
        quotas.take(Quota.FETCHES, "a.test", 1)
    with pytest.raises(TooMany) as caught:
        quotas.check("a.test")
    assert caught.value.details["quota"] == "fetches"
    assert caught.value.retry_after == 30
    quotas.check("b.test")
    clock.advance(MINUTE // 2)
    quotas.check("a.test")
    quotas.take(Quota.FETCHES, "a.test", 1)


def test_questions_are_counted_by_peer(site_database: Database, clock: ManualClock) -> None:
    quotas = make(site_database, clock)
    for _ in range(2):
        quotas.take(Quota.REQUESTS, "a.test")
    with pytest.raises(TooMany) as caught:
        quotas.take(Quota.REQUESTS, "a.test")
    assert caught.value.retry_after == 30
    quotas.take(Quota.REQUESTS, "b.test")
    quotas.check("a.test")  # what it sends is another matter


async def test_a_peer_of_which_too_much_waits_comes_again_later(
    site_database: Database, clock: ManualClock
) -> None:
    async def add(tx: Transaction, count: int, state: str) -> None:
        rows = [
            {
                "id": number + (1000 if state == "done" else 0),
                "actor": "http://a.test/u/1",
                "host": "a.test",
                "activity_id": f"http://a.test/{state}/{number}",
                "type": "Like",
                "body": b"{}",
                "digest": b"",
                "state": state,
                "due_at": 0,
                "partition": 0,
                "received_at": 0,
                "policy": None,
            }
            for number in range(count)
        ]
        await tx.many(inbox_queries.ADD, rows)

    quotas = make(site_database, clock)
    await site_database.write(add, 11, "done")
    await site_database.write(add, 10, "held")
    await quotas.look()
    quotas.check("a.test")
    await site_database.write(_one_more)
    await quotas.look()
    with pytest.raises(TooMany):
        quotas.check("a.test")
    quotas.check("b.test")


async def _one_more(tx: Transaction) -> None:
    row = {
        "id": 5000,
        "actor": "http://a.test/u/1",
        "host": "a.test",
        "activity_id": "http://a.test/more",
        "type": "Like",
        "body": b"{}",
        "digest": b"",
        "state": "pending",
        "due_at": 0,
        "partition": 0,
        "received_at": 0,
        "policy": None,
    }
    await tx.many(inbox_queries.ADD, [row])


def test_switched_off_nothing_is_counted(site_database: Database, clock: ManualClock) -> None:
    quotas = make(site_database, clock, LimitSettings(enabled=False, inbox_per_minute=1))
    for _ in range(10):
        quotas.check("a.test")
        quotas("a.test")
        quotas.take(Quota.ACTORS, "a.test", 10_000_000)
    assert is_left(quotas, "a.test")
