"""Writes and reads the log of administrative acts; nothing changes or deletes an entry."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from msgspec import Struct

from fedrse.core.clock import Clock
from fedrse.core.text import clean_text
from fedrse.features.audit import queries
from fedrse.features.audit.model import (
    EMPTY,
    LONGEST_NAME,
    LONGEST_REASON,
    NOTHING,
    Actor,
    Entry,
    Flaw,
    FlawKind,
    Head,
    Origin,
    Target,
    canonical,
    flaws,
    sealed,
)
from fedrse.features.audit.model_acts import Act
from fedrse.store.database import Database, Transaction

FAR: Final = 1 << 62
VERIFIED_AT_ONCE: Final = 5000

Names = Callable[[Transaction, int], Awaitable[str]]
"""The user name of an account of this site, "" for one that is gone."""


class Wanted(Struct, frozen=True, kw_only=True):
    """Which entries; everything that is empty matches all. Times in milliseconds."""

    act: str = ""
    actor: str = ""
    target: str = ""
    since: int = 0
    until: int = FAR
    below: int = FAR


class Verdict(Struct, frozen=True):
    """What a check found: how many entries, where they end, and the first flaws."""

    entries: int
    head: Head
    flaws: tuple[Flaw, ...]

    @property
    def is_whole(self) -> bool:
        """Nothing was changed, removed or reordered."""
        return not self.flaws


class Audit:
    """The log. An act is recorded in its own transaction: neither is there without the other."""

    def __init__(self, *, clock: Clock, names: Names | None = None) -> None:
        """``names`` fills in what people are called; see also ``names_from``."""
        self._clock = clock
        self._names = names

    def names_from(self, names: Names) -> None:
        """Where people's names come from; for wiring, since accounts stand above the log."""
        self._names = names

    async def record(
        self,
        tx: Transaction,
        act: Act,
        actor: Actor,
        target: Target = NOTHING,
        *,
        before: Any = None,
        after: Any = None,
        reason: str = "",
    ) -> Entry:
        """Adds an entry; from here to the end of the transaction nobody else can.

        ``before`` and ``after`` are JSON values (no secrets, no texts of posts): what of the
        target was changed. Raises Invalid (``audit_value_too_long``).
        """
        actor_name = actor.name or await self._name_of(tx, actor)
        row = await tx.one(queries.TAKE_HEAD)
        head = EMPTY if row is None else Head(row.number, row.hash)
        entry = sealed(
            Entry(
                number=head.number + 1,
                at=self._clock.now(),
                actor_origin=actor.origin.value,
                actor_id=_short(actor.id),
                actor_name=_short(actor_name),
                act=act.value,
                target_kind=target.kind,
                target_id=_short(target.id),
                target_name=_short(target.name),
                before=canonical(before),
                after=canonical(after),
                reason=clean_text(reason).strip()[:LONGEST_REASON],
                previous=head.hash,
                hash="",
            )
        )
        await tx.run(queries.ADD, **entry._asdict())
        await tx.run(queries.MOVE_HEAD, new_number=entry.number, new_hash=entry.hash)
        return entry

    async def head(self, tx: Transaction) -> Head:
        """Where the chain ends."""
        row = await tx.one(queries.HEAD)
        return EMPTY if row is None else Head(row.number, row.hash)

    async def entry(self, tx: Transaction, number: int) -> Entry | None:
        """One entry."""
        row = await tx.one(queries.BY_NUMBER, number=number)
        return None if row is None else Entry._make(row)

    async def find(self, tx: Transaction, wanted: Wanted, *, most: int) -> list[Entry]:
        """Entries, the newest first; ``wanted.below`` pages on."""
        rows = await tx.all(
            queries.FIND,
            act=wanted.act,
            actor=wanted.actor,
            target=wanted.target,
            since=wanted.since,
            until=wanted.until,
            below=wanted.below,
            most=most,
        )
        return [Entry._make(row) for row in rows]

    async def after(self, tx: Transaction, number: int, *, most: int) -> list[Entry]:
        """Entries in their order, from behind ``number``."""
        rows = await tx.all(queries.AFTER, number=number, most=most)
        return [Entry._make(row) for row in rows]

    async def verify(self, database: Database, *, most_flaws: int = 100) -> Verdict:
        """Checks the whole chain, some thousand entries at a time, and that it ends as it says."""
        found: list[Flaw] = []
        at, counted = EMPTY, 0
        told = await database.read(self.head)
        while True:
            piece = await database.read(self._piece, at.number)
            if not piece:
                break
            # Hashing holds up nobody.
            found.extend(await asyncio.to_thread(_flaws, piece, at))
            counted += len(piece)
            at = Head(piece[-1].number, piece[-1].hash)
            if len(found) >= most_flaws:
                break
        else_told = await database.read(self._known_at, told.number)
        if at.number < told.number:
            found.append(Flaw(told.number, FlawKind.TRUNCATED))
        elif told.number and else_told != told.hash:
            found.append(Flaw(told.number, FlawKind.REWRITTEN))
        return Verdict(counted, at, tuple(found[:most_flaws]))

    async def agrees(self, tx: Transaction, known: Head) -> Flaw | None:
        """Whether the chain still holds what somebody noted of it once; a flaw if not."""
        if known.number == 0:
            return None
        entry = await self.entry(tx, known.number)
        if entry is None:
            return Flaw(known.number, FlawKind.TRUNCATED)
        return None if entry.hash == known.hash else Flaw(known.number, FlawKind.REWRITTEN)

    async def _piece(self, tx: Transaction, number: int) -> list[Entry]:
        return await self.after(tx, number, most=VERIFIED_AT_ONCE)

    async def _known_at(self, tx: Transaction, number: int) -> str:
        entry = await self.entry(tx, number)
        return "" if entry is None else entry.hash

    async def _name_of(self, tx: Transaction, actor: Actor) -> str:
        if actor.origin is not Origin.PERSON or self._names is None:
            return actor.name
        return await self._names(tx, int(actor.id))


def _flaws(piece: list[Entry], at: Head) -> list[Flaw]:
    return list(flaws(piece, at))


def _short(text: str) -> str:
    return clean_text(text)[:LONGEST_NAME]
