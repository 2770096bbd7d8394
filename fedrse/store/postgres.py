"""PostgreSQL backend: a pool of asyncpg connections, NOTIFY between processes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Concatenate, ParamSpec, TypeVar

import asyncpg  # type: ignore[import-untyped]
import structlog

from fedrse.store.database import Row, Transaction, UniqueViolation
from fedrse.store.statement import Statement
from fedrse.store.unit import Unit
from fedrse.store.watch import Interest, Watch

P = ParamSpec("P")
T = TypeVar("T")
RETRIES = 5
NOTIFY_LIMIT = 7900  # bytes; PostgreSQL refuses payloads of 8,000
LISTEN_CHECK = 5.0  # seconds between looks whether the connection that listens still lives
log = structlog.get_logger(__name__)


class PostgresTransaction(Unit):
    """Runs statements on one connection inside its transaction."""

    dialect = "postgresql"

    def __init__(self, connection: Any, snapshot: int | None = None) -> None:
        super().__init__()
        self._connection = connection
        self.snapshot = snapshot

    def watch(self, _interest: Interest) -> Watch | None:
        return None  # other processes write, too

    async def all(self, statement: Statement, **parameters: Any) -> list[Row]:
        compiled = statement.compiled("postgresql")
        if compiled.writes:
            self._wrote(compiled)
        try:
            found = await self._connection.fetch(compiled.sql, *compiled.bind(parameters))
        except asyncpg.UniqueViolationError as error:
            raise UniqueViolation(str(error)) from error
        return compiled.rows(found)

    async def one(self, statement: Statement, **parameters: Any) -> Row | None:
        rows = await self.all(statement, **parameters)
        return rows[0] if rows else None

    async def value(self, statement: Statement, **parameters: Any) -> Any:
        row = await self.one(statement, **parameters)
        return None if row is None else row[0]

    async def ids(self, statement: Statement, **parameters: Any) -> list[int]:
        return [row[0] for row in await self.all(statement, **parameters)]

    async def run(self, statement: Statement, **parameters: Any) -> int:
        compiled = statement.compiled("postgresql")
        self._wrote(compiled)
        try:
            status = await self._connection.execute(compiled.sql, *compiled.bind(parameters))
        except asyncpg.UniqueViolationError as error:
            raise UniqueViolation(str(error)) from error
        count = status.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def many(self, statement: Statement, rows: Sequence[Mapping[str, Any]]) -> None:
        compiled = statement.compiled("postgresql")
        self._wrote(compiled)
        try:
            await self._connection.executemany(compiled.sql, [compiled.bind(row) for row in rows])
        except asyncpg.UniqueViolationError as error:
            raise UniqueViolation(str(error)) from error

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        mark = self._mark()
        try:
            async with self._connection.transaction():
                yield
        except BaseException:
            self._undo(mark)
            raise


class PostgresDatabase:
    """``Database`` over a PostgreSQL server; open it with ``PostgresDatabase.open``."""

    dialect = "postgresql"

    def __init__(self, pool: Any, url: str) -> None:
        self._pool = pool
        self._url = url
        self._loop = asyncio.get_running_loop()
        self._listeners: dict[str, list[Callable[[str], object]]] = {}
        self._missed: list[Callable[[], object]] = []
        self._listener: asyncio.Task[None] | None = None
        self._attention = asyncio.Event()  # another channel, or the connection has ended

    @classmethod
    async def open(cls, url: str, *, connections: int = 10) -> PostgresDatabase:
        """Connects; ``url`` is ``postgresql://...``. Raises OSError if that is not possible."""
        try:
            pool = await asyncpg.create_pool(url, min_size=1, max_size=connections)
        except asyncpg.PostgresError as error:  # no such database, wrong password, starting up
            raise ConnectionError(str(error)) from error
        return cls(pool, url)

    async def read(
        self,
        unit: Callable[Concatenate[Transaction, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            # The snapshot is taken by the first statement, so it is not older than this.
            tx = PostgresTransaction(connection, time.monotonic_ns())
            return await unit(tx, *args, **kwargs)

    async def write(
        self,
        unit: Callable[Concatenate[Transaction, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        # Shielded: a caller that gives up must not make a committed unit look undone.
        return await asyncio.shield(self._write(unit, *args, **kwargs))

    async def _write(
        self,
        unit: Callable[Concatenate[Transaction, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        for attempt in range(RETRIES):
            try:
                return await self._attempt(unit, *args, **kwargs)
            except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
                if attempt == RETRIES - 1:
                    raise
        raise AssertionError("unreachable")

    async def _attempt(
        self,
        unit: Callable[Concatenate[Transaction, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        async with self._pool.acquire() as connection:
            tx = PostgresTransaction(connection)
            async with connection.transaction():
                result = await unit(tx, *args, **kwargs)
                await tx.settle()
                for channel, payload in dict.fromkeys(tx.notifications):
                    if len(payload.encode()) <= NOTIFY_LIMIT:
                        await connection.execute("SELECT pg_notify($1, $2)", channel, payload)
        for callback in tx.callbacks:
            self._loop.call_soon(callback)
        return result

    def hint(self, channel: str) -> None:
        """Nothing: other connections see what is written only after its commit."""

    def listen(self, channel: str, callback: Callable[[str], object]) -> None:
        self._listeners.setdefault(channel, []).append(callback)
        self._attention.set()
        if self._listener is None:
            self._listener = asyncio.ensure_future(self._keep_listening())

    def on_missed(self, callback: Callable[[], object]) -> None:
        self._missed.append(callback)

    async def _keep_listening(self) -> None:
        while True:
            try:
                await self._listen_until_lost()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("database_listen_lost", error=repr(error))
            await asyncio.sleep(1)

    async def _listen_until_lost(self) -> None:
        connection = await asyncpg.connect(self._url)
        try:
            connection.add_termination_listener(lambda _connection: self._attention.set())
            heard: set[str] = set()
            while not connection.is_closed():
                self._attention.clear()
                fresh = self._listeners.keys() - heard
                for channel in fresh:
                    await connection.add_listener(channel, self._notified)
                    heard.add(channel)
                if fresh:
                    for callback in self._missed:
                        callback()
                with suppress(TimeoutError):
                    async with asyncio.timeout(LISTEN_CHECK):
                        await self._attention.wait()
                await connection.execute("SELECT 1")
        finally:
            connection.terminate()

    def _notified(self, _connection: object, _pid: int, channel: str, payload: str) -> None:
        for listener in self._listeners.get(channel, ()):
            listener(payload)

    async def close(self) -> None:
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)
        await self._pool.close()
