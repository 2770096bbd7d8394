"""Periodic work on accounts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fedrse.core.clock import DAY, HOUR, Clock
from fedrse.features.accounts.service import Accounts
from fedrse.features.accounts.service_keys import ActorKeys
from fedrse.jobs.model import Job
from fedrse.jobs.queue import Queue
from fedrse.jobs.runner import Runner
from fedrse.store.database import Database, Transaction

REMOVE_RETIRED_KEYS = "accounts.remove_retired_keys"
CHECK_GONE = "accounts.check_gone"
CHECK_GONE_AFTER = DAY


class GoneActors:
    """People of other sites whose inbox is gone (410): a day later their site is asked once more.

    ``ask`` fetches an actor; where its site answers that it exists no more it is deleted here.
    """

    def __init__(
        self,
        *,
        accounts: Accounts,
        queue: Queue,
        clock: Clock,
        ask: Callable[[str], Awaitable[object]],
    ) -> None:
        self._accounts = accounts
        self._queue = queue
        self._clock = clock
        self._ask = ask

    async def inbox_gone(self, tx: Transaction, inbox: str) -> None:
        """A delivery was answered 410: one answer may be a mistake, so nothing is deleted yet."""
        for account in await self._accounts.owners_of_inbox(tx, inbox):
            await self._queue.enqueue(
                tx,
                CHECK_GONE,
                {"uri": account.uri},
                due_at=self._clock.now() + CHECK_GONE_AFTER,
                key=f"{CHECK_GONE}:{account.id}",
            )

    async def check(self, job: Job) -> None:
        """Asks for the actor again."""
        await self._ask(str(job.arguments["uri"]))


def register(runner: Runner, *, database: Database, keys: ActorKeys) -> None:
    """Forgets retired keys when their grace time is over."""

    async def remove(_job: Job) -> None:
        await database.write(keys.remove_retired)

    runner.every(6 * HOUR, REMOVE_RETIRED_KEYS, remove)
