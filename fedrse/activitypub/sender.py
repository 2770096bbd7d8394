"""The way out, second half: sends deliveries, host by host.

A process leases *hosts* that are due and sends what waits for each: in order per sender and inbox,
with few requests at a time, in a window of rows whose results are committed together. A host that
fails has one schedule for everything that waits for it; it is tried with one message first. Hosts
that failed have places of their own, so that they never keep healthy ones waiting.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Final

import structlog

from fedrse.activitypub import delivery_queries as queries
from fedrse.activitypub.delivery import WAKE_UP
from fedrse.activitypub.delivery_results import Claimed, HostReport, Reports
from fedrse.activitypub.delivery_window import Couriers, send_window
from fedrse.core.clock import MINUTE, SECOND, Clock
from fedrse.jobs.ending import end
from fedrse.store.database import Database, Row, Transaction

HEALTHY_HOSTS: Final = 192
FAILING_HOSTS: Final = 64
MOST_PER_CLAIM: Final = 64
# Extended while it is sent to: how long the hosts of a dead process wait.
LEASE: Final = 30 * SECOND
SHORTEST_SLEEP: Final = 50
LONGEST_SLEEP: Final = 10 * SECOND  # notifications may be lost
CATCH_UP_INTERVAL: Final = 5 * MINUTE
log = structlog.get_logger(__name__)


class Sender:
    """Sends in the background. ``owner`` names this process among all of the site."""

    def __init__(
        self,
        *,
        database: Database,
        couriers: Couriers,
        reports: Reports,
        clock: Clock,
        owner: str,
    ) -> None:
        self._database = database
        self._couriers = couriers
        self._reports = reports
        self._clock = clock
        self._owner = owner
        # Counted: one task may still end while the next one has the same host.
        self._leased: Counter[str] = Counter()
        self._healthy: set[asyncio.Task[None]] = set()
        self._failing: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._main: asyncio.Task[None] | None = None
        self._heart: asyncio.Task[None] | None = None
        self._stopping = False
        self._catch_up_at = 0

    async def start(self) -> None:
        """Begins to send."""
        if self._database.dialect == "sqlite":
            await self._database.write(_free_all)
        self._database.listen(WAKE_UP, lambda _payload: self._wake.set())
        self._database.on_missed(self._wake.set)
        self._main = asyncio.create_task(self._loop())
        self._heart = asyncio.create_task(self._keep_leases())

    async def stop(self, *, grace: float = 10.0) -> None:
        """Leases no more hosts and lets requests in flight end, for ``grace`` seconds.

        What was not acknowledged by then is sent again after the next start.
        """
        self._stopping = True
        self._wake.set()
        if self._main is not None:
            await self._main
        await end(self._healthy | self._failing, self._heart, grace=grace)

    async def run_due(self) -> int:
        """Sends everything that is due now; returns how many hosts were leased.

        For the command line and tests; not while started.
        """
        total = 0
        while True:
            count, _ = await self._turn()
            running = self._healthy | self._failing
            if running:
                await asyncio.wait(running)
            elif count == 0:
                return total
            total += count

    async def _loop(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                count, next_due = await self._turn()
            except Exception:
                # The loop must survive a database that is away for a while.
                log.exception("sending_failed")
                await asyncio.sleep(1)
                continue
            if count:
                continue
            delay = LONGEST_SLEEP
            if next_due is not None:
                # Due and not leased: all places are taken, and one that becomes free wakes us.
                wait = next_due - self._clock.now()
                delay = SECOND if wait < 0 else min(max(wait, SHORTEST_SLEEP), LONGEST_SLEEP)
            with suppress(TimeoutError):
                async with asyncio.timeout(delay / SECOND):
                    await self._wake.wait()

    async def _turn(self) -> tuple[int, int | None]:
        """Leases hosts that are due and begins to send to them."""
        claimed, next_due = await self._database.write(
            self._claim, HEALTHY_HOSTS - len(self._healthy), FAILING_HOSTS - len(self._failing)
        )
        self._begin(claimed)
        return len(claimed), next_due

    def _begin(self, claimed: list[Claimed]) -> None:
        for host in claimed:
            tasks = self._failing if host.failures else self._healthy
            task = asyncio.create_task(self._drain(host))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    async def take(self, tx: Transaction, hosts: Sequence[str]) -> set[str]:
        """Leases those of these hosts that are due, and sends once this transaction is on disk.

        What was just enqueued leaves one transaction earlier than by way of ``_turn``.
        """
        free = min(HEALTHY_HOSTS - len(self._healthy), MOST_PER_CLAIM)
        if self._main is None or self._stopping or free <= 0:
            return set()
        now = self._clock.now()
        rows = await tx.all(queries.CLAIM_THESE, now=now, most=free, hosts=hosts)
        if not rows:
            return set()
        claimed = await self._lease(tx, rows, now)
        tx.after_commit(partial(self._begin, claimed))
        return {row.host for row in rows}

    async def _claim(
        self, tx: Transaction, healthy: int, failing: int
    ) -> tuple[list[Claimed], int | None]:
        now = self._clock.now()
        if now >= self._catch_up_at:
            self._catch_up_at = now + CATCH_UP_INTERVAL
            await tx.run(queries.CATCH_UP, now=now)
        rows = []
        for statement, free in (
            (queries.CLAIM_HEALTHY, min(healthy, MOST_PER_CLAIM)),
            (queries.CLAIM_FAILING, min(failing, MOST_PER_CLAIM)),
        ):
            if free > 0:
                rows += await tx.all(statement, now=now, most=free)
        if not rows:
            return [], await tx.value(queries.NEXT_DUE, now=now)
        return await self._lease(tx, rows, now), None

    async def _lease(self, tx: Transaction, rows: list[Row], now: int) -> list[Claimed]:
        hosts = [row.host for row in rows]
        await tx.run(queries.LEASE, hosts=hosts, owner=self._owner, until=now + LEASE)
        return [await self._reports.claimed(tx, row) for row in rows]

    async def _drain(self, host: Claimed | None) -> None:
        """Sends what waits for one host, window after window, until nothing does or it fails."""
        name = "" if host is None else host.host
        self._leased[name] += 1
        try:
            while host is not None:
                report = HostReport(host.host, host.failures, self._owner)
                try:
                    await send_window(host, report, self._couriers)
                finally:
                    report.lease_until = self._clock.now() + LEASE
                    report.stop = report.stop or self._stopping
                    host = await self._reports.submit(report)
        except Exception:
            # Its lease ends by itself.
            log.exception("host_failed", host=name)
        finally:
            self._leased -= Counter((name,))
            self._wake.set()

    async def _keep_leases(self) -> None:
        """A slow host may take longer than its lease."""
        while True:
            await asyncio.sleep(LEASE / SECOND / 3)
            if self._leased:
                try:
                    await self._database.write(self.extend)
                except Exception:
                    # Later is early enough if the database comes back before the leases end.
                    log.exception("host_leases_not_extended")

    async def extend(self, tx: Transaction) -> None:
        """Keeps the hosts that are being sent to."""
        held = await tx.all(queries.HELD, hosts=sorted(self._leased), owner=self._owner)
        if held:
            until = self._clock.now() + LEASE
            await tx.run(queries.KEEP, hosts=[row.host for row in held], until=until)


async def _free_all(tx: Transaction) -> None:
    """Only one process works on a file: whoever had leases was killed."""
    await tx.run(queries.FREE_ALL)


def new_random() -> random.Random:
    """For the jitter of schedules; nothing secret."""
    return random.Random()  # noqa: S311
