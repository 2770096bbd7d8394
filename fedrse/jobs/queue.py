"""The queue of work that must follow: rows in the same transaction as their cause."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fedrse.core.clock import Clock
from fedrse.core.ids import IdMaker
from fedrse.jobs import queries
from fedrse.store.database import Row, Transaction

WAKE_UP = "jobs"
"""Channel on which the runners of all processes hear of new work."""


class Queue:
    """Takes work. ``Runner`` does it."""

    def __init__(self, *, clock: Clock, ids: IdMaker) -> None:
        self._clock = clock
        self._ids = ids

    async def enqueue(
        self,
        tx: Transaction,
        kind: str,
        arguments: Mapping[str, Any],
        *,
        due_at: int | None = None,
        key: str | None = None,
    ) -> int:
        """Adds a job; returns its id.

        ``arguments`` are a JSON object. ``due_at`` in milliseconds, None: now. While a job with
        the same ``key`` waits there is no second one: the waiting job keeps its arguments and gets
        the earlier of both times. A job that runs already does not count as waiting.
        """
        now = self._clock.now()
        due = now if due_at is None else due_at
        if key is not None:
            # Usually one waits already; nothing has to be written then.
            waiting = await tx.value(queries.WAITING, key=key, due=due)
            if waiting is not None:
                return int(waiting)
        parameters: dict[str, Any] = {
            "id": self._ids.new(),
            "kind": kind,
            "arguments": json.dumps(arguments, separators=(",", ":"), ensure_ascii=False),
            "due_at": due,
            "created_at": now,
        }
        if key is None:
            await tx.run(queries.ADD, **parameters)
            tx.notify(WAKE_UP, "")
            return int(parameters["id"])
        found = await tx.one(queries.ADD_KEYED, key=key, **parameters)
        assert found is not None  # noqa: S101  (an upsert returns its row)
        # Where one waits that is due earlier, nobody has to look when to come again.
        if found.due_at >= due:
            tx.notify(WAKE_UP, "")
        return int(found.id)

    async def ensure(self, tx: Transaction, kind: str, *, key: str) -> None:
        """Adds a job that is due now, unless one with this key waits, whatever its time."""
        now = self._clock.now()
        identifier = self._ids.new()
        await tx.run(
            queries.ADD_UNLESS_WAITING,
            id=identifier,
            kind=kind,
            arguments="{}",
            key=key,
            due_at=now,
            created_at=now,
        )
        tx.notify(WAKE_UP, "")

    async def unfinished(self, tx: Transaction, job_id: int) -> str | None:
        """The kind of a job that waits or runs; None for what is done, given up or unknown."""
        kind: str | None = await tx.value(queries.UNFINISHED, key=job_id)
        return kind

    async def counts(self, tx: Transaction) -> list[Row]:
        """Per kind: kind, count, failed, oldest_due_at."""
        return await tx.all(queries.COUNTS)

    async def failed(self, tx: Transaction, most: int = 100) -> list[Row]:
        """Jobs given up, newest first: id, kind, arguments (JSON), attempts, failed_at, error."""
        return await tx.all(queries.FAILED, most=most)

    async def retry_failed(self, tx: Transaction, ids: Sequence[int] | None = None) -> int:
        """Lets jobs that were given up begin anew, all without ``ids``. Returns how many."""
        statement = queries.RETRY_ALL_FAILED if ids is None else queries.RETRY_FAILED
        parameters: dict[str, Any] = {} if ids is None else {"ids": list(ids)}
        count = await tx.run(statement, now=self._clock.now(), **parameters)
        tx.notify(WAKE_UP, "")
        return count

    async def drop_failed(self, tx: Transaction, ids: Sequence[int]) -> int:
        """Removes jobs that were given up. Returns how many."""
        return await tx.run(queries.DROP_FAILED, ids=list(ids))
