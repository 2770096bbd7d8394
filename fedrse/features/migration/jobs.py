"""Imports, some lines at a time: other sites are asked whom or what each names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
import structlog

from fedrse.core.clock import HOUR, Clock
from fedrse.core.errors import NotFound
from fedrse.features.migration.model import Entry, Kind
from fedrse.features.migration.service import IMPORT, REMOVE, Migration
from fedrse.jobs.model import GiveUp, Job
from fedrse.jobs.runner import Runner
from fedrse.store.database import Database

Find = Callable[[str, bool], Awaitable[int | None]]
"""The id of what a handle names, or (True) of the post at an address; None where there is none."""

TRIES = 3
AGAIN = 6 * HOUR
log = structlog.get_logger(__name__)


class MigrationJobs:
    """Handlers of jobs; a line that is done twice is done once."""

    def __init__(
        self, *, database: Database, migration: Migration, find: Find, clock: Clock
    ) -> None:
        self._database = database
        self._migration = migration
        self._find = find
        self._clock = clock

    def register(self, runner: Runner) -> None:
        """Takes the jobs of this feature."""
        runner.handle(IMPORT, self.bring_in)
        runner.handle(REMOVE, self.remove)

    async def bring_in(self, job: Job) -> None:
        """Does some lines; those that could not be done are tried again later, a few times."""
        me, kind = int(job.arguments["account"]), Kind(job.arguments["kind"])
        entries = msgspec.convert(job.arguments["entries"], list[Entry])
        left = []
        for entry in entries:
            found = None
            if kind is not Kind.DOMAIN_BLOCKING:
                found = await self._find(entry.what, kind is Kind.BOOKMARKS)
            try:
                done = await self._database.write(self._migration.apply, me, kind, entry, found)
            except NotFound as error:
                raise GiveUp("the person is gone") from error
            if not done:
                left.append(entry)
        tried = int(job.arguments["tried"]) + 1
        log.info("import_batch", account=me, of=kind.value, lines=len(entries), left=len(left))
        if left and tried < TRIES:
            await self._database.write(
                self._migration.plan_batch,
                me,
                kind,
                left,
                tried=tried,
                due_at=self._clock.now() + AGAIN,
            )

    async def remove(self, job: Job) -> None:
        """Takes away what an overwriting import leaves out."""
        me, kind = int(job.arguments["account"]), Kind(job.arguments["kind"])
        try:
            await self._database.write(self._migration.remove, me, kind, job.arguments["ids"])
        except NotFound as error:
            raise GiveUp("the person is gone") from error
