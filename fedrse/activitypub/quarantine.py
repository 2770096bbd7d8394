"""Quarantine: messages that a rule holds until an admin releases or drops them.

What comes in stays in its row of the inbox, what goes out in a row of its own; both are found here
by one kind of id. A message that is released goes on as if it had just come or just been written.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from msgspec import Struct

from fedrse.activitypub import delivery_queries, inbox_queries, intake
from fedrse.activitypub.alterations import Change, in_words
from fedrse.activitypub.border import read_treatment
from fedrse.activitypub.delivery_border import outgoing_envelope, release
from fedrse.activitypub.envelopes import Direction
from fedrse.activitypub.extraction import envelope_of
from fedrse.activitypub.vocabulary import Json, first_str, type_of
from fedrse.core.clock import Clock
from fedrse.core.html import html_to_text
from fedrse.core.ids import IdMaker
from fedrse.core.json_input import reload_json_object
from fedrse.store.database import Row, Transaction

LAST: Final = (1 << 63) - 1
LONGEST_TEXT: Final = 2000
SHOWN: Final = frozenset({"public", "network"})
"""Audiences whose texts an admin may read here; all others are nobody's business."""


class Held(Struct, frozen=True, kw_only=True):
    """A message in quarantine. ``text`` is empty unless many may read it anyway; times in ms."""

    id: int
    direction: Direction
    host: str
    actor: str
    uri: str
    type: str
    object_type: str
    object_uri: str
    audience: str
    size: int
    rules: tuple[int, ...]
    reason: str
    changes: tuple[str, ...]
    at: int
    text: str = ""


class Quarantine:
    """The way to what is held."""

    def __init__(self, *, clock: Clock, ids: IdMaker) -> None:
        self._clock = clock
        self._ids = ids

    async def count(self, tx: Transaction) -> int:
        """How many messages are held."""
        incoming = await tx.value(inbox_queries.HELD_COUNT)
        outgoing = await tx.value(delivery_queries.QUARANTINED_COUNT)
        return int(incoming) + int(outgoing)

    async def newest(self, tx: Transaction, *, most: int, below: int = LAST) -> list[Held]:
        """The newest of those with smaller ids, both ways."""
        incoming = await tx.all(inbox_queries.HELD, below=below, most=most)
        outgoing = await tx.all(delivery_queries.QUARANTINED, below=below, most=most)
        found = [_incoming(row) for row in incoming] + [_outgoing(row) for row in outgoing]
        return sorted(found, key=lambda held: -held.id)[:most]

    async def these(self, tx: Transaction, ids: Iterable[int]) -> list[Held]:
        """Those of these that are held."""
        wanted = list(ids)
        incoming = await tx.all(inbox_queries.HELD_THESE, ids=wanted)
        outgoing = await tx.all(delivery_queries.QUARANTINED_THESE, ids=wanted)
        return [_incoming(row) for row in incoming] + [_outgoing(row) for row in outgoing]

    async def release(self, tx: Transaction, ids: Sequence[int]) -> int:
        """Lets messages go on; returns how many."""
        now = self._clock.now()
        count = await tx.run(inbox_queries.RELEASE_HELD, ids=list(ids), now=now)
        if count:
            tx.notify(intake.WAKE_UP, "")
        rows = await tx.all(delivery_queries.HELD_THESE, ids=list(ids))
        return count + await release(tx, rows, ids=self._ids, now=now, by_admin=True)

    async def drop(self, tx: Transaction, ids: Sequence[int]) -> int:
        """Gives messages up for good; returns how many."""
        count = await tx.run(inbox_queries.DROP_HELD, ids=list(ids))
        return count + await tx.run(delivery_queries.DROP_HELD, ids=list(ids))


def _incoming(row: Row) -> Held:
    body = b"" if row.body is None else bytes(row.body)
    document = reload_json_object(body) if body else {}
    envelope = envelope_of(
        document, direction=Direction.IN, host=row.host, actor=row.actor, size=len(body)
    )
    treatment = read_treatment(row.policy)
    return Held(
        id=row.id,
        direction=Direction.IN,
        host=row.host,
        actor=row.actor,
        uri=row.activity_id,
        type=row.type,
        object_type=envelope.object_type,
        object_uri=_object_uri(document),
        audience=envelope.audience,
        size=len(body),
        rules=treatment.rules,
        reason=treatment.reason,
        changes=tuple(in_words(Change(treatment.changes))),
        at=row.received_at,
        text=_text(document, envelope.audience),
    )


def _outgoing(row: Row) -> Held:
    body = bytes(row.body)
    document = json.loads(body)
    envelope = outgoing_envelope(document, len(body))
    treatment = read_treatment(row.policy)
    return Held(
        id=row.id,
        direction=Direction.OUT,
        host=row.host,
        actor=envelope.actor,
        uri=row.uri,
        type=row.type,
        object_type=envelope.object_type,
        object_uri=row.object_uri,
        audience=envelope.audience,
        size=len(body),
        rules=treatment.rules,
        reason=treatment.reason,
        changes=tuple(in_words(Change(treatment.changes))),
        at=row.held_at,
        text=_text(document, envelope.audience),
    )


def _object_uri(document: Json) -> str:
    embedded: Any = document.get("object")
    if isinstance(embedded, dict):
        embedded = embedded.get("id")
    return embedded if isinstance(embedded, str) else ""


def _text(document: Json, audience: str) -> str:
    embedded = document.get("object")
    # What is shared or deleted may carry a post of another audience than that of the message.
    if type_of(document) not in {"Create", "Update"}:
        return ""
    if audience not in SHOWN or not isinstance(embedded, dict):
        return ""
    markup = first_str(embedded.get("content"))[: 20 * LONGEST_TEXT]
    return html_to_text(markup)[:LONGEST_TEXT].strip()
