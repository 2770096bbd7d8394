"""Stored messages on their way through processing: what handlers get, and how they ended."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from fedrse.activitypub.alterations import Change, altered
from fedrse.activitypub.border import read_treatment
from fedrse.activitypub.dispatch import Received
from fedrse.core.json_input import reload_json_object
from fedrse.store.database import Row

LONGEST_REASON: Final = 500
_FINAL: Final = frozenset({"done", "ignored", "refused"})


class Ended(Struct, frozen=True):
    """How a message ended for now; ``attempts`` and ``due_at`` matter for failures."""

    message_id: int
    state: str
    reason: str
    attempts: int
    due_at: int = 0

    @property
    def is_final(self) -> bool:
        """Nothing is tried again."""
        return self.state in _FINAL

    def parameters(self) -> dict[str, Any]:
        """Of the statement that stores it."""
        return {
            "message_id": self.message_id,
            "state": self.state,
            "reason": self.reason[:LONGEST_REASON],
            "attempts": self.attempts,
            "due_at": self.due_at,
        }


class Waits(Struct, frozen=True):
    """A message that needs something first."""

    row: Row
    uris: tuple[str, ...]


class Batch(Struct, frozen=True):
    """``count`` messages ended or wait for a fetch; ``more``: others may have to be processed.

    Those behind one that waits are not counted: they come again, and are none on their way.
    """

    count: int
    waits: list[Waits]
    more: bool


def received_of(row: Row, unavailable: frozenset[str]) -> Received:
    """The message as handlers get it; ``unavailable`` could not be fetched."""
    body = bytes(row.body)
    activity = reload_json_object(body)
    if row.policy is not None:
        activity = altered(activity, Change(read_treatment(row.policy).changes))
    return Received(
        id=row.activity_id,
        type=row.type,
        actor=row.actor,
        host=row.host,
        activity=activity,
        received_at=row.received_at,
        body=body,
        unavailable=unavailable,
    )
