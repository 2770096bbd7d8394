"""The registry of open streams: who gets what, and how many there may be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from fedrse.core.errors import TooMany
from fedrse.features.streaming import service
from fedrse.features.streaming.model import Dispatch, Message, Topic, Watching
from fedrse.features.streaming.service import Hint, Streams, same_for_all
from fedrse.live.hub import Hub
from fedrse.store.database import Database, Transaction

VALID = {"token:good"}


class Ear:
    """A connection that remembers what it was sent."""

    def __init__(self, account_id: int, credential: str = "token:good") -> None:
        self.account_id = account_id
        self.credential = credential
        self.hears_notifications = True
        self.topics: dict[Topic, bytes] = {}
        self.heard: list[tuple[str, str, bytes | None]] = []
        self.beats = 0
        self.ended: str | None = None

    def send(self, message: Message, topic: Topic) -> None:
        self.heard.append((topic[0], message.event, message.payload))

    def beat(self) -> None:
        self.beats += 1

    def end(self, reason: str) -> None:
        self.ended = reason


async def still_valid(tx: Transaction, credentials: Sequence[str]) -> set[str]:
    return VALID & set(credentials)


@pytest.fixture
async def streams(database: Database) -> AsyncIterator[Streams]:
    made = Streams(database=database, hub=Hub(database), still_valid=still_valid)
    await made.start()
    if database.dialect == "postgresql":
        await asyncio.sleep(0.3)  # LISTEN needs a connection of its own
    yield made
    await made.stop()


async def tell(streams: Streams, database: Database, event: str, *hint: int) -> None:
    async def unit(tx: Transaction) -> None:
        streams.tell(tx, event, hint)

    await database.write(unit)


def join(streams: Streams, ear: Ear, *topics: Topic) -> Ear:
    streams.open(ear)
    for topic in topics:
        streams.watch(ear, topic, b'["x"]')
    return ear


async def until_heard(ear: Ear, count: int = 1) -> None:
    async with asyncio.timeout(10):
        while len(ear.heard) < count:
            await asyncio.sleep(0.01)


async def payload_of(tx: Transaction, hint: Hint) -> bytes | None:
    return str(hint[0]).encode() if hint[0] else None


async def test_an_event_for_everybody_is_three_lines(streams: Streams, database: Database) -> None:
    streams.add_source(same_for_all(payload_of), "announcement")
    one, other = join(streams, Ear(1), ("user", 1)), join(streams, Ear(2), ("user", 2))
    bystander = join(streams, Ear(3), ("public", ""))
    for number in (0, 5):  # what is gone meanwhile is left out
        await tell(streams, database, "announcement", number)
    await tell(streams, database, "unheard of", 7)
    await until_heard(one)
    await until_heard(other)
    assert one.heard == other.heard == [("user", "announcement", b"5")]
    assert bystander.heard == []


async def test_events_keep_their_order_and_cost_one_read(
    streams: Streams, database: Database
) -> None:
    calls: list[int] = []

    async def source(
        tx: Transaction, hints: Sequence[tuple[str, Hint]], watching: Watching
    ) -> list[Dispatch]:
        calls.append(len(hints))
        assert watching.of("hashtag") == {"a": frozenset({1})}
        return [
            Dispatch("hashtag", "a", {1: Message(event, str(hint[0]).encode())})
            for event, hint in hints
        ]

    streams.add_source(source, "update", "delete")
    ear = join(streams, Ear(1), ("hashtag", "a"))

    async def unit(tx: Transaction) -> None:
        for number in range(50):
            streams.tell(tx, "delete" if number % 5 == 4 else "update", [number])

    await database.write(unit)
    await until_heard(ear, 50)
    assert [payload for _, _, payload in ear.heard] == [b"%d" % number for number in range(50)]
    assert len(calls) < 10


async def test_a_broken_source_does_not_end_the_others(
    streams: Streams, database: Database
) -> None:
    async def broken(
        tx: Transaction, hints: Sequence[tuple[str, Hint]], watching: Watching
    ) -> list[Dispatch]:
        raise RuntimeError

    streams.add_source(broken, "broken")
    streams.add_source(same_for_all(payload_of), "announcement")
    ear = join(streams, Ear(1), ("user", 1))
    await tell(streams, database, "broken", 1)
    await asyncio.sleep(0.1)
    await tell(streams, database, "announcement", 2)
    await until_heard(ear)


async def test_leaving_and_closing(streams: Streams, database: Database) -> None:
    streams.add_source(same_for_all(payload_of), "announcement")
    gone, left = join(streams, Ear(1), ("user", 1)), join(streams, Ear(1), ("user", 1))
    stays = join(streams, Ear(1), ("user", 1))
    streams.close(gone)
    streams.leave(left, ("user", 1))
    streams.leave(left, ("user", 1))
    assert len(streams) == 2
    await tell(streams, database, "announcement", 2)
    await until_heard(stays)
    assert gone.heard == left.heard == []
    for ear in (left, stays):
        streams.close(ear)
    assert len(streams) == 0


def test_bounds(monkeypatch: pytest.MonkeyPatch, database: Database) -> None:
    streams = Streams(database=database, hub=Hub(database), still_valid=still_valid)
    monkeypatch.setattr(service, "MOST_PER_PERSON", 3)
    monkeypatch.setattr(service, "MOST_TOPICS", 2)
    for _ in range(3):
        last = join(streams, Ear(1), ("user", 1), ("direct", 1), ("user", 1))
    with pytest.raises(TooMany):
        streams.open(Ear(1))
    with pytest.raises(TooMany):
        streams.watch(last, ("public", ""), b"")
    streams.close(last)
    streams.open(Ear(1))


async def test_notifications_need_their_scope(streams: Streams, database: Database) -> None:
    async def source(
        tx: Transaction, hints: Sequence[tuple[str, Hint]], watching: Watching
    ) -> list[Dispatch]:
        return [Dispatch("user", None, {1: Message(event, b"1")}) for event, _ in hints]

    streams.add_source(source, "notification", "update")
    deaf, ear = join(streams, Ear(1), ("user", 1)), join(streams, Ear(1), ("user", 1))
    deaf.hears_notifications = False
    await tell(streams, database, "notification", 1)
    await tell(streams, database, "update", 1)
    await until_heard(ear, 2)
    assert [event for _, event, _ in deaf.heard] == ["update"]


async def test_revocation_ends_streams(streams: Streams) -> None:
    good, bad = join(streams, Ear(1)), join(streams, Ear(1, "token:bad"))
    other = join(streams, Ear(2, "token:bad"))
    streams.heard_revocation("account:1")
    async with asyncio.timeout(10):
        while bad.ended is None:
            await asyncio.sleep(0.01)
    assert good.ended is None
    assert other.ended is None
    streams.heard_revocation("token:bad")
    async with asyncio.timeout(10):
        while other.ended is None:
            await asyncio.sleep(0.01)
    assert good.ended is None


async def test_the_sweep_finds_what_nobody_told(streams: Streams) -> None:
    good, bad = join(streams, Ear(1)), join(streams, Ear(2, "token:bad"))
    await streams.sweep()
    assert (good.beats, good.ended) == (1, None)
    assert bad.ended is not None
