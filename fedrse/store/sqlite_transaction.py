"""What a unit of work holds on SQLite: statements run at once, on the thread of the connection."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import chain
from typing import Any, TypeVar

import msgspec

from fedrse.store.database import Row, TransactionMisuse, UniqueViolation
from fedrse.store.statement import Compiled, Statement
from fedrse.store.unit import Unit
from fedrse.store.watch import Interest, Watch, Watches

T = TypeVar("T")
# Each row by itself is a moment at which another thread may take over.
ROWS_AT_ONCE = (32, 8, 2)
_decode_ids = msgspec.json.Decoder(list[int]).decode


class SqliteTransaction(Unit):
    """Runs statements at once on the thread that owns the connection; nothing ever suspends."""

    dialect = "sqlite"

    def __init__(
        self, connection: sqlite3.Connection, watches: Watches, snapshot: int | None = None
    ) -> None:
        super().__init__()
        self._connection = connection
        self._watches = watches
        self.snapshot = snapshot
        self.touched: list[tuple[Watch, int | None]] = []
        self._depth = 0

    def watch(self, interest: Interest) -> Watch | None:
        return None if self.snapshot is None else self._watches.of(interest)

    def _execute(self, compiled: Compiled, parameters: Mapping[str, Any]) -> sqlite3.Cursor:
        if compiled.writes:
            self._wrote(compiled)
            self.touched += self._watches.touched(compiled, parameters)
        try:
            return self._connection.execute(compiled.sql, compiled.bind(parameters))
        except sqlite3.IntegrityError as error:
            if "UNIQUE" in str(error):
                raise UniqueViolation(str(error)) from error
            raise

    async def all(self, statement: Statement, **parameters: Any) -> list[Row]:
        compiled = statement.compiled("sqlite")
        return compiled.rows(self._execute(compiled, parameters).fetchall())

    async def one(self, statement: Statement, **parameters: Any) -> Row | None:
        compiled = statement.compiled("sqlite")
        cursor = self._execute(compiled, parameters)
        raw = cursor.fetchone()
        # A half-read cursor would hold the statement open over the commit.
        cursor.close()
        return None if raw is None else compiled.rows((raw,))[0]

    async def value(self, statement: Statement, **parameters: Any) -> Any:
        row = await self.one(statement, **parameters)
        return None if row is None else row[0]

    async def ids(self, statement: Statement, **parameters: Any) -> list[int]:
        compiled = statement.compiled("sqlite")
        # One row: each row is a moment at which another thread may take over.
        found = self._connection.execute(compiled.gathered, compiled.bind(parameters)).fetchone()
        return _decode_ids(found[0])

    async def run(self, statement: Statement, **parameters: Any) -> int:
        compiled = statement.compiled("sqlite")
        return self._execute(compiled, parameters).rowcount

    async def many(self, statement: Statement, rows: Sequence[Mapping[str, Any]]) -> None:
        compiled = statement.compiled("sqlite")
        self._wrote(compiled)
        for row in rows:
            self.touched += self._watches.touched(compiled, row)
        values = [compiled.bind(row) for row in rows]
        try:
            for size in ROWS_AT_ONCE if len(values) > 1 else ():
                sql = compiled.of_rows(size)
                while sql and len(values) >= size:
                    self._connection.execute(sql, tuple(chain(*values[:size])))
                    del values[:size]
            self._connection.executemany(compiled.sql, values)
        except sqlite3.IntegrityError as error:
            if "UNIQUE" in str(error):
                raise UniqueViolation(str(error)) from error
            raise

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        mark = self._mark()
        self._depth += 1
        name = f"s{self._depth}"
        self._connection.execute(f"SAVEPOINT {name}")
        try:
            yield
        except BaseException:
            self._connection.execute(f"ROLLBACK TO {name}")
            self._undo(mark)
            raise
        finally:
            self._connection.execute(f"RELEASE {name}")
            self._depth -= 1


def drive(coroutine: Awaitable[T]) -> T:
    """Runs a unit to its end without an event loop; it must never suspend."""
    assert isinstance(coroutine, Coroutine)  # noqa: S101  (units are async functions)
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]
    coroutine.close()
    raise TransactionMisuse("a unit of work may await only its transaction")
