"""What a message needs is fetched first: it waits, others go on, and nothing is lost."""

from __future__ import annotations

import asyncio
import zlib
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from fedrse.activitypub import processing
from fedrse.activitypub.document_client import FetchFailed
from fedrse.activitypub.intake import PARTITIONS
from fedrse.activitypub.processing import BUSY, RETRY_AFTER
from fedrse.core.clock import DAY
from fedrse.store.database import Transaction
from fedrse.store.engine import open_database
from tests.activitypub.processing_office import AMINA, BRUNO, Office, Web, until_done, until_state
from tests.activitypub.runtime_kit import OSLO


async def test_what_is_needed_is_fetched_and_the_message_runs_again(office: Office) -> None:
    office.web.online.add("https://a.example/1")
    await office.send(AMINA, "reply", needs="https://a.example/1")
    await office.processor().run_due()
    assert office.web.fetched == ["https://a.example/1"]
    assert await office.states() == {"reply": ("done", "created")}


async def test_what_cannot_be_had_is_told_to_the_handler(office: Office) -> None:
    await office.send(AMINA, "reply", needs="https://a.example/404")
    await office.processor().run_due()
    assert await office.states() == {"reply": ("done", "without")}


async def test_known_under_another_id_does_not_go_round_for_ever(office: Office) -> None:
    class Elsewhere(Web):
        def _one(self, uri: str) -> FetchFailed | None:
            self.fetched.append(uri)
            return None  # stored, but not under this address

    office.web = Elsewhere()
    await office.send(AMINA, "reply", needs="https://a.example/@x/1")
    await office.processor().run_due()
    assert office.web.fetched == ["https://a.example/@x/1"]
    assert await office.states() == {"reply": ("done", "without")}


async def test_hosts_that_are_down_are_waited_for(office: Office) -> None:
    office.web.down.add("https://a.example/1")
    await office.send(AMINA, "boost", needs="https://a.example/1")
    await office.send(AMINA, "later")
    await office.processor().run_due()
    assert await office.states() == {
        "boost": ("failed", "fetch https://a.example/1"),
        "later": ("done", "created"),
    }
    office.web.online.add("https://a.example/1")
    office.clock.advance(RETRY_AFTER[0])
    await office.processor().run_due()
    assert (await office.states())["boost"] == ("done", "created")


async def test_others_go_on_while_one_actor_waits_for_a_fetch(office: Office) -> None:
    office.web.online.add("https://a.example/1")
    office.web.open.clear()
    processor = office.processor()
    await processor.start()
    if office.database.dialect == "postgresql":
        await asyncio.sleep(0.3)  # LISTEN needs a connection of its own
    await office.send(AMINA, "a1", needs="https://a.example/1")
    await office.send(AMINA, "a2")
    for number in range(3):
        await office.send(BRUNO, f"b{number}")
        await office.send(AMINA, f"a{number + 3}")
    for _ in range(200):
        if len(await office.names()) == 3:
            break
        await asyncio.sleep(0.02)
    assert await office.names() == ["b0", "b1", "b2"]
    assert (await office.states())["a1"] == ("fetching", "")
    office.web.open.set()
    for _ in range(200):
        if len(await office.names()) == 8:
            break
        await asyncio.sleep(0.02)
    assert (await office.names())[3:] == ["a1", "a2", "a3", "a4", "a5"]
    await processor.stop()


async def test_a_processor_sleeps_while_all_that_is_left_waits_for_a_fetch(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also in the last partition, after which the first one comes again."""
    people = (f"{OSLO}/ap/u/{number}" for number in count())
    last = next(uri for uri in people if zlib.crc32(uri.encode()) % PARTITIONS == 9)
    office.web.online.add("https://a.example/1")
    office.web.open.clear()
    await office.send(last, "a1", needs="https://a.example/1")
    await office.send(last, "a2")
    units = 0
    write = office.database.write

    def counted(unit: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal units
        units += 1
        return write(unit, *args, **kwargs)

    monkeypatch.setattr(office.database, "write", counted)
    processor = office.processor()
    await processor.start()
    await asyncio.sleep(0.5)
    assert (await office.states())["a1"] == ("fetching", "")
    assert units < 20
    office.web.open.set()
    for _ in range(200):
        if len(await office.names()) == 2:
            break
        await asyncio.sleep(0.02)
    assert await office.names() == ["a1", "a2"]
    await processor.stop()


@pytest.mark.parametrize("moment", range(1, 5))
async def test_a_fetch_may_end_at_any_moment_of_a_round(
    office: Office, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    """After its partition was looked at, and before the round is over: another round follows.

    The processor stands still after so many units that began while the fetch was under way. Where
    its round is shorter than that, it sleeps when the fetch ends.
    """
    office.web.online.add("https://a.example/1")
    office.web.open.clear()
    await office.send(AMINA, "a1", needs="https://a.example/1")
    await office.send(AMINA, "a2")
    write = office.database.write
    units = 0

    async def held(unit: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal units
        units += (await office.states())["a1"][0] == "fetching"
        stands_still = units == moment and not office.web.open.is_set()
        result = await write(unit, *args, **kwargs)
        if stands_still:
            office.web.open.set()
            await until_done(office, "a1")
            await asyncio.sleep(0.05)  # and said so
        return result

    monkeypatch.setattr(office.database, "write", held)
    processor = office.processor()
    await processor.start()
    asyncio.get_running_loop().call_later(0.5, office.web.open.set)
    try:
        await until_done(office, "a1", "a2")
    finally:
        await processor.stop()
    assert await office.names() == ["a1", "a2"]


async def test_messages_behind_a_fetch_are_no_reason_to_wait_for_more(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pause gathers what is on its way; those that wait for one another are there already."""
    monkeypatch.setattr(processing, "GATHERING", 60)
    names = [f"a{number}" for number in range(BUSY * 3)]
    for name in names:
        office.web.online.add(f"https://a.example/{name}")
        await office.send(AMINA, name, needs=f"https://a.example/{name}")
    processor = office.processor()
    await processor.start()
    try:
        await until_done(office, *names)
    finally:
        await processor.stop()
    assert await office.names() == names


async def test_a_fetch_ends_while_another_process_has_the_partition(
    site_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That one has seen only messages that wait, and is told to look again."""
    if not site_url.startswith("postgresql"):
        pytest.skip("SQLite has one process")
    first, second = [await open_database(site_url, tmp_path) for _ in range(2)]
    office, other = Office(first), Office(second, 1)
    office.web.online.add("https://a.example/1")
    office.web.open.clear()
    looked, free = asyncio.Event(), asyncio.Event()
    write = second.write

    async def held(unit: Any, *args: Any, **kwargs: Any) -> Any:
        async def slow(tx: Transaction, *args: Any, **kwargs: Any) -> Any:
            result = await unit(tx, *args, **kwargs)
            looked.set()
            await free.wait()
            return result

        return await write(slow, *args, **kwargs)

    processors = [office.processor(), other.processor()]
    try:
        await office.send(AMINA, "a1", needs="https://a.example/1")
        await office.send(AMINA, "a2")
        await processors[0].start()
        await until_state(office, "fetching", "a1")
        monkeypatch.setattr(second, "on_missed", lambda _callback: None)
        await processors[1].start()
        monkeypatch.setattr(second, "write", held)
        await looked.wait()
        await asyncio.sleep(0.3)  # LISTEN needs a connection of its own
        office.web.open.set()
        await until_done(office, "a1")
        await asyncio.sleep(0.2)  # the first finds the partition taken, and sleeps
        free.set()
        await until_done(office, "a2")
    finally:
        free.set()
        for processor in processors:
            await processor.stop()
        await first.close()
        await second.close()


async def test_a_process_that_dies_while_fetching_loses_nothing(
    site_url: str, tmp_path: Path
) -> None:
    first = await open_database(site_url, tmp_path)
    office = Office(first)
    office.web.open.clear()
    processor = office.processor()
    await office.send(AMINA, "reply", needs="https://a.example/1")
    await office.send(AMINA, "next")
    running = asyncio.create_task(processor.run_due())
    for _ in range(200):
        if (await office.states())["reply"][0] == "fetching":
            break
        await asyncio.sleep(0.02)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await processor.stop()
    await first.close()

    second = await open_database(site_url, tmp_path)
    after = Office(second)
    after.web.online.add("https://a.example/1")
    assert await after.processor().run_due() == 0  # perhaps the other process lives
    taking_over = after.processor()
    if second.dialect == "sqlite":
        await taking_over.start()  # on a file it cannot live
        for _ in range(200):
            if len(await after.names()) == 2:
                break
            await asyncio.sleep(0.02)
        await taking_over.stop()
    else:
        after.clock.advance(DAY)
        await taking_over.run_due()
    assert await after.names() == ["reply", "next"]
    await second.close()
