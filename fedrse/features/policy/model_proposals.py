"""Changes of the rules that somebody rehearses before making them. Pure.

A proposal says what would change, not what the rules would be then: the same function turns it
into changes for the rehearsal and for the version that is made of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec
from msgspec import Struct

from fedrse.features.policy import model_changes
from fedrse.features.policy.model import LOCAL, Rule
from fedrse.features.policy.model_changes import Change

REHEARSE: Final = "policy.rehearse"  # kind of the job
ATTEMPTS: Final = 3  # of the job


class Kind(StrEnum):
    """What a proposal does."""

    ADD = "add"  # its rules are new
    EDIT = "edit"  # its one rule says something else from now on
    REMOVE = "remove"  # the rules with its ids are taken back
    APPLY = "apply"  # its rules are all that this site has of its own
    IMPORT = "import"  # its rules are new, but for those that exist
    ADOPT = "adopt"  # drafts and rules on trial with its ids are put in force


class Proposal(Struct, frozen=True, omit_defaults=True):
    """A change that is not made yet."""

    kind: Kind
    rules: tuple[Rule, ...] = ()
    ids: tuple[int, ...] = ()
    reason: str = ""


def changes_of(
    proposal: Proposal,
    existing: Sequence[Rule],
    *,
    made: Callable[[Rule], Rule],
    next_id: int,
) -> list[Change]:
    """What a proposal changes. ``made`` gives a new rule its author and age.

    Raises Conflict, NotFound, Invalid as ``model_changes`` does.
    """
    match proposal.kind:
        case Kind.REMOVE:
            return model_changes.removed(existing, proposal.ids)
        case Kind.ADOPT:
            return model_changes.adopted(existing, proposal.ids)
        case Kind.EDIT:
            return [
                change for rule in proposal.rules for change in model_changes.edited(existing, rule)
            ]
    rules: Sequence[Rule] = proposal.rules
    if proposal.kind is Kind.IMPORT:
        rules = model_changes.unknown(existing, rules)
    new = [made(rule) for rule in rules]
    if proposal.kind is Kind.APPLY:
        return model_changes.turned_into(existing, new, source=LOCAL, next_id=next_id)
    return model_changes.added(existing, new, next_id=next_id)


class State(StrEnum):
    """How far the rehearsal of a proposal is."""

    WAITING = "waiting"  # or running: ``Proposed.entries`` says how far
    DONE = "done"
    FAILED = "failed"


class Concerned(Struct, frozen=True):
    """Somebody of this site: messages that would be stopped, and follows with peers it is about."""

    id: int
    handle: str
    messages: int
    following: int
    followers: int


class PeerHit(Struct, frozen=True):
    """Follows of people here with a peer of which more would be stopped."""

    host: str
    people: int
    following: int
    followers: int
    senders: int  # people here of whom something to it would have been stopped


class Hits(Struct, frozen=True):
    """Whom of this site it hits; ``peers`` and ``named`` are cut, the numbers are not."""

    people: int = 0
    following: int = 0
    followers: int = 0
    peers: tuple[PeerHit, ...] = ()
    named: tuple[Concerned, ...] = ()


class Told(Struct, frozen=True, kw_only=True):
    """What a rehearsal found. Times in milliseconds; ``found`` is ``Rehearsal.plain``.

    ``rules`` are those that ``found`` names, by their numbers.
    """

    since: int | None
    until: int
    found: dict[str, Any]
    rules: dict[int, Rule]
    hits: Hits


class Proposed(Struct, frozen=True):
    """A row of ``policy_proposal``: same names, same order. Times in milliseconds.

    ``version`` is that of the rules on which it was rehearsed; ``entries`` of ``total`` entries of
    the ledger are done; ``error`` is a code of ``core.errors``.
    """

    id: int
    created_at: int
    author: str
    version: int
    proposal_json: str
    state: str
    entries: int
    total: int
    error: str
    result_json: str

    @property
    def proposal(self) -> Proposal:
        return _proposals.decode(self.proposal_json)

    @property
    def told(self) -> Told | None:
        """What was found, once it is done."""
        return _told.decode(self.result_json) if self.result_json else None


_proposals = msgspec.json.Decoder(Proposal)
_told = msgspec.json.Decoder(Told)
