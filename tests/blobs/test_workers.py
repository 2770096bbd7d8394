"""Work in other processes: results, failures, hanging."""

from __future__ import annotations

import asyncio
import math
import multiprocessing
import os
import time
from collections.abc import AsyncIterator

import pytest

from fedrse.blobs.pictures import UnusableImage, process_image
from fedrse.blobs.workers import MOST_MEMORY, FileWorkers
from fedrse.core.errors import Unavailable
from tests.blobs.pictures import gradient, saved


@pytest.fixture
async def workers() -> AsyncIterator[FileWorkers]:
    pool = FileWorkers()
    yield pool
    pool.close()
    for process in multiprocessing.active_children():
        process.join(10)


async def test_results_and_errors_come_back(workers: FileWorkers) -> None:
    made = await workers.run(process_image, saved(gradient(), "JPEG"))
    assert made.width == 48
    with pytest.raises(UnusableImage, match="not an image"):
        await workers.run(process_image, b"nothing")
    assert await workers.run(int, "7") == 7


async def test_a_process_that_dies_is_replaced(workers: FileWorkers) -> None:
    with pytest.raises(Unavailable):
        await workers.run(os._exit, 1)
    assert await workers.run(math.sqrt, 9.0) == 3.0


async def test_a_process_that_hangs_is_ended() -> None:
    workers = FileWorkers(seconds=1.0)
    with pytest.raises(Unavailable):
        await workers.run(time.sleep, 3600)
    for process in multiprocessing.active_children():
        process.join(10)
    assert multiprocessing.active_children() == []


async def test_a_crowd_waits_for_a_free_process(workers: FileWorkers) -> None:
    assert await asyncio.gather(*(workers.run(math.factorial, 5) for _ in range(20))) == [120] * 20


async def test_memory_is_limited(workers: FileWorkers) -> None:
    with pytest.raises(MemoryError):
        await workers.run(bytearray, 2 * MOST_MEMORY)


async def test_nothing_is_started_before_it_is_needed() -> None:
    FileWorkers().close()
    assert multiprocessing.active_children() == []
