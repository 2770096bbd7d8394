"""A process of its own for work on hostile or heavy files; started when first needed."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import ParamSpec, TypeVar

from fedrse.core.errors import Unavailable

P = ParamSpec("P")
T = TypeVar("T")
SECONDS = 30.0


class FileWorkers:
    """Runs functions in a pool of processes, each call with a deadline."""

    def __init__(self, processes: int = 1) -> None:
        self._processes = processes
        self._pool: ProcessPoolExecutor | None = None

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Calls a module-level function; raises what it raises, Unavailable when it died."""
        if self._pool is None:
            # Spawned, not forked: the event loop's threads do not survive a fork.
            self._pool = ProcessPoolExecutor(
                self._processes, mp_context=multiprocessing.get_context("spawn")
            )
        future = self._pool.submit(function, *args, **kwargs)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), SECONDS)
        except (BrokenProcessPool, TimeoutError) as error:
            self.close()
            raise Unavailable(
                "file_worker_failed", "This file could not be processed, please try another one"
            ) from error

    def close(self) -> None:
        """Ends the processes, also one that hangs."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        running = list((pool._processes or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for process in running:
            process.terminate()
