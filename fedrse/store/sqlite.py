"""SQLite backend: one writer thread with group commit, and threads that read.

Units of work arrive in a queue. The writer takes what waits and what comes meanwhile, runs it in
one transaction and commits once: with ``synchronous=FULL`` one sync serves many units. Should one
fail after it has written, all is undone and runs again, each unit in a savepoint. Results go back
to the event loop in one call per batch.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import (
    Awaitable,
    Callable,
    Iterator,
)
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import structlog
from sqlalchemy import BigInteger, column, select, table

from fedrse.store.database import Transaction
from fedrse.store.sqlite_readers import Readers
from fedrse.store.sqlite_transaction import SqliteTransaction, drive
from fedrse.store.statement import Statement
from fedrse.store.watch import Watches

P = ParamSpec("P")
T = TypeVar("T")
BATCH = 256
LONGEST = 0.005  # seconds after which nothing more is taken into a transaction
WATCH_SECONDS = 2.0
log = structlog.get_logger(__name__)


class _Work:
    """One queued unit and the future that waits for it."""

    __slots__ = ("error", "future", "result", "unit")

    def __init__(
        self, unit: Callable[[Transaction], Awaitable[Any]], future: asyncio.Future[Any]
    ) -> None:
        self.unit = unit
        self.future = future
        self.result: Any = None
        self.error: BaseException | None = None


def connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """A connection with the settings that keep promises: WAL, FULL, foreign keys."""
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=1000
    )
    connection.execute("PRAGMA busy_timeout=5000")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    # Pages that change often are copied from the journal once in 16 MB, not in 4.
    connection.execute("PRAGMA wal_autocheckpoint=4000")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA temp_store=MEMORY")
    connection.execute("PRAGMA cache_size=-16000")
    connection.execute("PRAGMA mmap_size=268435456")
    if read_only:
        connection.execute("PRAGMA query_only=ON")
    return connection


_DATA_VERSION = Statement(
    select(column("data_version", BigInteger)).select_from(table("pragma_data_version"))
)


async def _version_of(tx: Transaction) -> int:
    """Changes when another connection than the writer's has written."""
    return int(await tx.value(_DATA_VERSION))


class SqliteDatabase:
    """``Database`` over one file."""

    dialect = "sqlite"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._loop = asyncio.get_running_loop()
        self._listeners: defaultdict[str, list[Callable[[str], object]]] = defaultdict(list)
        self._missed: list[Callable[[], object]] = []
        self._watcher: asyncio.Task[None] | None = None
        self._watches = Watches()
        self._writes: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._writer = threading.Thread(
            target=self._write_loop, name="database-writer", daemon=True
        )
        self._closed = False
        connect(path, read_only=False).close()  # the file and its journal exist before readers
        self._writer.start()
        self._readers: Readers[_Work] = Readers(self._reader, self._settle)

    async def read(
        self,
        unit: Callable[Concatenate[Transaction, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        work = self._prepare(unit, *args, **kwargs)
        self._readers.put(work)
        result: T = await work.future
        return result

    async def write(
        self,
        unit: Callable[Concatenate[Transaction, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        work = self._prepare(unit, *args, **kwargs)
        self._writes.put(work)
        # Shielded: a caller that gives up must not make a committed unit look undone.
        result: T = await asyncio.shield(work.future)
        return result

    def _prepare(
        self,
        unit: Callable[Concatenate[Transaction, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> _Work:
        if self._closed:
            raise RuntimeError("the database is closed")

        def run(tx: Transaction) -> Awaitable[T]:
            return unit(tx, *args, **kwargs)

        return _Work(run, self._loop.create_future())

    def hint(self, channel: str) -> None:
        for listener in self._listeners[channel]:
            listener("")

    def listen(self, channel: str, callback: Callable[[str], object]) -> None:
        self._listeners[channel].append(callback)

    def on_missed(self, callback: Callable[[], object]) -> None:
        self._missed.append(callback)
        if self._watcher is None:
            self._watcher = self._loop.create_task(self._watch())

    async def _watch(self) -> None:
        """Looks whether another process has changed the file: the command line."""
        known: int | None = None
        while True:
            try:
                found = await self.write(_version_of)
            except sqlite3.Error:
                log.exception("database_not_watched")
            else:
                if known not in (None, found):
                    self._watches.forget_all()
                    for callback in self._missed:
                        callback()
                known = found
            await asyncio.sleep(WATCH_SECONDS)

    async def close(self) -> None:
        if self._closed:
            return
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
        self._closed = True
        self._writes.put(None)
        await self._readers.close()
        await asyncio.to_thread(self._writer.join)

    # Writer thread

    def _write_loop(self) -> None:
        connection = connect(self._path, read_only=False)
        while (first := self._writes.get()) is not None:
            self._commit_batch(connection, first)
        with suppress(sqlite3.OperationalError):  # somebody else writes: the next end will do
            connection.execute("PRAGMA optimize")
        connection.close()

    def _next(self) -> _Work | None:
        """What waits, or has come while others ran."""
        try:
            more = self._writes.get_nowait()
        except queue.Empty:
            return None
        if more is None:
            self._writes.put(None)  # the end, after this commit
        return more

    def _commit_batch(self, connection: sqlite3.Connection, first: _Work) -> None:
        batch = [first]
        tx = SqliteTransaction(connection, self._watches)
        try:
            connection.execute("BEGIN IMMEDIATE")
            self._watches.begin()
            if not self._run_all(tx, batch):
                # Units may run twice: on PostgreSQL, too, after a deadlock.
                connection.execute("ROLLBACK")
                tx = SqliteTransaction(connection, self._watches)
                connection.execute("BEGIN IMMEDIATE")
                self._run_guarded(tx, batch)
            connection.execute("COMMIT")
        except BaseException as error:  # noqa: BLE001  (disk full: nobody may believe in success)
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            for work in batch:
                work.error = work.error or error
            tx.callbacks.clear()
            tx.notifications.clear()
        self._watches.changed(tx.touched)
        self._deliver(batch, tx)

    def _run_all(self, tx: SqliteTransaction, batch: list[_Work]) -> bool:
        """Runs units without savepoints; False: one left something behind that must go.

        ``batch`` grows by what comes meanwhile, so that it shares the commit.

        Inside a savepoint SQLite copies each page before its first change. Units that fail have
        rarely written anything before.
        """
        work: _Work | None = batch[0]
        longest = time.monotonic() + LONGEST
        while work is not None:
            before = tx.changes
            try:
                work.result = drive(_whole(tx, work.unit))
            except Exception as error:  # noqa: BLE001  (belongs to the caller)
                work.error = error
                if tx.changes != before:
                    return False
            if len(batch) == BATCH or time.monotonic() > longest:
                break
            work = self._next()
            if work is not None:
                batch.append(work)
        return True

    def _run_guarded(self, tx: SqliteTransaction, batch: list[_Work]) -> None:
        for work in batch:
            work.error = None
            try:
                work.result = drive(_in_savepoint(tx, work.unit))
            except Exception as error:  # noqa: BLE001  (belongs to the caller)
                work.error = error

    def _deliver(self, batch: list[_Work], tx: SqliteTransaction | None) -> None:
        try:
            self._loop.call_soon_threadsafe(self._finish, batch, tx)
        except RuntimeError:  # the loop is closed: nobody waits any more
            log.debug("results_after_loop_end", count=len(batch))

    def _settle(self, work: _Work) -> None:
        """Tells who waits for it how a unit ended."""
        if work.future.done():
            return
        if work.error is not None:
            work.future.set_exception(work.error)
        else:
            work.future.set_result(work.result)

    def _finish(self, batch: list[_Work], tx: SqliteTransaction | None) -> None:
        for work in batch:
            self._settle(work)
        if tx is None:
            return
        for callback in tx.callbacks:
            self._loop.call_soon(callback)
        for channel, payload in dict.fromkeys(tx.notifications):
            for listener in self._listeners[channel]:
                self._loop.call_soon(partial(listener, payload))

    # Reader threads

    @contextmanager
    def _reader(self) -> Iterator[Callable[[_Work], None]]:
        """What one thread reads with: each unit on a snapshot of its own."""
        connection = connect(self._path, read_only=True)

        def read(work: _Work) -> None:
            connection.execute("BEGIN")
            try:
                tx = SqliteTransaction(connection, self._watches, time.monotonic_ns())
                work.result = drive(work.unit(tx))
            except Exception as error:  # noqa: BLE001  (belongs to the caller)
                work.error = error
            finally:
                connection.execute("COMMIT")

        try:
            yield read
        finally:
            connection.close()


async def _in_savepoint(
    tx: SqliteTransaction, unit: Callable[[Transaction], Awaitable[Any]]
) -> Any:
    async with tx.savepoint():
        return await _whole(tx, unit)


async def _whole(tx: SqliteTransaction, unit: Callable[[Transaction], Awaitable[Any]]) -> Any:
    result = await unit(tx)
    await tx.settle()
    return result
