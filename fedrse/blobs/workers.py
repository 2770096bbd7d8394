"""A process of its own for work on hostile or heavy files; started when first needed."""

from __future__ import annotations

import asyncio
import concurrent.futures
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from fedrse.core.errors import Unavailable

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

P = ParamSpec("P")
T = TypeVar("T")
SECONDS = 30.0
MOST_MEMORY = 4 << 30  # bytes of address space


class FileWorkers:
    """Runs functions in a pool of processes, each call with a deadline in seconds."""

    def __init__(self, processes: int = 1, *, seconds: float = SECONDS) -> None:
        self._processes = processes
        self._seconds = seconds
        self._pool: ProcessPoolExecutor | None = None
        # The deadline counts from when a process is free, so that a crowd is no failure.
        self._free = asyncio.Semaphore(processes)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Calls a module-level function; raises what it raises, Unavailable when it died."""
        async with self._free:
            pool = self._pool or self._start()
            try:
                future = asyncio.wrap_future(pool.submit(function, *args, **kwargs))
                return await asyncio.wait_for(future, self._seconds)
            except (concurrent.futures.BrokenExecutor, TimeoutError) as error:
                if self._pool is pool:  # or others have replaced it already
                    self.close()
                raise Unavailable(
                    "file_worker_failed",
                    "This file could not be processed, please try another one",
                ) from error

    def _start(self) -> ProcessPoolExecutor:
        # Spawned, not forked: the event loop's threads do not survive a fork.
        # Both are loaded here: half a megabyte that a site without pictures does not need.
        self._pool = concurrent.futures.ProcessPoolExecutor(
            self._processes,
            mp_context=import_module("multiprocessing").get_context("spawn"),
            initializer=_confine,
        )
        return self._pool

    def close(self) -> None:
        """Ends the processes, also one that hangs."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        running = list((pool._processes or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for process in running:
            process.terminate()


def _confine() -> None:
    """A file that wants too much memory fails by itself, and leaves no image of the memory."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415  (exists on Unix only)

    for limit, most in ((resource.RLIMIT_AS, MOST_MEMORY), (resource.RLIMIT_CORE, 0)):
        with suppress(ValueError, OSError):  # not every system knows or permits it
            resource.setrlimit(limit, (most, most))
