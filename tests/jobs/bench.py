"""A queue with runners, and handlers that note what they got."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from fedrse.core.clock import ManualClock
from fedrse.core.ids import IdMaker
from fedrse.jobs.model import Job
from fedrse.jobs.queue import Queue
from fedrse.jobs.runner import Runner
from fedrse.jobs.tables import job
from fedrse.store.database import Database, Transaction
from fedrse.store.statement import Statement

ROWS = Statement(select(job).order_by(job.c.id))


class Bench:
    """A queue, a clock under control and as many runners as wanted."""

    def __init__(self, database: Database, node: int = 0) -> None:
        self.database = database
        self.clock = ManualClock()
        self.queue = Queue(clock=self.clock, ids=IdMaker(self.clock, node))

    def runner(self, owner: str = "a", parallel: int = 8) -> Runner:
        return Runner(
            database=self.database,
            queue=self.queue,
            clock=self.clock,
            owner=owner,
            parallel=parallel,
        )

    async def add(self, kind: str, **arguments: Any) -> None:
        await self.database.write(self.queue.enqueue, kind, arguments)

    async def waiting(self) -> list[Any]:
        async def unit(tx: Transaction) -> list[Any]:
            return await tx.all(ROWS)

        return await self.database.read(unit)


class Recorder:
    """A handler that notes what it got, and fails as told."""

    def __init__(self, *errors: Exception) -> None:
        self.jobs: list[Job] = []
        self.errors = list(errors)

    async def __call__(self, job: Job) -> None:
        self.jobs.append(job)
        if self.errors:
            raise self.errors.pop(0)
