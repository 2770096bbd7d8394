"""Keeping house: forgets what the queues of the protocol need no more, daily."""

from __future__ import annotations

from typing import Final

from fedrse.activitypub import delivery_queries, inbox_queries
from fedrse.core.clock import DAY, HOUR, Clock
from fedrse.core.ids import time_of
from fedrse.jobs import queries as job_queries
from fedrse.jobs.model import Job
from fedrse.jobs.runner import Runner
from fedrse.store.database import Database, Transaction
from fedrse.store.statement import Statement

KIND: Final = "activitypub.retention"
IDS_KEPT: Final = 90 * DAY
"""How long ids of received activities are remembered, so that nothing is taken twice."""

PROBLEMS_KEPT: Final = 30 * DAY
HOSTS_KEPT: Final = 180 * DAY
STEP: Final = 6 * HOUR
_ID_SHIFT: Final = 16  # ids begin with their time (core.ids)


class Retention:
    """Removes old rows. ``bodies_kept``: how long bodies of processed messages stay, in ms."""

    def __init__(self, *, database: Database, clock: Clock, bodies_kept: int) -> None:
        self._database = database
        self._clock = clock
        self._bodies_kept = bodies_kept

    def register(self, runner: Runner) -> None:
        """Plans the daily run."""
        runner.every(DAY, KIND, self._run)

    async def _run(self, _job: Job) -> None:
        await self.run()

    async def run(self) -> None:
        """Removes what is old now, in many short transactions."""
        now = self._clock.now()
        oldest = await self._database.read(_oldest)
        if oldest is not None:
            await self._in_steps(inbox_queries.FORGET, oldest, now - IDS_KEPT)
            await self._in_steps(inbox_queries.FORGET_BODIES, oldest, now - self._bodies_kept)
        await self._database.write(self._deliveries)
        await self._database.write(self._jobs)

    async def _in_steps(self, statement: Statement, oldest: int, end: int) -> None:
        async def step(tx: Transaction, since: int) -> None:
            before = min(since + STEP, end)
            await tx.run(statement, since=_id_at(since), before=_id_at(before))

        for since in range(time_of(oldest), end, STEP):
            await self._database.write(step, since)

    async def _deliveries(self, tx: Transaction) -> None:
        now = self._clock.now()
        await tx.run(delivery_queries.FORGET_FAILED, before=now - PROBLEMS_KEPT)
        # A moment of rest, so that nothing is removed between storing and delivering.
        await tx.run(delivery_queries.FORGET_ACTIVITIES, before_id=_id_at(now - HOUR))
        await tx.run(delivery_queries.FORGET_HOSTS, before=now - HOSTS_KEPT)

    async def _jobs(self, tx: Transaction) -> None:
        before = self._clock.now() - PROBLEMS_KEPT
        await tx.run(job_queries.DROP_FAILED_BEFORE, before=before)


async def _oldest(tx: Transaction) -> int | None:
    oldest = await tx.value(inbox_queries.OLDEST)
    return None if oldest is None else int(oldest)


def _id_at(milliseconds: int) -> int:
    return milliseconds << _ID_SHIFT
