"""Lists that are followed are fetched once a day."""

from __future__ import annotations

from typing import Final

from fedrse.core.clock import HOUR
from fedrse.features.policy.service_subscriptions import Subscriptions
from fedrse.jobs.model import Job
from fedrse.jobs.runner import Runner

REFRESH: Final = "policy.refresh_lists"


def register(runner: Runner, subscriptions: Subscriptions) -> None:
    """Takes the job; it looks every hour which lists are due."""

    async def refresh(_job: Job) -> None:
        await subscriptions.refresh_due()

    runner.every(HOUR, REFRESH, refresh)
