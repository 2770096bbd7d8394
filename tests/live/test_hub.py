"""Live messages arrive after commit, in every process, in order."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from fedrse.live.hub import QUEUE_LENGTH, Hub, Message, Subscription
from fedrse.store.database import Database, Transaction
from fedrse.store.engine import open_database


async def settle(database: Database) -> None:
    if database.dialect == "postgresql":
        await asyncio.sleep(0.3)  # LISTEN needs a connection of its own


async def take(subscription: Subscription, count: int) -> list[Message]:
    async with asyncio.timeout(5):
        return [await anext(subscription) for _ in range(count)]


async def publish(database: Database, hub: Hub, channels: list[str], payload: str) -> None:
    async def unit(tx: Transaction) -> None:
        hub.publish(tx, channels, payload)

    await database.write(unit)


async def test_messages_reach_the_channels_named(site_database: Database) -> None:
    hub = Hub(site_database)
    await settle(site_database)
    home, other = hub.subscribe("home:1", "user:1"), hub.subscribe("home:2")
    await publish(site_database, hub, ["home:1", "home:3"], "update 7")
    await publish(site_database, hub, ["user:1", "home:2"], "é")
    assert await take(home, 2) == [Message("home:1", "update 7"), Message("user:1", "é")]
    assert await take(other, 1) == [Message("home:2", "é")]


async def test_nothing_is_said_about_what_was_undone(site_database: Database) -> None:
    hub = Hub(site_database)
    await settle(site_database)
    home = hub.subscribe("home:1")

    async def fails(tx: Transaction) -> None:
        hub.publish(tx, ["home:1"], "never")
        raise ValueError

    with pytest.raises(ValueError):
        await site_database.write(fails)
    await publish(site_database, hub, ["home:1"], "happened")
    assert await take(home, 1) == [Message("home:1", "happened")]


async def test_many_channels_do_not_fit_one_notification(site_database: Database) -> None:
    hub = Hub(site_database)
    await settle(site_database)
    last = hub.subscribe("home:99999")
    channels = [f"home:{number}" for number in range(99_000, 100_000)]
    await publish(site_database, hub, channels, "update 7")
    assert await take(last, 1) == [Message("home:99999", "update 7")]
    with pytest.raises(ValueError):
        await publish(site_database, hub, ["home:1"], "x" * 6000)


async def test_slow_readers_lose_the_oldest_and_are_told(tmp_path: Path) -> None:
    database = await open_database("sqlite:t.db", tmp_path)
    hub = Hub(database)
    slow = hub.subscribe("home:1")
    for number in range(QUEUE_LENGTH + 3):
        await publish(database, hub, ["home:1"], str(number))
    messages = await take(slow, QUEUE_LENGTH)
    assert (messages[0].payload, messages[0].lost) == ("3", 3)
    assert messages[1].lost == 0
    await database.close()


async def test_channels_come_and_go(tmp_path: Path) -> None:
    database = await open_database("sqlite:t.db", tmp_path)
    hub = Hub(database)
    stream = hub.subscribe("a")
    stream.listen_to("b")
    stream.leave("a")
    assert not hub.is_watched("a")
    await publish(database, hub, ["a"], "1")
    await publish(database, hub, ["b"], "2")
    assert await take(stream, 1) == [Message("b", "2")]
    stream.close()
    assert not hub.is_watched("b")
    assert [message async for message in stream] == []
    await database.close()


async def test_two_processes_hear_each_other(site_url: str, tmp_path: Path) -> None:
    if not site_url.startswith("postgresql"):
        pytest.skip("SQLite has one process")
    here, there = [await open_database(site_url, tmp_path) for _ in range(2)]
    hub_here, hub_there = Hub(here), Hub(there)
    await settle(here)
    listener = hub_there.subscribe("home:1")
    await publish(here, hub_here, ["home:1"], "update 7")
    assert await take(listener, 1) == [Message("home:1", "update 7")]
    await here.close()
    await there.close()
