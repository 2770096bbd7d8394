"""Threads that read: one, and more only while work waits behind something long.

Each change between threads costs as much as a short query does. So one thread does what is short,
several pieces in a row, and wakes the event loop once for all of them. But a long search must not
hold up everybody, and while SQLite works, another thread can.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from typing import Generic, TypeVar

W = TypeVar("W")
MOST = 3
PATIENCE = 0.003  # seconds between looks while there is work
TOGETHER = 8  # results that wake the event loop once, while more waits
ENOUGH = 2  # pieces that one thread does between two looks when they are short


class Readers(Generic[W]):
    """Does pieces of work, each on one of up to ``most`` threads; made and used on the event loop.

    ``opened`` is entered on each thread and gives the function that does a piece, which must not
    raise; ``finished`` is called on the loop with what is done.
    """

    def __init__(
        self,
        opened: Callable[[], AbstractContextManager[Callable[[W], None]]],
        finished: Callable[[W], None],
        *,
        most: int = MOST,
    ) -> None:
        self._opened = opened
        self._finished = finished
        self._results: deque[W] = deque()
        self._most = most
        self._loop = asyncio.get_running_loop()
        self._waiting: queue.SimpleQueue[W | None] = queue.SimpleQueue()
        self._timer: asyncio.TimerHandle | None = None
        self._done = 0  # by the first thread
        self._seen = 0  # of those, at the last look
        self._help = threading.Semaphore(0)
        self._asleep = threading.Semaphore(0)  # counts helpers that wait to be called
        self._closed = False
        self.threads: list[threading.Thread] = []
        self._start(self._work)

    def put(self, work: W) -> None:
        """Queues a piece of work."""
        self._waiting.put(work)
        if self._timer is None:
            self._seen = self._done
            self._timer = self._loop.call_later(PATIENCE, self._look)

    async def close(self) -> None:
        """Ends the threads when all that waits is done."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        self._waiting.put(None)
        self._help.release(len(self.threads))
        for thread in self.threads:
            await asyncio.to_thread(thread.join)
        self._deliver()

    def _start(self, target: Callable[[], None]) -> None:
        name = f"database-reader-{len(self.threads)}"
        thread = threading.Thread(target=target, name=name, daemon=True)
        self.threads.append(thread)
        thread.start()

    def _look(self) -> None:
        """Calls a helper where work waits and the first thread gets little done."""
        self._timer = None
        self._deliver()  # what the first thread has done before something long
        if self._waiting.empty():
            return
        if self._done - self._seen < ENOUGH:
            self._call()
        self._seen = self._done
        self._timer = self._loop.call_later(PATIENCE, self._look)

    def _call(self) -> None:
        if self._asleep.acquire(blocking=False):
            self._help.release()
        elif len(self.threads) < self._most:
            self._help.release()
            self._start(self._assist)

    def _work(self) -> None:
        with self._opened() as do:
            together = 0
            while (work := self._waiting.get()) is not None:
                do(work)
                self._done += 1
                self._results.append(work)
                together += 1
                if together == TOGETHER or self._waiting.empty():
                    together = 0
                    self._tell()
            self._tell()

    def _tell(self) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        results = self._results
        while results:
            self._finished(results.popleft())

    def _assist(self) -> None:
        with self._opened() as do:
            while self._help.acquire() and not self._closed:
                while (work := self._next()) is not None:
                    do(work)
                    self._results.append(work)
                    self._tell()
                self._asleep.release()

    def _next(self) -> W | None:
        try:
            work = self._waiting.get_nowait()
        except queue.Empty:
            return None
        if work is None:
            self._waiting.put(None)  # the end is for the first thread
        return work
