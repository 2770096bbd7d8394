"""Work of one process that is done again and again and needs no row, such as writing counters."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress


class Repeating:
    """Does something at once, and again after each pause, until it is stopped.

    The work handles its own exceptions: one that leaves it ends the repeating, and ``stop``
    raises it.
    """

    def __init__(self, work: Callable[[], Awaitable[None]], *, pause: float) -> None:
        """``pause`` in seconds, from the end of one turn to the next."""
        self._work = work
        self._pause = pause
        self._main: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    @property
    def is_started(self) -> bool:
        """Whether ``start`` was called."""
        return self._main is not None

    def start(self) -> None:
        """Begins in the background."""
        self._main = asyncio.create_task(self._loop())

    async def stop(self) -> None:
        """Lets a turn that is under way end, and begins no other."""
        self._stopping.set()
        if self._main is not None:
            await self._main

    async def _loop(self) -> None:
        while not self._stopping.is_set():
            await self._work()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pause):
                    await self._stopping.wait()
