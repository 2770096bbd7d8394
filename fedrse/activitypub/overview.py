"""What people want to know of the queues of the protocol, and can do about it."""

from __future__ import annotations

from collections.abc import Sequence

from fedrse.activitypub import inbox_queries
from fedrse.activitypub.intake import WAKE_UP
from fedrse.core.clock import Clock
from fedrse.store.database import Row, Transaction


class InboxOverview:
    """Messages that wait, failed or were refused."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    async def counts(self, tx: Transaction) -> list[Row]:
        """Per state (pending, fetching, failed, refused): state, count, oldest_at."""
        return await tx.all(inbox_queries.COUNTS)

    async def problems(self, tx: Transaction, most: int = 100) -> list[Row]:
        """Failed and refused messages with their reason, newest first.

        id, state, actor, activity_id, type, reason, attempts, due_at, received_at.
        """
        return await tx.all(inbox_queries.PROBLEMS, most=most)

    async def retry(self, tx: Transaction, ids: Sequence[int] | None = None) -> int:
        """Processes messages again: these, or without ``ids`` all that failed. Returns how many."""
        now = self._clock.now()
        if ids is None:
            count = await tx.run(inbox_queries.RETRY_FAILED, now=now)
        else:
            count = await tx.run(inbox_queries.RETRY, ids=list(ids), now=now)
        tx.notify(WAKE_UP, "")
        return count

    async def drop(self, tx: Transaction, ids: Sequence[int]) -> int:
        """Gives failed or refused messages up for good. Returns how many."""
        return await tx.run(inbox_queries.DROP, ids=list(ids))
