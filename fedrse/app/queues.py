"""The three queues as an operator sees them: received messages, deliveries, jobs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from msgspec import Struct

from fedrse.activitypub.overview import DeliveryOverview, InboxOverview
from fedrse.app.context import COMMAND_NODE, ready_database
from fedrse.app.operator import commands_log, operator
from fedrse.core.clock import Clock, SystemClock, to_iso_seconds
from fedrse.core.errors import Invalid
from fedrse.core.ids import IdMaker, time_of
from fedrse.core.settings import Settings
from fedrse.features.audit.model import Target
from fedrse.features.audit.model_acts import Act
from fedrse.jobs.queue import Queue
from fedrse.store.database import Row, Transaction

Facts = dict[str, Any]
MOST_NAMED = 1000  # ids in an entry of the log
NAMES = ("inbox", "deliveries", "jobs")


class _Queue(Struct, frozen=True):
    """How one queue is counted, listed, retried and dropped."""

    counts: Callable[[Transaction], Awaitable[list[Facts]]]
    problems: Callable[[Transaction, int], Awaitable[list[Facts]]]
    retry: Callable[[Transaction, Sequence[int] | None], Awaitable[int]]
    drop: Callable[[Transaction, Sequence[int]], Awaitable[int]]


def chosen(name: str | None) -> tuple[str, ...]:
    """The queues of an option; all for None. Raises Invalid."""
    if name is None:
        return NAMES
    if name not in NAMES:
        raise Invalid("queue_unknown", f"{name!r} is no queue; they are: {', '.join(NAMES)}.")
    return (name,)


async def show(settings: Settings, name: str | None, most: int) -> dict[str, Facts]:
    """Counts and problems of each queue. Raises Invalid for an unknown name."""
    queues = _queues()
    names = chosen(name)

    async def unit(tx: Transaction) -> dict[str, Facts]:
        return {
            each: {
                "counts": await queues[each].counts(tx),
                "problems": await queues[each].problems(tx, most),
            }
            for each in names
        }

    async with ready_database(settings) as database:
        return await database.read(unit)


async def retry(settings: Settings, name: str | None, ids: Sequence[int] | None) -> dict[str, int]:
    """Tries these again, without ids all that failed; how many of each queue."""
    queues = _queues()
    names = chosen(name)

    async def unit(tx: Transaction) -> dict[str, int]:
        done = {each: await queues[each].retry(tx, ids) for each in names}
        await _record(tx, Act.QUEUE_RETRIED, done, ids)
        return done

    async with ready_database(settings) as database:
        return await database.write(unit)


async def drop(
    settings: Settings, name: str | None, ids: Sequence[int], reason: str = ""
) -> dict[str, int]:
    """Gives these up for good; how many of each queue."""
    queues = _queues()
    names = chosen(name)

    async def unit(tx: Transaction) -> dict[str, int]:
        done = {each: await queues[each].drop(tx, ids) for each in names}
        await _record(tx, Act.QUEUE_DROPPED, done, ids, reason)
        return done

    async with ready_database(settings) as database:
        return await database.write(unit)


async def _record(
    tx: Transaction, act: Act, done: dict[str, int], ids: Sequence[int] | None, reason: str = ""
) -> None:
    """What changed nothing was no act."""
    touched = {name: count for name, count in done.items() if count}
    if touched:
        after = {**touched, "ids": [str(one) for one in (ids or ())[:MOST_NAMED]]}
        await commands_log().record(
            tx, act, operator(), Target("queue", ",".join(touched)), after=after, reason=reason
        )


def _queues() -> dict[str, _Queue]:
    clock = SystemClock()
    return {"inbox": _inbox(clock), "deliveries": _deliveries(clock), "jobs": _jobs(clock)}


def _inbox(clock: Clock) -> _Queue:
    overview = InboxOverview(clock=clock)

    async def counts(tx: Transaction) -> list[Facts]:
        return [_count(row.state, row.count, row.oldest_at) for row in await overview.counts(tx)]

    async def problems(tx: Transaction, most: int) -> list[Facts]:
        return [_message(row) for row in await overview.problems(tx, most)]

    return _Queue(counts, problems, overview.retry, overview.drop)


def _deliveries(clock: Clock) -> _Queue:
    overview = DeliveryOverview(clock=clock)

    async def counts(tx: Transaction) -> list[Facts]:
        found = []
        for row in await overview.counts(tx):
            oldest = time_of(row.oldest_id)
            if row.waiting:
                found.append(_count(f"to {row.host}", row.waiting, oldest))
            if row.failed:
                found.append(_count(f"given up, {row.host}", row.failed, oldest))
        return found

    async def problems(tx: Transaction, most: int) -> list[Facts]:
        hosts = [_host(row) for row in await overview.hosts(tx) if row.failures]
        return hosts + [_delivery(row) for row in await overview.problems(tx, most)]

    return _Queue(counts, problems, overview.retry, overview.drop)


def _jobs(clock: Clock) -> _Queue:
    queue = Queue(clock=clock, ids=IdMaker(clock, COMMAND_NODE))

    async def counts(tx: Transaction) -> list[Facts]:
        found = []
        for row in await queue.counts(tx):
            if row.count > row.failed:
                found.append(_count(row.kind, row.count - row.failed, row.oldest_due_at))
            if row.failed:
                found.append(_count(f"given up, {row.kind}", row.failed, row.oldest_due_at))
        return found

    async def problems(tx: Transaction, most: int) -> list[Facts]:
        return [_job(row) for row in await queue.failed(tx, most)]

    return _Queue(counts, problems, queue.retry_failed, queue.drop_failed)


def _count(state: str, count: int, oldest: int | None) -> Facts:
    return {"state": state, "count": int(count), "oldest": _time(oldest)}


def _message(row: Row) -> Facts:
    return {
        "id": str(row.id),
        "state": row.state,
        "what": f"{row.type} {row.activity_id}",
        "who": row.actor,
        "at": _time(row.received_at),
        "attempts": row.attempts,
        "reason": row.reason,
    }


def _host(row: Row) -> Facts:
    """A host that answers badly; its deliveries wait, so there is no id to drop."""
    return {
        "id": None,
        "state": "waiting",
        "what": f"{row.failures} failures in a row, next try {_time(row.due_at) or '-'}",
        "who": row.host,
        "at": _time(row.last_failure_at),
        "attempts": row.failures,
        "reason": row.last_error,
    }


def _delivery(row: Row) -> Facts:
    return {
        "id": str(row.id),
        "state": "given up",
        "what": f"{row.type} {row.object_uri}",
        "who": row.inbox,
        "at": _time(row.failed_at),
        "attempts": row.attempts,
        "reason": row.error,
    }


def _job(row: Row) -> Facts:
    return {
        "id": str(row.id),
        "state": "given up",
        "what": row.kind,
        "who": row.arguments,
        "at": _time(row.failed_at),
        "attempts": row.attempts,
        "reason": row.error,
    }


def _time(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else to_iso_seconds(milliseconds)
