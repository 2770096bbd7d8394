"""What people want to know of the queues of the protocol, and can do about it."""

from __future__ import annotations

from collections.abc import Sequence

from fedrse.activitypub import delivery, delivery_queries, inbox_queries, intake
from fedrse.activitypub.schedule import KEPT_FOR_MEMBERS
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
        tx.notify(intake.WAKE_UP, "")
        return count

    async def drop(self, tx: Transaction, ids: Sequence[int]) -> int:
        """Gives failed or refused messages up for good. Returns how many."""
        return await tx.run(inbox_queries.DROP, ids=list(ids))


class DeliveryOverview:
    """Deliveries that wait or were given up, by host."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    async def counts(self, tx: Transaction) -> list[Row]:
        """Per host: host, waiting, failed, oldest_id (an id, which begins with its time)."""
        return await tx.all(delivery_queries.WAITING)

    async def hosts(self, tx: Transaction) -> list[Row]:
        """Per host ever delivered to: host, due_at, failures in a row, last_success_at,
        last_failure_at, last_error, scheme (None: the usual way of signing).
        """
        return await tx.all(delivery_queries.BY_HOST)

    async def problems(self, tx: Transaction, most: int = 100) -> list[Row]:
        """Deliveries given up, newest first.

        id, host, inbox, type, object_uri, sender_id, attempts, failed_at, error, activity_uri.
        """
        return await tx.all(delivery_queries.PROBLEMS, most=most)

    async def retry(self, tx: Transaction, ids: Sequence[int] | None = None) -> int:
        """Sends again what was given up: these, or without ``ids`` all. Returns how many."""
        now = self._clock.now()
        expires_at = now + KEPT_FOR_MEMBERS
        if ids is None:
            hosts = await tx.all(delivery_queries.FAILED_HOSTS)
            count = await tx.run(delivery_queries.RETRY_ALL, expires_at=expires_at)
        else:
            hosts = await tx.all(delivery_queries.FAILED_HOSTS_OF, ids=list(ids))
            count = await tx.run(delivery_queries.RETRY, ids=list(ids), expires_at=expires_at)
        await self.try_now(tx, [row.host for row in hosts])
        return count

    async def try_now(self, tx: Transaction, hosts: Sequence[str]) -> None:
        """Makes hosts due now, however they failed before."""
        await tx.run(delivery_queries.DUE_NOW, hosts=list(hosts), now=self._clock.now())
        tx.notify(delivery.WAKE_UP, "")

    async def drop(self, tx: Transaction, ids: Sequence[int]) -> int:
        """Removes deliveries, given up or waiting. Returns how many."""
        return await tx.run(delivery_queries.DROP, ids=list(ids))
