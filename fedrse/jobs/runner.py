"""Does the jobs of the queue, together with all other processes of the site.

Two kinds of handlers. A *transactional* one runs in the write transaction that removes the job,
many jobs per commit: its effect happens exactly once. An ordinary one may use the network; the job
is leased while it runs, so that no other process does it too, and the lease of a process that died
ends by itself.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial

import structlog
from msgspec import Struct

from fedrse.core.clock import SECOND, Clock
from fedrse.jobs import queries
from fedrse.jobs.ending import end
from fedrse.jobs.model import (
    ATTEMPTS,
    GiveUp,
    Handler,
    Job,
    TransactionalHandler,
    TryLater,
    retry_delay,
)
from fedrse.jobs.queue import WAKE_UP, Queue
from fedrse.store.database import Database, Row, Transaction, UniqueViolation

LEASE = 30 * SECOND  # and extended while a job runs: how long the work of a dead process waits
LONGEST_SLEEP = 10 * SECOND  # notifications may be lost
TRANSACTIONAL_BATCH = 25
log = structlog.get_logger(__name__)


class _Registered(Struct, frozen=True):
    handler: Handler
    attempts: int


class _Transactional(Struct, frozen=True):
    handler: TransactionalHandler
    attempts: int


class _Turn(Struct, frozen=True):
    """What one transaction of the loop did and found; ``next_due`` None: nothing waits."""

    count: int
    leased: list[Job]
    next_due: int | None


class Runner:
    """Runs the registered kinds of jobs. ``owner`` names this process among all of the site."""

    def __init__(
        self, *, database: Database, queue: Queue, clock: Clock, owner: str, parallel: int = 8
    ) -> None:
        self._database = database
        self._queue = queue
        self._clock = clock
        self._owner = owner
        self._parallel = parallel
        self._handlers: dict[str, _Registered] = {}
        self._transactional: dict[str, _Transactional] = {}
        self._periodic: dict[str, int] = {}
        self._running: dict[int, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._main: list[asyncio.Task[None]] = []
        self._heart: asyncio.Task[None] | None = None
        self._stopping = False

    # Registration

    def handle(self, kind: str, handler: Handler, *, attempts: int = ATTEMPTS) -> None:
        """Jobs of this kind are done by ``handler(job)``, given up after so many failures."""
        self._check_new(kind)
        self._handlers[kind] = _Registered(handler, attempts)

    def handle_in_transaction(
        self, kind: str, handler: TransactionalHandler, *, attempts: int = ATTEMPTS
    ) -> None:
        """Jobs of this kind are done by ``handler(tx, job)`` in the transaction that ends them."""
        self._check_new(kind)
        self._transactional[kind] = _Transactional(handler, attempts)

    def every(self, interval: int, kind: str, handler: Handler) -> None:
        """Runs ``handler`` about every ``interval`` milliseconds, in one process at a time.

        It is a row of the queue like any other; a failure is logged and the next run comes in time.
        """
        self._check_new(kind)
        self._periodic[kind] = interval
        self._handlers[kind] = _Registered(handler, attempts=1)

    def _check_new(self, kind: str) -> None:
        if kind in self._handlers or kind in self._transactional:
            raise ValueError(f"two handlers for jobs of kind {kind}")

    # Life

    async def start(self) -> None:
        """Begins to work in the background."""
        self._database.listen(WAKE_UP, lambda _payload: self._wake.set())
        self._database.on_missed(self._wake.set)
        await self._database.write(self._begin)
        self._main = [asyncio.create_task(self._loop())]
        self._heart = asyncio.create_task(self._keep_leases())

    async def stop(self, *, grace: float = 10.0) -> None:
        """Takes no more work, lets running jobs end for ``grace`` seconds, then cancels them.

        A cancelled job goes back to the queue and is due at once.
        """
        self._stopping = True
        self._wake.set()
        # Not cancelled: a turn that is under way may just have leased jobs.
        await asyncio.gather(*self._main)
        await end(list(self._running.values()), self._heart, grace=grace)

    async def run_due(self) -> int:
        """Does everything that is due now, and what becomes due by that; returns how many jobs.

        For the command line and tests; not while started.
        """
        await self._database.write(self._plan_periodic)
        total = 0
        while True:
            done = await self._turn()
            if self._running:
                await asyncio.wait(list(self._running.values()))
            if done.count == 0:
                return total
            total += done.count

    async def _begin(self, tx: Transaction) -> None:
        if tx.dialect == "sqlite":
            # Only one process works on a file: whoever had leases was killed.
            await tx.run(queries.FREE_ALL)
        await self._plan_periodic(tx)

    async def _plan_periodic(self, tx: Transaction) -> None:
        if not self._periodic:
            return
        # Another process may be doing it: its run plans the next one.
        rows = await tx.all(queries.PRESENT, kinds=list(self._periodic))
        for kind in self._periodic.keys() - {row.kind for row in rows}:
            await self._queue.ensure(tx, kind, key=f"periodic:{kind}")

    async def _loop(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                done = await self._turn()
            except Exception:
                # The loop must survive a database that is away for a while.
                log.exception("job_loop_failed")
                await asyncio.sleep(1)
                continue
            delay = LONGEST_SLEEP
            if done.next_due is not None:
                delay = min(max(done.next_due - self._clock.now(), 0), LONGEST_SLEEP)
            if delay:
                with suppress(TimeoutError):
                    async with asyncio.timeout(delay / SECOND):
                        await self._wake.wait()

    async def _turn(self) -> _Turn:
        """One transaction: does transactional jobs, leases others, looks when to come again."""
        done = await self._database.write(self._work, self._parallel - len(self._running))
        for job in done.leased:
            self._running[job.id] = asyncio.create_task(self._run(job))
        return done

    async def _work(self, tx: Transaction, free: int) -> _Turn:
        count = await self._batch(tx) if self._transactional else 0
        leased = await self._lease_due(tx, free) if self._handlers and free > 0 else []
        kinds = list(self._transactional)
        if len(leased) < free:
            kinds += self._handlers
        next_due = await tx.value(queries.NEXT_DUE, now=self._clock.now(), kinds=kinds)
        return _Turn(count + len(leased), leased, next_due)

    # Transactional jobs

    async def _batch(self, tx: Transaction) -> int:
        rows = await tx.all(
            queries.DUE,
            now=self._clock.now(),
            kinds=list(self._transactional),
            most=TRANSACTIONAL_BATCH,
        )
        for row in rows:
            registered = self._transactional[row.kind]
            job = _job_of(row)
            try:
                async with tx.savepoint():
                    # First of all, so that the handler can enqueue a job with the same key.
                    await tx.run(queries.REMOVE, id=row.id)
                    await registered.handler(tx, job)
            except Exception as error:
                if is_conflict(error):
                    raise
                await self._failed(tx, job, error, registered.attempts)
        return len(rows)

    # Ordinary jobs

    async def _lease_due(self, tx: Transaction, most: int) -> list[Job]:
        now = self._clock.now()
        rows = await tx.all(queries.DUE, now=now, kinds=list(self._handlers), most=most)
        if rows:
            ids = [row.id for row in rows]
            await tx.run(queries.LEASE, ids=ids, owner=self._owner, until=now + LEASE)
        return [_job_of(row) for row in rows]

    async def _run(self, job: Job) -> None:
        registered = self._handlers[job.kind]
        try:
            await registered.handler(job)
        except asyncio.CancelledError:
            await self._database.write(self._end, job, self._put_back)
            raise
        except Exception as error:  # noqa: BLE001  (kept with the job, for the admin)
            failed = partial(self._failed, error=error, attempts=registered.attempts)
            await self._database.write(self._end, job, failed)
        else:
            await self._database.write(self._end, job, self._done)
        finally:
            del self._running[job.id]
            self._wake.set()

    async def _end(
        self, tx: Transaction, job: Job, end: Callable[[Transaction, Job], Awaitable[None]]
    ) -> None:
        """Writes what became of a leased job, unless another process has taken it meanwhile."""
        if await tx.value(queries.HELD, id=job.id, owner=self._owner) is None:
            log.warning("job_taken_over", kind=job.kind, id=job.id)
            return
        await end(tx, job)

    async def _done(self, tx: Transaction, job: Job) -> None:
        await tx.run(queries.REMOVE, id=job.id)
        await self._plan_again(tx, job)

    async def _put_back(self, tx: Transaction, job: Job) -> None:
        await self._retry(tx, job, due=self._clock.now(), attempts=job.attempt - 1, message="")

    async def _failed(self, tx: Transaction, job: Job, error: Exception, attempts: int) -> None:
        message = f"{type(error).__name__}: {error}"[: queries.LONGEST_ERROR]
        now = self._clock.now()
        if isinstance(error, TryLater):
            due = now + error.delay
            await self._retry(tx, job, due=due, attempts=job.attempt - 1, message=message)
            return
        given_up = isinstance(error, GiveUp) or job.attempt >= attempts
        log.warning(
            "job_failed",
            kind=job.kind,
            id=job.id,
            attempt=job.attempt,
            given_up=given_up,
            exc_info=None if isinstance(error, GiveUp) else error,
        )
        if job.kind in self._periodic:
            await tx.run(queries.REMOVE, id=job.id)
            await self._plan_again(tx, job)
        elif given_up:
            await tx.run(
                queries.FAIL, job_id=job.id, now=now, attempts_now=job.attempt, message=message
            )
        else:
            due = now + retry_delay(job.attempt)
            await self._retry(tx, job, due=due, attempts=job.attempt, message=message)

    async def _retry(
        self, tx: Transaction, job: Job, *, due: int, attempts: int, message: str
    ) -> None:
        """Puts the job back, unless one with its key waits already and does the same."""
        try:
            async with tx.savepoint():
                await tx.run(
                    queries.RETRY,
                    job_id=job.id,
                    due=due,
                    attempts_now=attempts,
                    restored_key=job.key,
                    message=message,
                )
        except UniqueViolation:
            await tx.run(queries.REMOVE, id=job.id)

    async def _plan_again(self, tx: Transaction, job: Job) -> None:
        interval = self._periodic.get(job.kind)
        if interval is not None:
            due = self._clock.now() + interval
            await self._queue.enqueue(tx, job.kind, {}, key=f"periodic:{job.kind}", due_at=due)

    async def _keep_leases(self) -> None:
        while True:
            await asyncio.sleep(LEASE / SECOND / 3)
            if self._running:
                try:
                    await self._database.write(self._extend, list(self._running))
                except Exception:
                    # Later is early enough if the database comes back before the leases end.
                    log.exception("job_leases_not_extended")

    async def _extend(self, tx: Transaction, ids: Sequence[int]) -> None:
        until = self._clock.now() + LEASE
        await tx.run(queries.EXTEND, ids=ids, owner=self._owner, until=until)


def is_conflict(error: Exception) -> bool:
    """A deadlock or serialization failure of PostgreSQL: the whole unit has to run again."""
    return getattr(error, "sqlstate", None) in {"40P01", "40001"}


def _job_of(row: Row) -> Job:
    return Job(row.id, row.kind, json.loads(row.arguments), row.key, row.attempts + 1, row.due_at)
