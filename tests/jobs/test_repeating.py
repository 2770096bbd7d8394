"""Work that one process does again and again."""

from __future__ import annotations

import asyncio

import pytest

from fedrse.jobs.repeating import Repeating


async def test_it_is_done_at_once_and_again_until_it_is_stopped() -> None:
    turns, enough = 0, asyncio.Event()

    async def work() -> None:
        nonlocal turns
        turns += 1
        if turns == 3:
            enough.set()

    repeating = Repeating(work, pause=0.001)
    assert not repeating.is_started
    repeating.start()
    assert repeating.is_started
    await enough.wait()
    await repeating.stop()
    done = turns
    await asyncio.sleep(0.02)
    assert turns == done


async def test_stopping_waits_for_a_turn_but_not_for_a_pause() -> None:
    begun, may_end, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        await may_end.wait()
        ended.set()

    repeating = Repeating(work, pause=3600)
    repeating.start()
    await begun.wait()
    stopping = asyncio.create_task(repeating.stop())
    await asyncio.sleep(0)
    assert not stopping.done()
    may_end.set()
    await stopping
    assert ended.is_set()


async def test_what_was_never_started_is_stopped_without_a_turn() -> None:
    async def work() -> None:
        pytest.fail("it was never started")

    await Repeating(work, pause=3600).stop()


async def test_an_exception_is_not_lost() -> None:
    begun = asyncio.Event()

    async def work() -> None:
        begun.set()
        raise OSError("disk full")

    repeating = Repeating(work, pause=3600)
    repeating.start()
    await begun.wait()
    with pytest.raises(OSError, match="disk full"):
        await repeating.stop()
