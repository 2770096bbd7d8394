"""Processing: once each, in order per actor, and what is missing is fetched first."""

from __future__ import annotations

import asyncio
import hashlib
import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from fedrse.activitypub import processing
from fedrse.activitypub.dispatch import Dispatcher, Ignored, Needs, Received, Refused
from fedrse.activitypub.document_client import FetchFailed
from fedrse.activitypub.intake import PARTITIONS, Intake
from fedrse.activitypub.overview import InboxOverview
from fedrse.activitypub.processing import BUSY, MOST_ATTEMPTS, RETRY_AFTER, Processor
from fedrse.activitypub.tables import inbox_message
from fedrse.core.clock import DAY, ManualClock
from fedrse.core.errors import Invalid
from fedrse.core.ids import IdMaker
from fedrse.features.instance.service import Facts
from fedrse.store.database import Database, Transaction
from fedrse.store.engine import open_database
from fedrse.store.statement import Statement
from tests.activitypub.runtime_kit import OSLO, Rules

MESSAGES = Statement(select(inbox_message).order_by(inbox_message.c.id))
AMINA = f"{OSLO}/ap/u/1"
BRUNO = f"{OSLO}/ap/u/2"


class Web:
    """A resolver: what can be fetched, and what was."""

    def __init__(self) -> None:
        self.known: set[str] = set()
        self.online: set[str] = set()
        self.down: set[str] = set()
        self.fetched: list[str] = []
        self.open = asyncio.Event()
        self.open.set()

    async def resolve_all(self, uris: Iterable[str]) -> dict[str, FetchFailed | None]:
        await self.open.wait()
        return {uri: self._one(uri) for uri in uris}

    def _one(self, uri: str) -> FetchFailed | None:
        self.fetched.append(uri)
        if uri in self.online:
            self.known.add(uri)
            return None
        return FetchFailed("fetch", "No.", uri, temporary=uri in self.down)


class Office:
    """Intake and processors over one database; the handler notes what it got."""

    def __init__(self, database: Database, node: int = 0) -> None:
        self.database = database
        self.clock = ManualClock()
        self.web = Web()
        self.facts = Facts()
        self.dispatcher = Dispatcher()
        self.dispatcher.on("Note", self.handle)
        self.dispatcher.on_batch(self.foresee)
        self.errors: dict[str, Exception] = {}
        self.effects: list[str] = []
        self.foreseen: list[list[str]] = []
        rules = Rules()
        self.intake = Intake(
            database=database,
            ids=IdMaker(self.clock, node),
            clock=self.clock,
            saw_inbound=rules.saw_inbound,
            hosts_are_back=rules.hosts_are_back,
        )

    def processor(self, batch: int = 100) -> Processor:
        return Processor(
            database=self.database,
            dispatcher=self.dispatcher,
            resolver=self.web,
            clock=self.clock,
            batch=batch,
        )

    async def send(self, actor: str, name: str, **members: Any) -> None:
        activity = {"id": f"{actor}/{name}", "type": "Note", "actor": actor, **members}
        body = json.dumps(activity).encode()
        await self.intake.store(
            actor=actor,
            host="oslo.corp.example",
            activity_id=f"{actor}/{name}",
            activity_type=activity["type"],
            body=body,
            digest=hashlib.sha256(body).digest(),
        )

    async def handle(self, tx: Transaction, received: Received) -> str:
        needed = received.activity.get("needs")
        if needed and needed not in self.web.known and needed not in received.unavailable:
            raise Needs(needed)
        known = await self.facts.get(tx, "effects") or []
        await self.facts.put(tx, "effects", [*known, received.id.rpartition("/")[2]])
        if received.activity.get("later"):
            tx.gather(self.finish, received.activity["later"])
        error = self.errors.get(received.id.rpartition("/")[2])
        if error is not None:
            raise error
        return "without" if needed in received.unavailable else "created"

    async def finish(self, tx: Transaction, words: list[str]) -> None:
        """What several messages of a batch leave to be done together."""
        if "impossible" in words:
            raise LookupError("impossible")
        known = await self.facts.get(tx, "effects") or []
        await self.facts.put(tx, "effects", [*known, "+".join(words)])

    async def foresee(self, _tx: Transaction, batch: Sequence[Received]) -> None:
        self.foreseen.append([one.id.rpartition("/")[2] for one in batch])

    async def names(self) -> list[str]:
        return list(await self.database.read(self.facts.get, "effects") or [])

    async def states(self) -> dict[str, tuple[str, str]]:
        async def unit(tx: Transaction) -> list[Any]:
            return await tx.all(MESSAGES)

        return {
            row.activity_id.rpartition("/")[2]: (row.state, row.reason)
            for row in await self.database.read(unit)
        }


@pytest.fixture
def office(site_database: Database) -> Office:
    return Office(site_database)


async def until_state(office: Office, state: str, *names: str) -> None:
    """Waits for less than the ten seconds after which everybody looks without being told."""
    async with asyncio.timeout(5):
        while {(await office.states())[name][0] for name in names} != {state}:
            await asyncio.sleep(0.01)


async def until_done(office: Office, *names: str) -> None:
    await until_state(office, "done", *names)


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
