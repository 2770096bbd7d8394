"""The ledger: thirty days of what crossed the border and what did not, without content.

Noting is an append to a list in memory. Once a second all that was noted becomes one row, beside
the work it is about. So a process that is killed loses the entries of its last second; that is
accepted, because nothing but rehearsals and questions of admins depends on them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final

import structlog
from msgspec import Struct

from fedrse.activitypub.envelopes import Envelope
from fedrse.core.clock import DAY, HOUR, MINUTE, Clock
from fedrse.core.ids import IdMaker
from fedrse.features.policy import queries_ledger as queries
from fedrse.features.policy.model import Decision
from fedrse.features.policy.model_ledger import Entry, Hasher, number_of, pack, unpack
from fedrse.features.policy.model_passage import Outcome
from fedrse.jobs.model import Job
from fedrse.jobs.repeating import Repeating
from fedrse.jobs.runner import Runner
from fedrse.store.database import Database, Row, Transaction

KIND: Final = "policy.forget_ledger"
KEPT: Final = 30 * DAY
PAUSE: Final = 1.0  # seconds between two rows
MOST_WAITING: Final = 20_000
"""Entries in memory; while the database is away, more are counted as lost."""

MOST_REFUSALS: Final = 200
"""Different refusals in a minute: whoever is not proved may name any host, and each is a line."""

ROWS_AT_ONCE: Final = 50
_ID_SHIFT: Final = 16  # ids begin with their time (core.ids)
log = structlog.get_logger(__name__)


class Noted(Struct, frozen=True, gc=False):
    """What waits to be written."""

    at: int
    envelope: Envelope
    hosts: tuple[str, ...]
    uris: Sequence[str]
    decision: Decision | None
    outcome: Outcome
    addresses: tuple[str, ...] = ()
    """Those of ``hosts``, one each, where several may differ."""


class Ledger:
    """The only writer of ``policy_ledger``. ``note`` may be called from any thread."""

    def __init__(self, *, database: Database, clock: Clock, ids: IdMaker, hasher: Hasher) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._hasher = hasher
        self._waiting: list[Noted] = []
        self._refusals: Counter[tuple[str, str]] = Counter()
        self._told: set[tuple[str, str]] = set()  # refusals that have their line of this minute
        self._minute = 0
        self._lost = 0
        self.heard: Callable[[Sequence[Entry]], None] | None = None
        """Told what was noted and not refused at once; for counting."""
        self._writing = Repeating(self.flush, pause=PAUSE)

    # Noting

    def note(self, noted: Noted) -> None:
        """Adds an entry; never raises and never waits."""
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append(noted)
        else:
            self._lost += 1

    def refused(self, host: str, code: str) -> None:
        """Counts something that was refused before more than the host was known."""
        key = (host, code)
        known = key in self._refusals or key in self._told
        if known or len(self._refusals.keys() | self._told) < MOST_REFUSALS:
            self._refusals[key] += 1
        else:
            self._lost += 1

    # Life

    def start(self) -> None:
        """Begins to write in the background."""
        self._writing.start()

    async def stop(self) -> None:
        """Ends the background work and writes what is left."""
        await self._writing.stop()
        self._told.clear()
        await self.flush()

    async def flush(self) -> None:
        """Writes what waits as one row."""
        if not self._waiting and not self._refusals:
            return
        waiting, self._waiting = self._waiting, []
        now = self._clock.now()
        refusals = self._refusals_for(now)
        if not waiting and not refusals:
            return
        lost, self._lost = self._lost, 0
        if lost:
            log.warning("ledger_entries_lost", count=lost)
        entries = [self.entry(noted) for noted in waiting]
        if self.heard is not None:
            self.heard(entries)
        entries += [self._refusal(now, key, count) for key, count in refusals.items()]
        try:
            await self._database.write(self._add, entries, now)
        except Exception:
            # A ledger must not stop the site; the next second tries again with what is new then.
            log.exception("ledger_not_written", entries=len(entries))

    def _refusals_for(self, now: int) -> dict[tuple[str, str], int]:
        """What is written now: each once in a minute at the most, the first time at once."""
        if now // MINUTE != self._minute:
            self._minute, self._told = now // MINUTE, set()
        found = {key: count for key, count in self._refusals.items() if key not in self._told}
        for key in found:
            del self._refusals[key]
        self._told.update(found)
        return found

    async def _add(self, tx: Transaction, entries: list[Entry], now: int) -> None:
        row = {"id": self._ids.new(), "ends_at": now, "entries": len(entries)}
        await tx.run(queries.ADD, **row, packed=pack(entries))

    def entry(self, noted: Noted) -> Entry:
        """As it is written."""
        return entry_of(noted, self._hasher)

    @staticmethod
    def _refusal(now: int, key: tuple[str, str], count: int) -> Entry:
        host, code = key
        return Entry(
            now,
            True,
            (host,),
            b"",
            (),
            *("", "", ""),
            (),
            (),
            (),
            0,
            *("", "", ""),
            number_of(Outcome.REFUSED),
            0,
            (),
            (),
            code,
            count,
        )

    # Keeping house

    def register(self, runner: Runner) -> None:
        """Plans the forgetting of what is older than thirty days."""
        runner.every(6 * HOUR, KIND, self._forget)

    async def _forget(self, _job: Job) -> None:
        await self.forget()

    async def forget(self) -> None:
        """Removes what is older than thirty days."""
        before = (self._clock.now() - KEPT) << _ID_SHIFT
        await self._database.write(_forget_before, before)


def entry_of(noted: Noted, hasher: Hasher) -> Entry:
    """What is written of something that was noted; names become hashes."""
    envelope, decision = noted.envelope, noted.decision
    return Entry(
        noted.at,
        envelope.direction == "in",
        noted.hosts,
        hasher.often(envelope.actor),
        tuple([hasher.hash(uri) for uri in noted.uris if uri]),
        envelope.type,
        envelope.object_type,
        envelope.audience,
        envelope.languages,
        tuple([hasher.often(tag) for tag in envelope.tags]),
        envelope.attachments,
        envelope.size,
        envelope.role,
        envelope.software,
        envelope.address,
        number_of(noted.outcome),
        0 if decision is None else int(decision.effects),
        () if decision is None else decision.rules,
        () if decision is None else decision.shadow,
        addresses=noted.addresses,
    )


async def _forget_before(tx: Transaction, before: int) -> None:
    await tx.run(queries.FORGET, before=before)


class LedgerReader:
    """Reads the ledger, a few rows at a time, so that no reader holds on to the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def total(self, since: int) -> tuple[int, int | None]:
        """How many entries there are since a time, and when the first was noted."""
        row = await self._database.read(_total, since << _ID_SHIFT)
        if row is None or row.oldest is None:
            return 0, None
        return int(row.entries), int(row.oldest) >> _ID_SHIFT

    async def rows(self, since: int) -> AsyncIterator[bytes]:
        """The packed rows since a time, the oldest first."""
        after = since << _ID_SHIFT
        while True:
            rows = await self._database.read(_page, after)
            for row in rows:
                yield bytes(row.packed)
            if len(rows) < ROWS_AT_ONCE:
                return
            after = rows[-1].id

    async def entries(self, since: int) -> AsyncIterator[Entry]:
        """All entries since a time, in about the order in which they were noted."""
        async for packed in self.rows(since):
            for entry in unpack(packed):
                yield entry


async def _total(tx: Transaction, after: int) -> Row | None:
    return await tx.one(queries.TOTAL, after=after)


async def _page(tx: Transaction, after: int) -> list[Row]:
    return await tx.all(queries.PAGE, after=after, most=ROWS_AT_ONCE)
