"""Periodic work on home timelines."""

from __future__ import annotations

from fedrse.core.clock import HOUR, Clock
from fedrse.features.timelines.service import Timelines
from fedrse.jobs.model import Job
from fedrse.jobs.runner import Runner
from fedrse.store.database import Database

FORGET_OLD = "timelines.forget_old"
MOST_UNITS = 500  # of one run; the next one goes on


def register(
    runner: Runner, *, database: Database, timelines: Timelines, clock: Clock, kept: int
) -> None:
    """Keeps home timelines as long as the operator wants (``kept`` in milliseconds)."""

    async def forget(_job: Job) -> None:
        before = clock.now() - kept
        for _ in range(MOST_UNITS):
            if not await database.write(timelines.forget_old, before):
                return

    runner.every(6 * HOUR, FORGET_OLD, forget)
