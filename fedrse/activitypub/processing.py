"""Processing of what was taken in: many messages per transaction, in order per actor.

The effect of a message and the mark that it is done are in one transaction, so it happens exactly
once. Handlers hardly ever fail after they have begun to write. So a batch runs without savepoints,
which would cost more than the work; should one fail like that, or what was left to be done for all
of them at once, the batch is undone and runs again with a savepoint for each message.

Where a handler needs something that is not known yet, the message leaves the batch: what is needed
is fetched outside of any transaction, while later messages of the same actor wait and everybody
else's go on.

Several processes on one PostgreSQL share the work by partition: whoever locks the row of a
partition processes it, for one transaction.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from secrets import token_hex
from typing import Any, Final

import structlog

from fedrse.activitypub import inbox_queries as queries
from fedrse.activitypub.dispatch import Dispatcher, Ignored, Needs, Received, Refused
from fedrse.activitypub.document_client import FetchFailed
from fedrse.activitypub.intake import PARTITIONS, WAKE_UP
from fedrse.activitypub.processing_messages import (
    LONGEST_REASON,
    Batch,
    Ended,
    Waits,
    received_of,
)
from fedrse.activitypub.processing_turns import Turns
from fedrse.activitypub.quotas import Quota, Quotas, cause
from fedrse.core.clock import HOUR, MINUTE, SECOND, Clock
from fedrse.core.errors import FedrseError, TooMany
from fedrse.core.ports import Protocol
from fedrse.core.trace import current, trace_of
from fedrse.jobs.leases import ensure_locks
from fedrse.jobs.runner import is_conflict
from fedrse.store.database import Database, Row, Transaction, UniqueViolation

BATCH: Final = 200
BUSY: Final = 5  # messages in one batch: more are on their way, and worth waiting for
GATHERING: Final = 0.05  # seconds
FETCHING_AT_ONCE: Final = 50
FETCHING_LEASE: Final = 2 * MINUTE
MAX_ROUNDS: Final = 6
LONGEST_SLEEP: Final = 10 * SECOND  # notifications may be lost
RETRY_AFTER: Final = (30 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR, 12 * HOUR)
MOST_ATTEMPTS: Final = len(RETRY_AFTER) + 1
log = structlog.get_logger(__name__)


class NeedsResolver(Protocol):
    """Fetches and stores what messages need; implemented by ``fetching.Resolver``."""

    async def resolve_all(self, uris: Any) -> dict[str, FetchFailed | None]:
        """None for each that is stored now, else why it is not."""


class _HalfDone(Exception):
    """A handler failed after it had written: only a savepoint can undo that."""


class Processor:
    """Runs the handlers of the dispatcher over the stored messages."""

    def __init__(
        self,
        *,
        database: Database,
        dispatcher: Dispatcher,
        resolver: NeedsResolver,
        clock: Clock,
        batch: int = BATCH,
        quotas: Quotas | None = None,
    ) -> None:
        self._database = database
        self._dispatcher = dispatcher
        self._resolver = resolver
        self._clock = clock
        self._batch_size = batch
        self._quotas = quotas
        several = database.dialect == "postgresql"
        self._names = [
            f"{queries.PARTITION_PREFIX}{number}" for number in range(PARTITIONS if several else 1)
        ]
        self._turns = Turns(self._names)
        self._me = token_hex(8)  # among the processes that hear of each other
        self._retry_at = 0  # when failures or dead fetches may be due again
        self._fetching: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(FETCHING_AT_ONCE)
        self._wake = asyncio.Event()
        self._main: asyncio.Task[None] | None = None
        self._stopping = False

    # Life

    async def start(self) -> None:
        """Begins to process in the background."""
        await self._prepare()
        if self._database.dialect == "sqlite":
            # Only one process works on a file: whoever fetched was killed.
            await self._database.write(_free_all, self._clock.now())
        self._database.listen(WAKE_UP, self._heard)
        self._database.on_missed(self._wake.set)
        self._main = asyncio.create_task(self._loop())

    def _heard(self, teller: str) -> None:
        if teller != self._me:  # what this one tells it knows already
            self._wake.set()

    async def stop(self) -> None:
        """Ends after the batch under way; what is being fetched will be processed later."""
        self._stopping = True
        self._wake.set()
        if self._main is not None:
            await self._main
        for task in self._fetching:
            task.cancel()
        await asyncio.gather(*self._fetching, return_exceptions=True)

    async def run_due(self) -> int:
        """Processes everything that can be processed now; returns how many messages were looked at.

        For the command line and tests; not while started.
        """
        await self._prepare()
        total = 0
        while True:
            batch = await self._one_batch()
            total += batch.count
            if self._fetching:
                await asyncio.wait(self._fetching)
            elif not batch.more:
                return total

    async def _prepare(self) -> None:
        await self._database.write(ensure_locks, self._names)
        if len(self._names) == 1:
            # A database that once was shared by several processes.
            await self._database.write(_join_partitions)

    async def _loop(self) -> None:
        while not self._stopping:
            if self._turns.begins:  # else it may be about a partition whose turn is over
                self._wake.clear()
            try:
                batch = await self._one_batch()
            except Exception:
                # The loop must survive a database that is away for a while.
                log.exception("processing_failed")
                await asyncio.sleep(1)
                continue
            if not batch.more:
                if batch.count >= BUSY:
                    await asyncio.sleep(GATHERING)
                await self._sleep()

    async def _sleep(self) -> None:
        delay = min(max(self._retry_at - self._clock.now(), SECOND), LONGEST_SLEEP)
        with suppress(TimeoutError):
            async with asyncio.timeout(delay / SECOND):
                await self._wake.wait()

    # Batches

    async def _one_batch(self) -> Batch:
        try:
            batch = await self._database.write(self._process, guarded=False)
        except _HalfDone:
            batch = await self._database.write(self._process, guarded=True)
        for waits in batch.waits:
            task = asyncio.create_task(self._fetch_and_process(waits))
            self._fetching.add(task)
            task.add_done_callback(self._fetching.discard)
        return batch

    async def _process(self, tx: Transaction, *, guarded: bool) -> Batch:
        if self._clock.now() >= self._retry_at:
            await self._take_up_again(tx)
        name = await tx.value(queries.LOCK_PARTITION, names=self._turns.left)
        if name is None:
            return Batch(0, [], self._turns.end())
        batch = await self._process_partition(tx, int(name.rpartition(":")[2]), guarded=guarded)
        more = self._turns.had(name, batch.count)
        # With one partition, fewer than asked for means: all that can be processed now.
        return batch if len(self._names) == 1 else Batch(batch.count, batch.waits, more)

    async def _take_up_again(self, tx: Transaction) -> None:
        """Makes failures pending whose time has come, and what a dead process was fetching."""
        now = self._clock.now()
        await tx.run(queries.TAKE_UP_AGAIN, now=now, most_attempts=MOST_ATTEMPTS)
        due = await tx.value(queries.NEXT_RETRY, most_attempts=MOST_ATTEMPTS)
        latest = now + LONGEST_SLEEP
        due = latest if due is None else min(due, latest)
        tx.after_commit(lambda: setattr(self, "_retry_at", due))

    async def _process_partition(self, tx: Transaction, partition: int, *, guarded: bool) -> Batch:
        rows = await self._pending(tx, partition)
        if not rows:
            return Batch(0, [], more=False)
        ended, waits = await self._run_all(tx, rows, guarded=guarded)
        try:
            await tx.settle()
        except Exception as error:
            if is_conflict(error):
                raise
            raise _HalfDone from None
        until = self._clock.now() + FETCHING_LEASE
        ended += [Ended(w.row.id, "fetching", "", w.row.attempts, until) for w in waits]
        await self._finish(tx, ended)
        return Batch(len(ended), waits, len(rows) == self._batch_size)

    async def _run_all(
        self, tx: Transaction, rows: list[Row], *, guarded: bool
    ) -> tuple[list[Ended], list[Waits]]:
        ended: list[Ended] = []
        waits: list[Waits] = []
        blocked: set[str] = set()
        batch = [received_of(row, frozenset()) for row in rows]
        if not guarded:
            await self._foresee(tx, batch)
        for row, received in zip(rows, batch, strict=True):
            if row.actor in blocked:
                continue
            outcome = await self._run(tx, row, received, guarded=guarded)
            if isinstance(outcome, Waits):
                blocked.add(row.actor)
                waits.append(outcome)
            else:
                ended.append(outcome)
        return ended, waits

    async def _foresee(self, tx: Transaction, batch: list[Received]) -> None:
        """A help, not a condition: where it fails, each message asks for itself."""
        try:
            await self._dispatcher.foresee(tx, batch)
        except Exception as error:
            if is_conflict(error):
                raise
            log.exception("messages_not_foreseen", count=len(batch))
            raise _HalfDone from None

    async def _pending(self, tx: Transaction, partition: int) -> list[Row]:
        blocked = [row.actor for row in await tx.all(queries.FETCHING_ACTORS, partition=partition)]
        if blocked:
            return await tx.all(
                queries.PENDING_EXCEPT,
                partition=partition,
                blocked=blocked,
                most=self._batch_size,
            )
        return await tx.all(queries.PENDING, partition=partition, most=self._batch_size)

    async def _finish(self, tx: Transaction, ended: list[Ended]) -> None:
        alike: dict[tuple[str, str], list[int]] = {}
        for end in ended:
            if end.is_final:
                outcome = end.state, end.reason[:LONGEST_REASON]
                alike.setdefault(outcome, []).append(end.message_id)
        for (state, reason), ids in alike.items():
            await tx.run(queries.FINISH_ALIKE, ids=ids, state=state, reason=reason)
        others = [end.parameters() for end in ended if not end.is_final]
        if others:
            await tx.many(queries.FINISH, others)

    # One message

    async def _run(
        self, tx: Transaction, row: Row, received: Received, *, guarded: bool
    ) -> Ended | Waits:
        """Runs the handler and says how it ended. Raises _HalfDone unless ``guarded``."""
        try:
            word = await self._dispatch(tx, received, guarded=guarded)
        except _HalfDone:
            raise
        except Needs as needs:
            return Waits(row, needs.uris)
        except Ignored as ignored:
            return Ended(row.id, "ignored", str(ignored), row.attempts)
        except Refused as refused:
            return Ended(row.id, "refused", str(refused), row.attempts)
        except FedrseError as error:
            # A quota ends, and a key that somebody else wrote at the same time is known next time.
            if error.status >= 500 or isinstance(error, (TooMany, UniqueViolation)):
                return self._failed(row, error.code)
            return Ended(row.id, "refused", error.code, row.attempts)
        except Exception as error:
            if is_conflict(error):
                raise
            trace = trace_of(row.activity_id)
            log.exception(
                "message_failed", id=row.id, activity=row.activity_id, type=row.type, trace=trace
            )
            return self._failed(row, f"{type(error).__name__}: {error}")
        return Ended(row.id, "done", word, row.attempts)

    async def _dispatch(self, tx: Transaction, received: Received, *, guarded: bool) -> str:
        if guarded:
            async with tx.savepoint():
                word = await self._dispatcher.dispatch(tx, received)
                await tx.settle()
                return word
        before = tx.changes
        try:
            return await self._dispatcher.dispatch(tx, received)
        except (Needs, Ignored, Refused, FedrseError):
            if tx.changes != before:
                raise _HalfDone from None
            raise
        except Exception as error:
            if is_conflict(error):
                raise
            # After an error of its own PostgreSQL goes on only from a savepoint.
            raise _HalfDone from None

    def _failed(self, row: Row, reason: str) -> Ended:
        attempts = row.attempts + 1
        due = self._clock.now() + RETRY_AFTER[min(attempts, len(RETRY_AFTER)) - 1]
        self._retry_at = min(self._retry_at, due)
        return Ended(row.id, "failed", reason, attempts, due)

    # What needs something first

    async def _fetch_and_process(self, waits: Waits) -> None:
        current.set(trace_of(waits.row.activity_id))  # of this task, and so of what it asks for
        cause.set(waits.row.host)
        async with self._slots:
            try:
                ended = await self._rounds(waits)
                if ended is not None:
                    await self._database.write(self._finish_fetched, ended)
            except Exception:
                # The message is taken up again when its lease is over.
                log.exception("message_failed", id=waits.row.id)
            finally:
                self._wake.set()

    async def _rounds(self, waits: Waits) -> Ended | None:
        row = waits.row
        unavailable: frozenset[str] = frozenset()
        tried: set[str] = set()
        for _ in range(MAX_ROUNDS):
            fresh = [uri for uri in waits.uris if uri not in tried]
            try:
                self._count(row.host, len(fresh))
            except TooMany as error:
                return self._failed(row, error.code)
            results = await self._resolver.resolve_all(fresh)
            tried.update(fresh)
            failures = [error for error in results.values() if error is not None]
            if any(error.temporary for error in failures) and row.attempts + 1 < MOST_ATTEMPTS:
                reason = next(error for error in failures if error.temporary)
                return self._failed(row, f"{reason.code} {reason.details.get('uri', '')}")
            # What is known by now and asked for again has another id than the one that was used.
            unavailable |= {uri for uri in waits.uris if results.get(uri) or uri not in fresh}
            outcome = await self._database.write(self._run_alone, row, unavailable)
            if outcome is None:
                return None
            waits = outcome
        return Ended(row.id, "refused", "needs too many others", row.attempts)

    def _count(self, host: str, fetches: int) -> None:
        """Raises TooMany where messages of a peer need more than is fetched for it."""
        if self._quotas is not None and fetches:
            self._quotas.take(Quota.FETCHES, host, fetches)

    async def _run_alone(
        self, tx: Transaction, row: Row, unavailable: frozenset[str]
    ) -> Waits | None:
        until = self._clock.now() + FETCHING_LEASE
        if not await tx.run(queries.STILL_FETCHING, message_id=row.id, due_at=until):
            return None  # it took so long that another process has taken it up
        outcome = await self._run(tx, row, received_of(row, unavailable), guarded=True)
        if isinstance(outcome, Waits):
            return outcome
        await self._finish_fetched(tx, outcome)
        return None

    async def _finish_fetched(self, tx: Transaction, ended: Ended) -> None:
        await self._finish(tx, [ended])
        if tx.dialect == "postgresql":
            # Another process may have the partition, and have seen only what waited for this.
            tx.notify(WAKE_UP, self._me)


async def _free_all(tx: Transaction, now: int) -> None:
    await tx.run(queries.FREE_ALL, now=now)


async def _join_partitions(tx: Transaction) -> None:
    await tx.run(queries.JOIN_PARTITIONS)
