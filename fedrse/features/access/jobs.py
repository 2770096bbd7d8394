"""Work that comes back: dropping what has expired."""

from __future__ import annotations

from fedrse.core.clock import HOUR
from fedrse.features.access.service_blocks import SignUpBlocks
from fedrse.features.access.service_oauth import OAuth
from fedrse.jobs.model import Job
from fedrse.jobs.runner import Runner
from fedrse.store.database import Database

SWEEP = "access.sweep"
SWEEP_EVERY = 6 * HOUR


def register(runner: Runner, *, database: Database, oauth: OAuth, blocks: SignUpBlocks) -> None:
    """Registers the periodic jobs of this feature."""

    async def sweep(_job: Job) -> None:
        await database.write(oauth.sweep)
        await database.write(blocks.forget_attempts)

    runner.every(SWEEP_EVERY, SWEEP, sweep)
