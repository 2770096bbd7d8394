"""Tells those who shared or quoted a post that it was edited.

They may be thousands, so it is work for jobs, a few people at a time, and not part of the edit.
"""

from __future__ import annotations

from fedrse.core.clock import Clock
from fedrse.features.notifications import queries_edits
from fedrse.features.notifications.model import Kind
from fedrse.features.notifications.service import Notifications
from fedrse.features.posts.model_events import PostEdited
from fedrse.jobs.model import Job
from fedrse.jobs.queue import Queue
from fedrse.jobs.runner import Runner
from fedrse.store.database import Transaction
from fedrse.store.events import Events

EDITED = "notifications.edited"
AT_ONCE = 100
"""People who are told in one transaction."""


class EditNews:
    """Subscribes to edits of posts; ``register`` takes the jobs that follow."""

    def __init__(
        self, *, clock: Clock, queue: Queue, events: Events, notifications: Notifications
    ) -> None:
        self._clock = clock
        self._queue = queue
        self._notifications = notifications
        events.subscribe(PostEdited, self._edited)

    def register(self, runner: Runner) -> None:
        """Takes the jobs of this module."""
        runner.handle_in_transaction(EDITED, self.tell_some)

    async def _edited(self, tx: Transaction, event: PostEdited) -> None:
        if await tx.value(queries_edits.IS_SHARED, post_id=event.post_id):
            await self._plan(tx, event.post_id, event.account_id, self._clock.now(), after=0)

    async def _plan(self, tx: Transaction, post_id: int, by: int, at: int, *, after: int) -> None:
        arguments = {"post": post_id, "by": by, "at": at, "after": after}
        await self._queue.enqueue(tx, EDITED, arguments)

    async def tell_some(self, tx: Transaction, job: Job) -> None:
        """Some of them, in the order in which they shared it; the others are another job."""
        told = job.arguments
        post_id, by, at = int(told["post"]), int(told["by"]), int(told["at"])
        after = int(told["after"])
        shares = await tx.all(queries_edits.SHARES, post_id=post_id, after=after, most=AT_ONCE)
        boosters = [share.account_id for share in shares if share.boost_of_id is not None]
        tell = self._notifications.tell
        await tell(tx, boosters, Kind.UPDATE, by=by, post_id=post_id, what=f"{post_id}:{at}")
        for share in shares:
            if share.boost_of_id is None:
                what = f"{share.id}:{at}"
                who, kind = [share.account_id], Kind.QUOTED_UPDATE
                await tell(tx, who, kind, by=by, post_id=share.id, what=what)
        if len(shares) == AT_ONCE:
            await self._plan(tx, post_id, by, at, after=shares[-1].id)
