"""Publishes posts when their time has come."""

from __future__ import annotations

from fedrse.features.scheduling.service import PUBLISH, Scheduling
from fedrse.jobs.model import Job
from fedrse.jobs.runner import Runner
from fedrse.store.database import Transaction


def register(runner: Runner, scheduling: Scheduling) -> None:
    """Takes the jobs of this feature; publishing and the end of the job are one transaction."""

    async def publish(tx: Transaction, job: Job) -> None:
        await scheduling.publish_due(tx, int(job.arguments["id"]))

    runner.handle_in_transaction(PUBLISH, publish)
