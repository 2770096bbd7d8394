"""The database as the rest of fedrse sees it: units of work over one of two backends.

A unit of work is an async function whose first parameter is a transaction::

    async def like(tx: Transaction, post: int) -> bool: ...

    await database.write(like, post)

It may await nothing but the transaction. On SQLite the unit runs on a database thread and never
suspends, so many units share one commit (group commit) and one hop; on PostgreSQL it runs on the
event loop with a connection of its own. A unit may run twice (after a deadlock), so its only
effects are in the database and in ``after_commit``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar

from fedrse.core.errors import FedrseError
from fedrse.core.ports import Protocol
from fedrse.store.statement import Statement
from fedrse.store.watch import Interest, Watch

Row: TypeAlias = Any
P = ParamSpec("P")
T = TypeVar("T")


class UniqueViolation(FedrseError):
    """A row with this key exists already."""

    status = 409

    def __init__(self, detail: str) -> None:
        super().__init__("exists_already", "This exists already", detail=detail)


class TransactionMisuse(RuntimeError):
    """A unit of work awaited something that is not its transaction (a network call, a sleep)."""


class Transaction(Protocol):
    """What a unit of work can do."""

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``, for the few statements that differ."""

    @property
    def snapshot(self) -> int | None:
        """A moment (``time.monotonic_ns``) not later than what a read transaction sees.

        None in a write transaction: what it sees may yet be undone, so nobody may cache it.
        """

    @property
    def changes(self) -> int:
        """Grows with all that a savepoint would undo; the same as before: nothing to undo."""

    @property
    def known(self) -> dict[str, dict[Any, Any]]:
        """What this unit has read and may read again, by the name of the table it comes from.

        A write to a table forgets what was known of it, and a savepoint that is undone everything.
        """

    def watch(self, interest: Interest) -> Watch | None:
        """What tells until when this transaction's findings about an interest may be remembered.

        None where nobody can tell: on PostgreSQL, and in write transactions.
        """

    async def all(self, statement: Statement, **parameters: Any) -> list[Row]:
        """All rows, as named tuples."""

    async def one(self, statement: Statement, **parameters: Any) -> Row | None:
        """The first row or None."""

    async def value(self, statement: Statement, **parameters: Any) -> Any:
        """The first column of the first row or None."""

    async def ids(self, statement: Statement, **parameters: Any) -> list[int]:
        """The only column of all rows, whole numbers, in any order."""

    async def run(self, statement: Statement, **parameters: Any) -> int:
        """Runs a statement without result; returns how many rows it touched."""

    async def many(self, statement: Statement, rows: Sequence[Mapping[str, Any]]) -> None:
        """Runs a statement once per set of parameters."""

    def savepoint(self) -> AbstractAsyncContextManager[None]:
        """Undoes what happened inside if the block raises; the transaction goes on."""

    def gather(self, work: Callable[[Any, list[T]], Awaitable[None]], item: T) -> None:
        """Calls ``work(tx, items)`` at the end of the unit, once for all that were gathered."""

    async def settle(self) -> None:
        """Does now what was gathered; a unit need not call it at its end."""

    def after_commit(self, callback: Callable[[], object]) -> None:
        """Calls back on the event loop once all is on disk; never after a rollback."""

    def notify(self, channel: str, payload: str) -> None:
        """Tells all processes of this site after commit; may be lost, so only a hint."""


class Database(Protocol):
    """A backend: SQLite file or PostgreSQL server."""

    @property
    def dialect(self) -> str: ...

    async def read(
        self,
        unit: Callable[Concatenate[Transaction, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Runs a unit that only reads, on one snapshot."""

    async def write(
        self,
        unit: Callable[Concatenate[Transaction, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Runs a unit in a write transaction; when this returns, its effects are on disk."""

    def hint(self, channel: str) -> None:
        """Tells listeners that what is about to be written will interest them.

        Where units run in the order in which they were given (SQLite), what they write next comes
        after that and shares its commit; elsewhere nothing happens.
        """

    def listen(self, channel: str, callback: Callable[[str], object]) -> None:
        """Calls back on the event loop with every payload notified on the channel."""

    def on_missed(self, callback: Callable[[], object]) -> None:
        """Calls back on the event loop when changes by other processes may have gone unheard.

        On PostgreSQL after the connection that listens was lost, on SQLite some seconds after the
        command line wrote to the file. Whoever remembers something reads it again.
        """

    async def close(self) -> None:
        """Finishes what is running and lets go of all connections."""
