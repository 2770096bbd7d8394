"""Changes of the rules that somebody looks at before making them. Writes ``policy_proposal``.

What is proposed is rehearsed by a job, whose steps are committed as it goes on, so any process of
the site can show how far it is. It is made only as it was rehearsed: if the rules were changed
since, it has to be rehearsed again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec

from fedrse.core.clock import Clock
from fedrse.core.errors import Conflict, FedrseError, NotFound
from fedrse.core.ids import IdMaker
from fedrse.features.policy import queries_proposals as queries
from fedrse.features.policy.model import Rule
from fedrse.features.policy.model_changes import Author
from fedrse.features.policy.model_proposals import (
    ATTEMPTS,
    REHEARSE,
    Proposal,
    Proposed,
    State,
    Told,
)
from fedrse.features.policy.service_rehearsal import Progress
from fedrse.features.policy.service_rules import Made, Rules
from fedrse.jobs.model import Job
from fedrse.jobs.queue import Queue
from fedrse.store.database import Database, Transaction

MOST: Final = 20
"""Proposals of a site; the oldest make room."""

STEP: Final = 4_000  # entries of the ledger between two notes of how far it is
FAILED: Final = "policy_rehearsal_failed"

Rehearse = Callable[[Sequence[Rule], Progress], Awaitable[Told]]
"""What these rules would have done, had they been all; made in ``app``."""

_NOBODY: Final = Author("site", "", "")


class _Discarded(Exception):
    """Somebody discarded it while it was rehearsed."""


class Proposals:
    """Proposals of this site."""

    def __init__(
        self, *, database: Database, clock: Clock, ids: IdMaker, queue: Queue, rules: Rules
    ) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._queue = queue
        self._rules = rules

    async def propose(self, tx: Transaction, proposal: Proposal, author: Author) -> int:
        """Notes a proposal and plans its rehearsal; returns its id.

        Raises what making it would raise, and Conflict where it would change nothing.
        """
        planned = await self._rules.plan(tx, proposal, author)
        if not planned.changes:
            raise Conflict("policy_nothing_changes", "This would change nothing.")
        number = self._ids.new()
        await tx.run(
            queries.ADD,
            id=number,
            created_at=self._clock.now(),
            author=author.name,
            version=planned.version,
            proposal=msgspec.json.encode(proposal).decode(),
            state=State.WAITING.value,
            entries=0,
            total=0,
            error="",
            result="",
        )
        await tx.run(queries.FORGET, most=MOST)
        await self._plan(tx, number)
        return number

    async def all(self, tx: Transaction) -> list[Proposed]:
        """All proposals, the newest first, without what was found."""
        return [Proposed(*row) for row in await tx.all(queries.ALL)]

    async def by_id(self, tx: Transaction, number: int) -> Proposed:
        """One with what was found. Raises NotFound."""
        row = await tx.one(queries.BY_ID, key=number)
        if row is None:
            raise NotFound
        return Proposed(*row)

    async def planned(self, tx: Transaction, proposed: Proposed) -> Made:
        """What it would make of the rules now. Raises Conflict, NotFound, Invalid."""
        return await self._rules.plan(tx, proposed.proposal, _NOBODY)

    async def again(self, tx: Transaction, number: int) -> None:
        """Rehearses it once more, with the rules as they are now. Raises NotFound."""
        one = await self.by_id(tx, number)
        await tx.run(queries.BEGIN, key=number, of=one.version)
        await self._plan(tx, number)

    async def discard(self, tx: Transaction, number: int) -> None:
        """Forgets it; a rehearsal that is under way ends soon."""
        await tx.run(queries.REMOVE, key=number)

    async def make(self, tx: Transaction, number: int, author: Author) -> Made:
        """Makes what was rehearsed. Raises NotFound, and Conflict as ``Rules.make`` does."""
        one = await self.by_id(tx, number)
        if one.state != State.DONE:
            raise Conflict("policy_not_rehearsed", "It has not been rehearsed yet.")
        made = await self._rules.make(tx, one.proposal, author, expected=one.version)
        await tx.run(queries.REMOVE, key=number)
        return made

    async def _plan(self, tx: Transaction, number: int) -> None:
        await self._queue.enqueue(tx, REHEARSE, {"id": number}, key=f"{REHEARSE}:{number}")

    # The job

    async def run(self, job: Job, rehearse: Rehearse) -> None:
        """Rehearses one; what is gone meanwhile is left alone."""
        number = int(job.arguments["id"])
        try:
            planned = await self._database.write(self._begin, number)
            told = await rehearse(planned.rules, self._progress(number))
        except _Discarded:
            return
        except FedrseError as error:
            await self._database.write(self._finish, number, State.FAILED, error.code, "")
            return
        except Exception:
            if job.attempt >= ATTEMPTS:  # of the job, which is then given up
                await self._database.write(self._finish, number, State.FAILED, FAILED, "")
            raise
        result = msgspec.json.encode(told).decode()
        await self._database.write(self._finish, number, State.DONE, "", result)

    async def _begin(self, tx: Transaction, number: int) -> Made:
        row = await tx.one(queries.BY_ID, key=number)
        if row is None:
            raise _Discarded
        planned = await self.planned(tx, Proposed(*row))
        await tx.run(queries.BEGIN, key=number, of=planned.version)
        return planned

    def _progress(self, number: int) -> Progress:
        noted = 0

        async def progress(done: int, total: int) -> None:
            nonlocal noted
            if done - noted >= STEP:
                noted = done
                await self._database.write(self._note, number, done, max(done, total))

        return progress

    async def _note(self, tx: Transaction, number: int, done: int, total: int) -> None:
        if not await tx.run(queries.PROGRESS, key=number, done=done, of=total):
            raise _Discarded

    async def _finish(
        self, tx: Transaction, number: int, state: State, why: str, told: str
    ) -> None:
        await tx.run(queries.FINISH, key=number, how=state.value, why=why, told=told)
