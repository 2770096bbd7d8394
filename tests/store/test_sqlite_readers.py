"""Reader threads: one for what is short, others behind what is long."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from fedrse.store import sqlite_readers
from fedrse.store.sqlite_readers import Readers

Work = Callable[[], object]


@dataclass
class Threads:
    """What each thread opens; counts those that are open."""

    opened: int = 0
    closed: int = 0
    seen: set[str] = field(default_factory=set)

    @contextmanager
    def open(self) -> Iterator[Callable[[Work], None]]:
        self.opened += 1

        def do(work: Work) -> None:
            self.seen.add(threading.current_thread().name)
            work()

        yield do
        self.closed += 1


def _ignore(_: Work) -> None:
    """Nobody waits for the result."""


async def _until(event: threading.Event) -> None:
    assert await asyncio.to_thread(event.wait, 20)


async def test_work_is_done_in_order_and_before_the_end() -> None:
    threads, done = Threads(), list[int]()
    readers = Readers[Work](threads.open, _ignore)
    for number in range(500):
        readers.put(lambda number=number: done.append(number))
    await readers.close()
    # Helpers may have taken part on a slow machine, then neighbours can change places.
    assert sorted(done) == list(range(500))
    assert threads.opened == threads.closed == len(readers.threads)


async def test_no_helper_without_need(monkeypatch: pytest.MonkeyPatch) -> None:
    # On a machine where a short piece takes long, a helper is needed.
    monkeypatch.setattr(sqlite_readers, "PATIENCE", 5)
    threads = Threads()
    readers = Readers[Work](threads.open, _ignore)
    for _ in range(20):
        finished = threading.Event()
        readers.put(finished.set)
        await _until(finished)
    await readers.close()
    assert threads.seen == {"database-reader-0"}


async def test_what_is_long_holds_up_nobody() -> None:
    """Two long pieces end only after short ones, which came later, were done; twice."""
    threads = Threads()
    readers = Readers[Work](threads.open, _ignore)
    for _ in range(2):
        short, ended = threading.Event(), [threading.Event(), threading.Event()]

        def wait(end: threading.Event, short: threading.Event = short) -> None:
            assert short.wait(20)
            end.set()

        for end in ended:
            readers.put(lambda end=end, wait=wait: wait(end))
        readers.put(short.set)
        for end in ended:
            await _until(end)
    assert len(readers.threads) == 3
    await readers.close()
    assert threads.opened == threads.closed == 3


async def test_there_are_never_more_threads_than_wanted() -> None:
    threads = Threads()
    readers = Readers[Work](threads.open, _ignore, most=2)
    release, last = threading.Event(), threading.Event()
    for _ in range(4):
        readers.put(lambda: release.wait(20))
    readers.put(last.set)
    await asyncio.sleep(0.05)
    assert len(readers.threads) <= 2
    assert not last.is_set()
    release.set()
    await _until(last)
    await readers.close()
