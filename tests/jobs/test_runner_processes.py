"""Processes that share a queue, stop or die: nothing lost, nothing done twice."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from fedrse.core.clock import MINUTE, SECOND, SystemClock
from fedrse.core.ids import IdMaker
from fedrse.jobs.model import GiveUp, Job, TryLater
from fedrse.jobs.queue import Queue
from fedrse.jobs.runner import LEASE, Runner
from fedrse.store.database import Transaction
from fedrse.store.engine import open_database
from tests.jobs.bench import Bench, Recorder


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
