"""Jobs: what somebody who is gone liked is counted no more."""

from __future__ import annotations

from typing import Final

from fedrse.features.accounts.model_events import AccountDeleted
from fedrse.features.reactions.service import PostsById, Reactions
from fedrse.jobs.model import Job
from fedrse.jobs.queue import Queue
from fedrse.jobs.runner import Runner
from fedrse.store.database import Database, Transaction
from fedrse.store.events import Events

FORGET: Final = "reactions.forget"


class ReactionJobs:
    """Handlers of jobs, and what plans them."""

    def __init__(
        self,
        *,
        database: Database,
        reactions: Reactions,
        posts: PostsById,
        queue: Queue,
        events: Events,
    ) -> None:
        self._database = database
        self._reactions = reactions
        self._posts = posts
        self._queue = queue
        events.subscribe(AccountDeleted, self._account_deleted)

    def register(self, runner: Runner) -> None:
        """Takes the jobs of this feature."""
        runner.handle(FORGET, self.forget)

    async def _account_deleted(self, tx: Transaction, event: AccountDeleted) -> None:
        await self._queue.enqueue(
            tx, FORGET, {"account": event.account_id, "local": int(event.local)}
        )

    async def forget(self, job: Job) -> None:
        """Takes them back, some at a time."""
        account_id, local = int(job.arguments["account"]), bool(job.arguments["local"])
        more = True
        while more:
            more = await self._database.write(
                self._reactions.forget_some, account_id, self._posts, by_local=local
            )
