"""Processing: once each, in order per actor, as soon as there is something to do."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from fedrse.activitypub.dispatch import Ignored, Received, Refused
from fedrse.activitypub.overview import InboxOverview
from fedrse.activitypub.processing import MOST_ATTEMPTS, RETRY_AFTER
from fedrse.core.clock import DAY
from fedrse.core.errors import Invalid
from fedrse.store.database import Transaction
from fedrse.store.engine import open_database
from tests.activitypub.processing_office import AMINA, MESSAGES, Office
from tests.activitypub.runtime_kit import OSLO


async def test_messages_are_processed_in_order_of_arrival(office: Office) -> None:
    names = [f"m{number}" for number in range(12)]
    for name in names:
        await office.send(AMINA, name)
    processor = office.processor(batch=5)
    assert await processor.run_due() == 12
    assert await processor.run_due() == 0
    assert await office.names() == names
    assert set((await office.states()).values()) == {("done", "created")}


async def test_ends_are_kept_with_their_reason_and_without_effect(office: Office) -> None:
    office.errors = {
        "ignored": Ignored("not_for_us"),
        "refused": Refused("not_the_owner"),
        "invalid": Invalid("too_long", "Too long."),
        "broken": RuntimeError("a mistake of ours"),
    }
    for name in ("first", *office.errors, "last"):
        await office.send(AMINA, name)
    await office.send(AMINA, "unheard", type="Dance")
    await office.processor().run_due()
    assert await office.names() == ["first", "last"]
    assert await office.states() == {
        "first": ("done", "created"),
        "ignored": ("ignored", "not_for_us"),
        "refused": ("refused", "not_the_owner"),
        "invalid": ("refused", "too_long"),
        "broken": ("failed", "RuntimeError: a mistake of ours"),
        "last": ("done", "created"),
        "unheard": ("ignored", "unknown_type"),
    }


async def test_what_messages_leave_to_be_done_together(office: Office) -> None:
    for name in ("one", "two", "three"):
        await office.send(AMINA, name, later=name.upper())
    await office.processor().run_due()
    assert office.foreseen[0] == ["one", "two", "three"]
    assert await office.names() == ["one", "two", "three", "ONE+TWO+THREE"]


async def test_messages_that_cannot_be_foreseen_are_processed(office: Office) -> None:
    async def fail(_tx: Transaction, _batch: Sequence[Received]) -> None:
        raise TypeError("unhashable")

    office.dispatcher.on_batch(fail)
    for name in ("one", "two"):
        await office.send(AMINA, name)
    await office.processor().run_due()
    assert await office.names() == ["one", "two"]


async def test_what_cannot_be_done_together_stops_nobody_else(office: Office) -> None:
    """The message that it belongs to fails alone."""
    for name, later in (("one", "ONE"), ("two", "impossible"), ("three", "THREE")):
        await office.send(AMINA, name, later=later)
    await office.processor().run_due()
    assert await office.names() == ["one", "ONE", "three", "THREE"]
    states = await office.states()
    assert [state for state, _ in states.values()] == ["done", "failed", "done"]
    assert "impossible" in states["two"][1]


async def test_failures_are_tried_again_and_in_the_end_wait_for_people(office: Office) -> None:
    office.errors["broken"] = RuntimeError("always")
    await office.send(AMINA, "broken")
    for delay in RETRY_AFTER:
        assert await office.processor().run_due() == 1
        assert await office.processor().run_due() == 0
        office.clock.advance(delay)
    assert await office.processor().run_due() == 1
    office.clock.advance(30 * DAY)
    assert await office.processor().run_due() == 0
    overview = InboxOverview(clock=office.clock)
    (problem,) = await office.database.read(overview.problems)
    assert (problem.state, problem.attempts) == ("failed", MOST_ATTEMPTS)
    office.errors.clear()
    assert await office.database.write(overview.retry, [problem.id]) == 1
    assert await office.processor().run_due() == 1
    assert (await office.states())["broken"] == ("done", "created")


async def test_dropped_messages_stay_dropped(office: Office) -> None:
    office.errors["bad"] = Refused("no")
    await office.send(AMINA, "bad")
    await office.processor().run_due()
    overview = InboxOverview(clock=office.clock)
    (problem,) = await office.database.read(overview.problems)
    assert await office.database.write(overview.drop, [problem.id]) == 1
    assert await office.database.write(overview.retry, [problem.id]) == 0
    assert await office.database.read(overview.problems) == []


async def test_processes_on_one_postgres_share_and_keep_the_order(
    site_url: str, tmp_path: Path
) -> None:
    if not site_url.startswith("postgresql"):
        pytest.skip("SQLite has one process")
    databases = [await open_database(site_url, tmp_path) for _ in range(3)]
    seen: defaultdict[str, list[int]] = defaultdict(list)
    offices = [Office(database, node) for node, database in enumerate(databases)]

    async def handle(tx: Transaction, received: Received) -> str:
        await tx.all(MESSAGES)  # takes a while, so that processes overlap
        number = received.activity["number"]
        tx.after_commit(lambda: seen[received.actor].append(number))
        return "created"

    for office in offices:
        office.dispatcher.on("Count", handle)
    for number in range(20):
        for person in range(8):
            actor = f"{OSLO}/ap/u/{person}"
            await offices[0].send(actor, f"c{number}", type="Count", number=number)
    counts = await asyncio.gather(*(office.processor(batch=7).run_due() for office in offices))
    assert sum(counts) == 160
    assert all(numbers == list(range(20)) for numbers in seen.values())
    assert len(seen) == 8
    for database in databases:
        await database.close()


async def test_a_new_message_wakes_the_processor(office: Office) -> None:
    processor = office.processor()
    await processor.start()
    if office.database.dialect == "postgresql":
        await asyncio.sleep(0.3)  # LISTEN needs a connection of its own
    await office.send(AMINA, "m1")
    for _ in range(100):
        if await office.names():
            break
        await asyncio.sleep(0.01)
    assert await office.names() == ["m1"]
    await processor.stop()


async def test_what_came_before_anybody_listened_is_looked_for_at_once(office: Office) -> None:
    """A hint that nobody heard, at the start or while the connection was lost, is made up for."""
    processor = office.processor()
    await processor.start()
    await office.send(AMINA, "a1")
    try:
        async with asyncio.timeout(5):  # it would look by itself after ten seconds
            while not await office.names():
                await asyncio.sleep(0.01)
    finally:
        await processor.stop()


async def test_the_processor_is_told_after_the_message_is_queued(office: Office) -> None:
    """Told before, it might look before, find nothing, and sleep with the message in the table."""
    order: list[str] = []
    database = office.database
    write, hint = database.write, database.hint

    def noted_write(unit: Any, *args: Any, **kwargs: Any) -> Any:
        async def queue() -> Any:
            order.append("queued")
            return await write(unit, *args, **kwargs)

        return queue()

    def noted_hint(channel: str) -> None:
        order.append("told")
        hint(channel)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "write", noted_write)
        patch.setattr(database, "hint", noted_hint)
        await office.send(AMINA, "one")
    assert order == ["queued", "told"]


async def test_messages_wake_a_processor_that_is_about_to_sleep(office: Office) -> None:
    """Each message comes at another moment of its round; none waits for the next look."""
    processor = office.processor()
    await processor.start()
    try:
        for number in range(60):
            before = len(await office.names())
            sending = asyncio.create_task(office.send(AMINA, f"m{number}"))
            for _ in range(number % 12):
                await asyncio.sleep(0)
            await sending
            async with asyncio.timeout(5):  # it would look by itself after ten seconds
                while len(await office.names()) == before:
                    await asyncio.sleep(0.005)
    finally:
        await processor.stop()
