"""The three queues as those who run the site see them: received messages, deliveries, jobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from fedrse.activitypub.overview import DeliveryOverview, InboxOverview
from fedrse.core.clock import Clock
from fedrse.core.ids import time_of
from fedrse.features.audit.model import Actor, Target
from fedrse.features.audit.model_acts import Act
from fedrse.features.audit.service import Audit
from fedrse.jobs.queue import Queue
from fedrse.store.database import Row, Transaction

NAMES: Final = ("inbox", "deliveries", "jobs")
MOST_NAMED: Final = 1000  # ids in an entry of the log


class Waiting(Struct, frozen=True):
    """How many wait, or were given up, in one state, for one host or of one kind.

    ``oldest`` in milliseconds; ``subject`` is the state, the host or the kind.
    """

    queue: str
    subject: str
    count: int
    oldest: int | None
    given_up: bool = False


class Trouble(Struct, frozen=True, kw_only=True):
    """Something that failed or was refused, or (without ``id``) a host that answers badly."""

    queue: str
    id: int | None
    what: str
    who: str
    at: int | None
    attempts: int
    reason: str
    due: int | None = None


class _Did(Struct, frozen=True):
    queue: str
    count: int
    ids: Sequence[int] | None


class Queues:
    """Counts, lists, retries and drops; acts are recorded with who did them."""

    def __init__(self, *, clock: Clock, jobs: Queue, audit: Audit) -> None:
        self._inbox = InboxOverview(clock=clock)
        self._deliveries = DeliveryOverview(clock=clock)
        self._jobs = jobs
        self._audit = audit

    async def waiting(self, tx: Transaction) -> list[Waiting]:
        """What waits or was given up: three statements."""
        found = [
            Waiting("inbox", row.state, int(row.count), row.oldest_at, row.state == "failed")
            for row in await self._inbox.counts(tx)
        ]
        for row in await self._deliveries.counts(tx):
            oldest = time_of(row.oldest_id)
            if row.waiting:
                found.append(Waiting("deliveries", row.host, int(row.waiting), oldest))
            if row.failed:
                found.append(Waiting("deliveries", row.host, int(row.failed), oldest, True))
        for row in await self._jobs.counts(tx):
            left = int(row.count) - int(row.failed)
            if left:
                found.append(Waiting("jobs", row.kind, left, row.oldest_due_at))
            if row.failed:
                found.append(Waiting("jobs", row.kind, int(row.failed), row.oldest_due_at, True))
        return found

    async def troubles(self, tx: Transaction, most: int) -> list[Trouble]:
        """What failed or was refused, with the reason, of each queue: four statements."""
        hosts = [_of_host(row) for row in await self._deliveries.hosts(tx) if row.failures]
        return [
            *(_of_message(row) for row in await self._inbox.problems(tx, most)),
            *hosts,
            *(_of_delivery(row) for row in await self._deliveries.problems(tx, most)),
            *(_of_job(row) for row in await self._jobs.failed(tx, most)),
        ]

    async def retry(
        self, tx: Transaction, actor: Actor, queue: str, ids: Sequence[int] | None
    ) -> int:
        """Tries these again, without ids all that failed; how many."""
        if queue == "inbox":
            done = await self._inbox.retry(tx, ids)
        elif queue == "deliveries":
            done = await self._deliveries.retry(tx, ids)
        else:
            done = await self._jobs.retry_failed(tx, ids)
        await self._record(tx, actor, Act.QUEUE_RETRIED, _Did(queue, done, ids))
        return done

    async def try_host(self, tx: Transaction, actor: Actor, host: str) -> None:
        """Makes what waits for a host due now."""
        await self._deliveries.try_now(tx, [host])
        await self._audit.record(tx, Act.QUEUE_RETRIED, actor, Target("host", host))

    async def drop(
        self, tx: Transaction, actor: Actor, queue: str, ids: Sequence[int], reason: str = ""
    ) -> int:
        """Gives these up for good; how many."""
        if queue == "inbox":
            done = await self._inbox.drop(tx, ids)
        elif queue == "deliveries":
            done = await self._deliveries.drop(tx, ids)
        else:
            done = await self._jobs.drop_failed(tx, ids)
        await self._record(tx, actor, Act.QUEUE_DROPPED, _Did(queue, done, ids), reason)
        return done

    async def _record(
        self, tx: Transaction, actor: Actor, act: Act, did: _Did, reason: str = ""
    ) -> None:
        """What changed nothing was no act."""
        if did.count:
            ids = [str(one) for one in (did.ids or ())[:MOST_NAMED]]
            after = {did.queue: did.count, "ids": ids}
            target = Target("queue", did.queue)
            await self._audit.record(tx, act, actor, target, after=after, reason=reason)


def _of_message(row: Row) -> Trouble:
    return Trouble(
        queue="inbox",
        id=row.id,
        what=f"{row.type} {row.activity_id}",
        who=row.actor,
        at=row.received_at,
        attempts=row.attempts,
        reason=row.reason,
    )


def _of_host(row: Row) -> Trouble:
    """Its deliveries wait, so there is no id to drop."""
    return Trouble(
        queue="deliveries",
        id=None,
        what="",
        who=row.host,
        at=row.last_failure_at,
        attempts=row.failures,
        reason=row.last_error,
        due=row.due_at,
    )


def _of_delivery(row: Row) -> Trouble:
    return Trouble(
        queue="deliveries",
        id=row.id,
        what=f"{row.type} {row.object_uri}",
        who=row.inbox,
        at=row.failed_at,
        attempts=row.attempts,
        reason=row.error,
    )


def _of_job(row: Row) -> Trouble:
    return Trouble(
        queue="jobs",
        id=row.id,
        what=row.kind,
        who="",
        at=row.failed_at,
        attempts=row.attempts,
        reason=row.error,
    )
