"""The queue: nothing lost, nothing done twice, on both databases."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from fedrse.core.clock import HOUR, MINUTE, SECOND, ManualClock, SystemClock
from fedrse.core.ids import IdMaker
from fedrse.jobs.model import GiveUp, Job, TryLater
from fedrse.jobs.queue import Queue
from fedrse.jobs.runner import LEASE, Runner
from fedrse.jobs.tables import job
from fedrse.store.database import Database, Transaction
from fedrse.store.engine import open_database
from fedrse.store.statement import Statement

COUNT = Statement(select(func.count()).select_from(job))
ROWS = Statement(select(job).order_by(job.c.id))


class Bench:
    """A queue, a clock under control and as many runners as wanted."""

    def __init__(self, database: Database, node: int = 0) -> None:
        self.database = database
        self.clock = ManualClock()
        self.queue = Queue(clock=self.clock, ids=IdMaker(self.clock, node))

    def runner(self, owner: str = "a", parallel: int = 8) -> Runner:
        return Runner(
            database=self.database,
            queue=self.queue,
            clock=self.clock,
            owner=owner,
            parallel=parallel,
        )

    async def add(self, kind: str, **arguments: Any) -> None:
        await self.database.write(self.queue.enqueue, kind, arguments)

    async def waiting(self) -> list[Any]:
        async def unit(tx: Transaction) -> list[Any]:
            return await tx.all(ROWS)

        return await self.database.read(unit)


@pytest.fixture
def bench(site_database: Database) -> Bench:
    return Bench(site_database)


class Recorder:
    """A handler that notes what it got, and fails as told."""

    def __init__(self, *errors: Exception) -> None:
        self.jobs: list[Job] = []
        self.errors = list(errors)

    async def __call__(self, job: Job) -> None:
        self.jobs.append(job)
        if self.errors:
            raise self.errors.pop(0)


async def test_job_runs_once_with_its_arguments(bench: Bench) -> None:
    handler = Recorder()
    runner = bench.runner()
    runner.handle("greet", handler)
    await bench.add("greet", name="Zoé", tags=["a"])
    assert await runner.run_due() == 1
    assert await runner.run_due() == 0
    assert [(job.kind, job.arguments) for job in handler.jobs] == [
        ("greet", {"name": "Zoé", "tags": ["a"]})
    ]
    assert await bench.waiting() == []


async def test_jobs_of_kinds_nobody_handles_stay(bench: Bench) -> None:
    runner = bench.runner()
    runner.handle("known", Recorder())
    await bench.add("unknown")
    assert await runner.run_due() == 0
    assert len(await bench.waiting()) == 1


async def test_future_jobs_wait_for_their_time(bench: Bench) -> None:
    handler = Recorder()
    runner = bench.runner()
    runner.handle("later", handler)
    due = bench.clock.now() + HOUR
    await bench.database.write(bench.queue.enqueue, "later", {}, due_at=due)
    assert await runner.run_due() == 0
    bench.clock.advance(HOUR)
    assert await runner.run_due() == 1
    assert handler.jobs[0].due_at == due


async def test_failures_wait_longer_each_time_and_end_with_the_reason(bench: Bench) -> None:
    handler = Recorder(*(ValueError(f"no {number}") for number in range(3)))
    runner = bench.runner()
    runner.handle("hard", handler, attempts=3)
    await bench.add("hard")
    for delay in (10 * SECOND, MINUTE):
        assert await runner.run_due() == 1
        bench.clock.advance(delay - 1)
        assert await runner.run_due() == 0
        bench.clock.advance(1)
    assert await runner.run_due() == 1
    bench.clock.advance(24 * HOUR)
    assert await runner.run_due() == 0
    assert [job.attempt for job in handler.jobs] == [1, 2, 3]
    (failed,) = await bench.database.read(bench.queue.failed)
    assert failed.error == "ValueError: no 2"
    assert await bench.database.write(bench.queue.retry_failed, [failed.id]) == 1
    assert await runner.run_due() == 1
    assert handler.jobs[-1].attempt == 1
    assert await bench.waiting() == []


async def test_giving_up_and_trying_later_are_the_handlers_choice(bench: Bench) -> None:
    hopeless, patient = Recorder(GiveUp("gone")), Recorder(TryLater("busy", delay=HOUR))
    runner = bench.runner()
    runner.handle("hopeless", hopeless)
    runner.handle("patient", patient, attempts=1)
    await bench.add("hopeless")
    await bench.add("patient")
    assert await runner.run_due() == 2
    (failed,) = await bench.database.read(bench.queue.failed)
    assert (failed.kind, failed.error) == ("hopeless", "GiveUp: gone")
    assert await bench.database.write(bench.queue.drop_failed, [failed.id]) == 1
    bench.clock.advance(HOUR)
    assert await runner.run_due() == 1
    assert [job.attempt for job in patient.jobs] == [1, 1]


async def test_one_waiting_job_per_key_with_the_earlier_time(bench: Bench) -> None:
    handler = Recorder()
    runner = bench.runner()
    runner.handle("totals", handler)
    now = bench.clock.now()
    for due in (now + HOUR, now + MINUTE, now + 2 * HOUR):
        await bench.database.write(bench.queue.enqueue, "totals", {}, key="post:7", due_at=due)
    (row,) = await bench.waiting()
    assert row.due_at == now + MINUTE
    bench.clock.advance(MINUTE)
    assert await runner.run_due() == 1


async def test_a_change_during_the_run_gets_a_run_of_its_own(bench: Bench) -> None:
    seen: list[int] = []

    async def handler(job: Job) -> None:
        seen.append(job.id)
        if len(seen) == 1:
            await bench.database.write(bench.queue.enqueue, "totals", {}, key="post:7")

    runner = bench.runner()
    runner.handle("totals", handler)
    await bench.database.write(bench.queue.enqueue, "totals", {}, key="post:7")
    assert await runner.run_due() == 2
    assert len(set(seen)) == 2


async def test_a_failed_run_leaves_the_work_to_the_one_that_waits(bench: Bench) -> None:
    calls: list[int] = []

    async def handler(job: Job) -> None:
        calls.append(job.id)
        if len(calls) == 1:
            await bench.database.write(bench.queue.enqueue, "totals", {}, key="post:7")
            raise ValueError

    runner = bench.runner()
    runner.handle("totals", handler)
    await bench.database.write(bench.queue.enqueue, "totals", {}, key="post:7")
    await runner.run_due()
    bench.clock.advance(HOUR)
    await runner.run_due()
    assert len(calls) == 2
    assert await bench.waiting() == []


async def test_transactional_effect_and_removal_are_one(bench: Bench) -> None:
    async def handler(tx: Transaction, job: Job) -> None:
        await bench.queue.enqueue(tx, "effect", {"of": job.arguments["n"]})
        if job.arguments["n"] == 2:
            raise ValueError("second")

    runner = bench.runner()
    runner.handle_in_transaction("cause", handler, attempts=1)
    for number in (1, 2, 3):
        await bench.add("cause", n=number)
    assert await runner.run_due() == 3
    rows = await bench.waiting()
    assert sorted((row.kind, row.arguments) for row in rows) == [
        ("cause", '{"n":2}'),
        ("effect", '{"of":1}'),
        ("effect", '{"of":3}'),
    ]
    assert next(row for row in rows if row.kind == "cause").failed_at is not None


async def test_periodic_work_comes_again_also_after_a_failure(bench: Bench) -> None:
    handler = Recorder(ValueError("once"))
    runner, second = bench.runner("a"), bench.runner("b")
    runner.every(HOUR, "tidy", handler)
    second.every(HOUR, "tidy", handler)
    assert await runner.run_due() == 1
    assert await second.run_due() == 0
    bench.clock.advance(HOUR)
    assert await second.run_due() == 1
    assert await runner.run_due() == 0
    assert len(await bench.waiting()) == 1


async def test_periodic_work_can_ask_to_come_again_sooner(bench: Bench) -> None:
    handler = Recorder(TryLater("not yet", delay=MINUTE))
    runner = bench.runner()
    runner.every(HOUR, "tidy", handler)
    await runner.run_due()
    bench.clock.advance(MINUTE)
    assert await runner.run_due() == 1
    bench.clock.advance(MINUTE)
    assert await runner.run_due() == 0
    bench.clock.advance(HOUR - MINUTE)
    assert await runner.run_due() == 1


async def test_a_dead_process_loses_its_jobs_to_the_others(bench: Bench) -> None:
    started = asyncio.Event()

    async def hang(_job: Job) -> None:
        started.set()
        await asyncio.Event().wait()

    handler = Recorder()
    dead, living = bench.runner("dead"), bench.runner("living")
    dead.handle("work", hang)
    living.handle("work", handler)
    await bench.add("work")
    stuck = asyncio.create_task(dead.run_due())
    await started.wait()
    bench.clock.advance(30 * SECOND - 1)
    assert await living.run_due() == 0
    bench.clock.advance(1)
    assert await living.run_due() == 1, "half a minute, as docs/architecture.md says"
    assert handler.jobs[0].attempt == 2
    stuck.cancel()
    await asyncio.gather(stuck, return_exceptions=True)
    await dead.stop(grace=0)


@pytest.mark.parametrize("outcome", ["done", "failed", "given up", "later"])
@pytest.mark.parametrize("taken", [True, False])
async def test_who_lost_a_job_has_no_say_in_it(bench: Bench, outcome: str, taken: bool) -> None:
    started, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_job: Job) -> None:
        started.set()
        await go_on.wait()
        match outcome:
            case "failed":
                raise ValueError
            case "given up":
                raise GiveUp("no")
            case "later":
                raise TryLater("no", delay=MINUTE)

    async def hang(_job: Job) -> None:
        await asyncio.Event().wait()

    paused, living = bench.runner("paused"), bench.runner("living")
    paused.handle("work", slow)
    living.handle("work", hang)
    await bench.add("work")
    first = asyncio.create_task(paused.run_due())
    await started.wait()
    if taken:
        bench.clock.advance(LEASE)
        second = asyncio.create_task(living.run_due())
        while (await bench.waiting())[0].lease_owner != "living":
            await asyncio.sleep(0.01)
        before = await bench.waiting()
    go_on.set()
    await first
    if taken:
        assert await bench.waiting() == before
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        await living.stop(grace=0)
    else:
        assert [row.lease_owner for row in await bench.waiting()] in ([], [None])


async def test_stop_waits_and_then_puts_back(bench: Bench) -> None:
    both = asyncio.Barrier(3)
    finished: list[str] = []

    async def work(job: Job) -> None:
        await both.wait()
        if job.arguments["n"] == 1:
            finished.append("short")
        else:
            await asyncio.Event().wait()

    runner = bench.runner()
    runner.handle("work", work)
    await bench.add("work", n=1)
    await bench.add("work", n=2)
    await runner.start()
    await both.wait()
    await runner.stop(grace=0.05)
    assert finished == ["short"]
    (row,) = await bench.waiting()
    assert (row.arguments, row.lease_until, row.attempts) == ('{"n":2}', 0, 0)


async def test_new_work_wakes_a_sleeping_runner(bench: Bench) -> None:
    done = asyncio.Event()

    async def handler(_job: Job) -> None:
        done.set()

    runner = bench.runner()
    runner.handle("work", handler)
    await runner.start()
    if bench.database.dialect == "postgresql":
        await asyncio.sleep(0.3)  # LISTEN needs a connection of its own
    await bench.add("work")
    await asyncio.wait_for(done.wait(), 5)
    await runner.stop()


async def test_restart_finds_what_was_waiting(site_url: str, tmp_path: Path) -> None:
    first = await open_database(site_url, tmp_path)
    bench = Bench(first)
    await bench.add("work", n=1)
    await first.close()
    second = await open_database(site_url, tmp_path)
    handler = Recorder()
    runner = Bench(second).runner()
    runner.handle("work", handler)
    assert await runner.run_due() == 1
    assert handler.jobs[0].arguments == {"n": 1}
    await second.close()


async def test_a_killed_process_on_a_file_leaves_no_leases(site_url: str, tmp_path: Path) -> None:
    """After the start the work goes on at once: nobody else can be doing it."""
    if not site_url.startswith("sqlite"):
        pytest.skip("with PostgreSQL the lease has to end")
    started, done = asyncio.Event(), asyncio.Event()

    async def hang(_job: Job) -> None:
        started.set()
        await asyncio.Event().wait()

    async def work(_job: Job) -> None:
        done.set()

    first, second = [await open_database(site_url, tmp_path) for _ in range(2)]
    killed, living = Bench(first).runner("killed"), Bench(second).runner("living")
    killed.handle("work", hang)
    living.handle("work", work)
    await Bench(first).add("work")
    running = asyncio.create_task(killed.run_due())
    await started.wait()
    assert await living.run_due() == 0
    await living.start()
    await asyncio.wait_for(done.wait(), 5)
    await living.stop()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await killed.stop(grace=0)
    await first.close()
    await second.close()


async def test_processes_on_one_postgres_share_without_doubling(
    postgres_server: str, site_url: str, tmp_path: Path
) -> None:
    if not site_url.startswith("postgresql"):
        pytest.skip("SQLite has one process")
    opened = [await open_database(site_url, tmp_path) for _ in range(3)]
    done: list[int] = []
    counted: list[int] = []
    runners = []
    for number, database in enumerate(opened):
        clock = SystemClock()
        queue = Queue(clock=clock, ids=IdMaker(clock, number))
        runner = Runner(database=database, queue=queue, clock=clock, owner=f"p{number}")

        async def handler(job: Job) -> None:
            await asyncio.sleep(0.001)
            done.append(job.arguments["n"])

        async def transactional(tx: Transaction, job: Job) -> None:
            counted.append(job.arguments["n"])

        runner.handle("slow", handler)
        runner.handle_in_transaction("quick", transactional)
        runners.append(runner)

    async def fill(tx: Transaction) -> None:
        clock = SystemClock()
        queue = Queue(clock=clock, ids=IdMaker(clock, 9))
        for number in range(150):
            await queue.enqueue(tx, "slow", {"n": number})
            await queue.enqueue(tx, "quick", {"n": number})

    await opened[0].write(fill)
    await asyncio.gather(*(runner.run_due() for runner in runners))
    assert sorted(done) == list(range(150))
    assert sorted(counted) == list(range(150))
    for database in opened:
        await database.close()


async def test_two_handlers_for_one_kind_are_a_mistake(bench: Bench) -> None:
    runner = bench.runner()
    runner.handle("work", Recorder())
    with pytest.raises(ValueError):
        runner.handle("work", Recorder())
