"""The queue: what is run, when, and how often after failures; on both databases."""

from __future__ import annotations

import asyncio

import pytest

from fedrse.core.clock import HOUR, MINUTE, SECOND
from fedrse.jobs.model import GiveUp, Job, TryLater
from fedrse.store.database import Transaction
from tests.jobs.bench import Bench, Recorder


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


async def test_two_handlers_for_one_kind_are_a_mistake(bench: Bench) -> None:
    runner = bench.runner()
    runner.handle("work", Recorder())
    with pytest.raises(ValueError):
        runner.handle("work", Recorder())
