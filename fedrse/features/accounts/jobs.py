"""Periodic work on accounts."""

from __future__ import annotations

from fedrse.core.clock import HOUR
from fedrse.features.accounts.service_keys import ActorKeys
from fedrse.jobs.model import Job
from fedrse.jobs.runner import Runner
from fedrse.store.database import Database

REMOVE_RETIRED_KEYS = "accounts.remove_retired_keys"


def register(runner: Runner, *, database: Database, keys: ActorKeys) -> None:
    """Forgets retired keys when their grace time is over."""

    async def remove(_job: Job) -> None:
        await database.write(keys.remove_retired)

    runner.every(6 * HOUR, REMOVE_RETIRED_KEYS, remove)
