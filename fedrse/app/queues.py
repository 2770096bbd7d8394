"""The three queues as an operator sees them: received messages, deliveries, jobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fedrse.app.context import COMMAND_NODE, ready_database
from fedrse.app.operator import commands_log, operator
from fedrse.core.clock import SystemClock, to_iso_seconds
from fedrse.core.errors import Invalid
from fedrse.core.ids import IdMaker
from fedrse.core.settings import Settings
from fedrse.features.instance.service_queues import NAMES, Queues, Trouble, Waiting
from fedrse.jobs.queue import Queue
from fedrse.store.database import Transaction

Facts = dict[str, Any]


def chosen(name: str | None) -> tuple[str, ...]:
    """The queues of an option; all for None. Raises Invalid."""
    if name is None:
        return NAMES
    if name not in NAMES:
        raise Invalid("queue_unknown", f"{name!r} is no queue; they are: {', '.join(NAMES)}.")
    return (name,)


async def show(settings: Settings, name: str | None, most: int) -> dict[str, Facts]:
    """Counts and problems of each queue. Raises Invalid for an unknown name."""
    queues, names = _queues(), chosen(name)

    async def unit(tx: Transaction) -> dict[str, Facts]:
        return {
            each: {
                "counts": [_count(one) for one in await queues.waiting(tx, [each])],
                "problems": [_problem(one) for one in await queues.troubles(tx, most, [each])],
            }
            for each in names
        }

    async with ready_database(settings) as database:
        return await database.read(unit)


async def retry(settings: Settings, name: str | None, ids: Sequence[int] | None) -> dict[str, int]:
    """Tries these again, without ids all that failed; how many of each queue."""
    names = chosen(name)
    async with ready_database(settings) as database:
        return await database.write(_queues().retry, operator(), names, ids)


async def drop(
    settings: Settings, name: str | None, ids: Sequence[int], reason: str = ""
) -> dict[str, int]:
    """Gives these up for good; how many of each queue."""
    names = chosen(name)
    async with ready_database(settings) as database:
        return await database.write(_queues().drop, operator(), names, ids, reason)


def _queues() -> Queues:
    clock = SystemClock()
    jobs = Queue(clock=clock, ids=IdMaker(clock, COMMAND_NODE))
    return Queues(clock=clock, jobs=jobs, audit=commands_log())


def _count(one: Waiting) -> Facts:
    state = one.subject
    if one.queue != "inbox":
        waits = f"to {state}" if one.queue == "deliveries" else state
        state = f"given up, {state}" if one.given_up else waits
    return {"state": state, "count": one.count, "oldest": _time(one.oldest)}


def _problem(one: Trouble) -> Facts:
    """A host that answers badly has no id: its deliveries wait."""
    what, state = one.what, one.state or "given up"
    if one.id is None:
        what = f"{one.attempts} failures in a row, next try {_time(one.due) or '-'}"
        state = "waiting"
    return {
        "id": None if one.id is None else str(one.id),
        "state": state,
        "what": what,
        "who": one.who or one.arguments,
        "at": _time(one.at),
        "attempts": one.attempts,
        "reason": one.reason,
        "trace": one.trace or None,
    }


def _time(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else to_iso_seconds(milliseconds)
