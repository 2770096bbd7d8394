"""The three queues as those who run the site see them: received messages, deliveries, jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from fedrse.activitypub.overview import DeliveryOverview, InboxOverview
from fedrse.core.clock import Clock
from fedrse.core.ids import time_of
from fedrse.core.trace import trace_of
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
    """Something that failed or was refused, or (without ``id``) a host that answers badly.

    ``state`` is that of a message; ``arguments`` those of a job, as JSON: not for pages.
    """

    queue: str
    id: int | None
    what: str
    who: str
    at: int | None
    attempts: int
    reason: str
    due: int | None = None
    state: str = ""
    arguments: str = ""
    trace: str = ""  # id under which the logs of all sites speak of it


class Queues:
    """Counts, lists, retries and drops; acts are recorded with who did them."""

    def __init__(self, *, clock: Clock, jobs: Queue, audit: Audit) -> None:
        self._inbox = InboxOverview(clock=clock)
        self._deliveries = DeliveryOverview(clock=clock)
        self._jobs = jobs
        self._audit = audit

    async def waiting(self, tx: Transaction, names: Sequence[str] = NAMES) -> list[Waiting]:
        """What waits or was given up: one statement for each of these queues."""
        counted = {"inbox": self._messages, "deliveries": self._by_host, "jobs": self._by_kind}
        return [one for name in names for one in await counted[name](tx)]

    async def troubles(
        self, tx: Transaction, most: int, names: Sequence[str] = NAMES
    ) -> list[Trouble]:
        """What failed or was refused, with the reason: four statements for all queues."""
        found: list[Trouble] = []
        if "inbox" in names:
            found += map(_of_message, await self._inbox.problems(tx, most))
        if "deliveries" in names:
            hosts = await self._deliveries.hosts(tx)
            found += [_of_host(row) for row in hosts if row.failures]
            found += map(_of_delivery, await self._deliveries.problems(tx, most))
        if "jobs" in names:
            found += map(_of_job, await self._jobs.failed(tx, most))
        return found

    async def retry(
        self, tx: Transaction, actor: Actor, names: Sequence[str], ids: Sequence[int] | None
    ) -> dict[str, int]:
        """Tries these again, without ids all that failed; how many of each queue."""
        ways = {
            "inbox": self._inbox.retry,
            "deliveries": self._deliveries.retry,
            "jobs": self._jobs.retry_failed,
        }
        done = {name: await ways[name](tx, ids) for name in names}
        await self._record(tx, actor, Act.QUEUE_RETRIED, done, ids=ids or ())
        return done

    async def try_host(self, tx: Transaction, actor: Actor, host: str) -> None:
        """Makes what waits for a host due now."""
        await self._deliveries.try_now(tx, [host])
        await self._audit.record(tx, Act.QUEUE_RETRIED, actor, Target("host", host))

    async def drop(
        self,
        tx: Transaction,
        actor: Actor,
        names: Sequence[str],
        ids: Sequence[int],
        reason: str = "",
    ) -> dict[str, int]:
        """Gives these up for good; how many of each queue."""
        ways = {
            "inbox": self._inbox.drop,
            "deliveries": self._deliveries.drop,
            "jobs": self._jobs.drop_failed,
        }
        done = {name: await ways[name](tx, ids) for name in names}
        await self._record(tx, actor, Act.QUEUE_DROPPED, done, ids=ids, reason=reason)
        return done

    async def _messages(self, tx: Transaction) -> list[Waiting]:
        return [
            Waiting("inbox", row.state, int(row.count), row.oldest_at, row.state == "failed")
            for row in await self._inbox.counts(tx)
        ]

    async def _by_host(self, tx: Transaction) -> list[Waiting]:
        found = []
        for row in await self._deliveries.counts(tx):
            oldest = time_of(row.oldest_id)
            if row.waiting:
                found.append(Waiting("deliveries", row.host, int(row.waiting), oldest))
            if row.failed:
                found.append(Waiting("deliveries", row.host, int(row.failed), oldest, True))
        return found

    async def _by_kind(self, tx: Transaction) -> list[Waiting]:
        found = []
        for row in await self._jobs.counts(tx):
            left = int(row.count) - int(row.failed)
            if left:
                found.append(Waiting("jobs", row.kind, left, row.oldest_due_at))
            if row.failed:
                found.append(Waiting("jobs", row.kind, int(row.failed), row.oldest_due_at, True))
        return found

    async def _record(
        self,
        tx: Transaction,
        actor: Actor,
        act: Act,
        done: Mapping[str, int],
        *,
        ids: Sequence[int],
        reason: str = "",
    ) -> None:
        """What changed nothing was no act."""
        touched = {name: count for name, count in done.items() if count}
        if touched:
            after = {**touched, "ids": [str(one) for one in ids[:MOST_NAMED]]}
            target = Target("queue", ",".join(touched))
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
        state=row.state,
        trace=trace_of(row.activity_id),
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
        trace=trace_of(row.activity_uri),
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
        arguments=row.arguments,
    )
