"""Changes the rules. The only writer of ``policy_rule`` and ``policy_version``.

Every change makes a version with what there was before and after, all of it or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from fedrse.core.clock import Clock
from fedrse.core.errors import Conflict, NotFound
from fedrse.core.ports import Protocol
from fedrse.core.text import clean_text
from fedrse.features.policy import model_changes, queries
from fedrse.features.policy.model import LOCAL, Rule
from fedrse.features.policy.model_changes import Author, Change, Version
from fedrse.features.policy.model_proposals import Kind, Proposal, changes_of
from fedrse.features.policy.service import CHANNEL, read_rules
from fedrse.store.database import Transaction, UniqueViolation

LONGEST_REASON: Final = 2_000
NEWEST: Final = 1 << 62
UNDO: Final = "undo:"  # source of a version: and the number of the one that it undoes
_changes = msgspec.json.Decoder(list[Change])
Plan = Callable[[Sequence[Rule], int], list[Change]]
"""Makes changes of the rules there are; new ones have the numbers from the second on."""


class Made(msgspec.Struct, frozen=True):
    """What a change did, or would do: ``version`` is that before it where nothing changed."""

    version: int
    changes: tuple[Change, ...]
    rules: tuple[Rule, ...]  # all there are then


class Journal(Protocol):
    """Where administrative acts are noted; implemented in ``app`` with the audit log."""

    async def record(self, tx: Transaction, author: Author, made: Made, version: Version) -> None:
        """Notes a version in the transaction that makes it."""


class Rules:
    """The rules of this site, for those who change them."""

    def __init__(self, *, clock: Clock, journal: Journal) -> None:
        self._clock = clock
        self._journal = journal

    async def add(
        self,
        tx: Transaction,
        rules: Sequence[Rule],
        author: Author,
        reason: str = "",
        *,
        skip_known: bool = False,
    ) -> Made:
        """New local rules. Raises Invalid for too many, Conflict for one that exists.

        ``skip_known``: those that exist, drafts and others alike, are left out instead.
        """
        kind = Kind.IMPORT if skip_known else Kind.ADD
        return await self.make(tx, Proposal(kind, rules=tuple(rules), reason=reason), author)

    async def remove(
        self, tx: Transaction, ids: Sequence[int], author: Author, reason: str = ""
    ) -> Made:
        """Takes local rules back. Raises NotFound, Conflict."""
        return await self.make(tx, Proposal(Kind.REMOVE, ids=tuple(ids), reason=reason), author)

    async def adopt(
        self, tx: Transaction, ids: Sequence[int], author: Author, reason: str = ""
    ) -> Made:
        """Puts drafts and rules on trial in force, together. Raises NotFound.

        Those of a list stay rules of the list: it takes them back, or somebody the version.
        """
        return await self.make(tx, Proposal(Kind.ADOPT, ids=tuple(ids), reason=reason), author)

    async def edit(self, tx: Transaction, rule: Rule, author: Author, reason: str = "") -> Made:
        """Changes what a local rule says. Raises NotFound, Conflict."""
        return await self.make(tx, Proposal(Kind.EDIT, rules=(rule,), reason=reason), author)

    async def plan(self, tx: Transaction, proposal: Proposal, author: Author) -> Made:
        """What a proposal would make of the rules; nothing is changed.

        Raises Conflict, NotFound, Invalid as ``make`` does.
        """
        version, existing = await read_rules(tx)
        changes = await self._changes(tx, existing, proposal, author)
        model_changes.check_size(existing, changes)
        rules = model_changes.result(existing, changes)
        return Made(version, tuple(changes), tuple(rules))

    async def make(
        self,
        tx: Transaction,
        proposal: Proposal,
        author: Author,
        *,
        expected: int | None = None,
    ) -> Made:
        """Makes what is proposed, in one version.

        Raises Conflict if ``expected`` is given and not the version in force, and what the kind of
        the proposal raises: Conflict, NotFound, Invalid.
        """
        known = await read_rules(tx)
        _check_version(known[0], expected)
        changes = await self._changes(tx, known[1], proposal, author)
        return await self._commit(tx, known, changes, author=author, reason=proposal.reason)

    async def _changes(
        self, tx: Transaction, existing: Sequence[Rule], proposal: Proposal, author: Author
    ) -> list[Change]:
        return changes_of(
            proposal,
            existing,
            made=lambda rule: self._new(rule, author),
            next_id=await self._next_id(tx),
        )

    async def apply(
        self,
        tx: Transaction,
        wanted: Sequence[Rule],
        author: Author,
        reason: str = "",
        *,
        source: str = LOCAL,
        expected: int | None = None,
    ) -> Made:
        """Makes the rules of a source exactly these.

        Raises Conflict if ``expected`` is given and not the version in force, Invalid.
        """
        if source == LOCAL:
            proposal = Proposal(Kind.APPLY, rules=tuple(wanted), reason=reason)
            return await self.make(tx, proposal, author, expected=expected)
        known = await read_rules(tx)
        _check_version(known[0], expected)
        agreed = model_changes.as_adopted(known[1], wanted, source)
        new = [self._new(rule, author, source) for rule in agreed]
        next_id = await self._next_id(tx)
        changes = model_changes.turned_into(known[1], new, source=source, next_id=next_id)
        return await self._commit(tx, known, changes, author=author, reason=reason, source=source)

    async def revise(
        self, tx: Transaction, plan: Plan, author: Author, reason: str = "", *, source: str
    ) -> Made:
        """Makes what ``plan`` says in one version, of which ``source`` says where it came from.

        Raises Invalid for too many rules, and whatever the plan raises.
        """
        known = await read_rules(tx)
        changes = plan(known[1], await self._next_id(tx))
        return await self._commit(tx, known, changes, author=author, reason=reason, source=source)

    async def undo(self, tx: Transaction, number: int, author: Author, reason: str = "") -> Made:
        """Takes a version back. Raises NotFound, Conflict where its rules changed since."""
        known = await read_rules(tx)
        back = model_changes.undone(known[1], (await self.version(tx, number))[1])
        source = f"{UNDO}{number}"
        return await self._commit(tx, known, back, author=author, reason=reason, source=source)

    async def versions(
        self, tx: Transaction, *, before: int = NEWEST, limit: int = 40
    ) -> list[Version]:
        """Versions, the newest first."""
        return [Version(*row) for row in await tx.all(queries.VERSIONS, before=before, limit=limit)]

    async def version(self, tx: Transaction, number: int) -> tuple[Version, list[Change]]:
        """One version and what it changed. Raises NotFound."""
        row = await tx.one(queries.VERSION, key=number)
        if row is None:
            raise NotFound("policy_version_missing", f"There is no version {number}.")
        return Version(*row[:-1]), _changes.decode(row.changes)

    def _new(self, rule: Rule, author: Author, source: str = LOCAL) -> Rule:
        return replace(rule, author=author.name, created_at=self._clock.now(), source=source)

    async def _next_id(self, tx: Transaction) -> int:
        return int(await tx.value(queries.LAST_RULE) or 0) + 1

    async def _commit(
        self,
        tx: Transaction,
        known: tuple[int, list[Rule]],
        changes: list[Change],
        *,
        author: Author,
        reason: str,
        source: str = LOCAL,
    ) -> Made:
        version, existing = known
        if not changes:
            return Made(version, (), tuple(existing))
        model_changes.check_size(existing, changes)
        heading = Version(
            id=version + 1,
            created_at=self._clock.now(),
            author=author.name,
            reason=clean_text(reason).strip()[:LONGEST_REASON],
            source=source,
            added=sum(one.before is None for one in changes),
            changed=sum(one.before is not None and one.after is not None for one in changes),
            removed=sum(one.after is None for one in changes),
        )
        after = model_changes.result(existing, changes)
        made = Made(heading.id, tuple(changes), tuple(after))
        # First, so that of two people who change rules at the same time one is told.
        try:
            await self._add_version(tx, heading, changes)
        except UniqueViolation as error:
            raise Conflict(
                "policy_version", "Somebody else changed the rules at the same moment: try again."
            ) from error
        gone = [one.number for one in changes if one.before is not None]
        if gone:
            await tx.run(queries.REMOVE_RULES, ids=gone)
        rows = [row_of(one.after) for one in changes if one.after is not None]
        if rows:
            await tx.many(queries.ADD_RULE, rows)
        await self._journal.record(tx, author, made, heading)
        tx.notify(CHANNEL, str(heading.id))
        return made

    async def _add_version(self, tx: Transaction, heading: Version, changes: list[Change]) -> None:
        last = max(await self._next_id(tx) - 1, *(one.number for one in changes))
        await tx.run(
            queries.ADD_VERSION,
            id=heading.id,
            created_at=heading.created_at,
            author=heading.author,
            reason=heading.reason,
            source=heading.source,
            changes=msgspec.json.encode(changes).decode(),
            added=heading.added,
            changed=heading.changed,
            removed=heading.removed,
            last_rule=last,
        )


def _check_version(version: int, expected: int | None) -> None:
    if expected is not None and expected != version:
        raise Conflict(
            "policy_version", f"The rules were changed meanwhile: this is version {version}."
        )


def row_of(rule: Rule) -> dict[str, Any]:
    """A rule as a row of ``policy_rule``."""
    return {
        **{name: getattr(rule, name) for name in rule.__struct_fields__},
        "match": msgspec.json.encode(rule.match).decode(),
        "effect": rule.effect.value,
        "state": rule.state.value,
    }
