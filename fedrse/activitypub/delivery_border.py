"""The border on the way out: what the policy refuses, holds back or alters before it is sent."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Collection, Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.json import Encoder

from fedrse.activitypub import delivery_queries as queries
from fedrse.activitypub.alterations import Change, altered
from fedrse.activitypub.border import DENIED, Control, Passage, treatment_text
from fedrse.activitypub.digests import PreparedBody, prepare_body
from fedrse.activitypub.envelopes import Direction, Envelope
from fedrse.activitypub.extraction import envelope_of
from fedrse.activitypub.outbox import Inbox
from fedrse.activitypub.schedule import lifetime
from fedrse.activitypub.vocabulary import Json, id_of
from fedrse.core.clock import Clock
from fedrse.core.errors import Forbidden
from fedrse.core.ids import IdMaker
from fedrse.jobs.model import Job
from fedrse.jobs.queue import Queue
from fedrse.jobs.runner import Runner
from fedrse.store.database import Row, Transaction

RELEASE_DUE: Final = "activitypub.release_delayed"
"""Kind of the job that sends what a rule has delayed, when its time has come."""

WAKE_UP: Final = "delivery"
MOST_AT_ONCE: Final = 500
_MOST_REMEMBERED: Final = 512
_ENDINGS: Final = frozenset({"Delete", "Undo"})
_encode = Encoder().encode


class Sending(Struct, frozen=True, kw_only=True):
    """A stored activity on its way to inboxes."""

    activity_id: int
    kind: str
    object_uri: str
    sender: int
    document: Json
    size: int


class OutgoingBorder:
    """Asks about an activity when it is stored, in the transaction of its cause."""

    def __init__(self, *, control: Control, clock: Clock, ids: IdMaker, queue: Queue) -> None:
        self._control = control
        self._clock = clock
        self._ids = ids
        self._queue = queue

    def register(self, runner: Runner) -> None:
        """Takes the jobs of this module."""
        runner.handle_in_transaction(RELEASE_DUE, self._release_due)

    async def passing(
        self,
        tx: Transaction,
        sending: Sending,
        inboxes: Sequence[Inbox],
        refused: Collection[str] = (),
    ) -> Sequence[Inbox]:
        """Those inboxes to which it goes now; for the others it is held back, or nothing is done.

        ``refused`` are peers to which nothing goes whatever it is: that is only noted. What ends
        something is not sent after what it ends where that is still held.
        """
        if sending.kind in _ENDINGS and self._control.asks_before_sending:
            about, sender = sending.object_uri, sending.sender
            await tx.run(queries.DROP_HELD_ABOUT, object_uri=about, sender=sender)
        hosts = {inbox.host for inbox in inboxes}
        document = sending.document
        envelope = outgoing_envelope(document, sending.size)
        uris = (id_of(document) or "", sending.object_uri)
        found, note = self._control.outgoing(envelope, hosts, uris, refused)
        tx.after_commit(note)
        if not found:
            return inboxes
        held = [one for one in inboxes if _holds(found.get(one.host))]
        if held:
            await self._hold(tx, sending, held, found)
        return [one for one in inboxes if one.host not in found or _lets_go(found[one.host])]

    async def _hold(
        self,
        tx: Transaction,
        sending: Sending,
        inboxes: Sequence[Inbox],
        found: dict[str, Passage],
    ) -> None:
        now = self._clock.now()
        rows: list[dict[str, Any]] = []
        for inbox in inboxes:
            passage = found[inbox.host]
            rows.append(
                {
                    "id": self._ids.new(),
                    "activity_id": sending.activity_id,
                    "host": inbox.host,
                    "inbox": inbox.url,
                    "sender_id": sending.sender,
                    "object_uri": sending.object_uri,
                    "type": sending.kind,
                    "policy": treatment_text(passage),
                    "held_at": now,
                    "due_at": None if passage.held else now + passage.delay,
                }
            )
        await tx.many(queries.HOLD, rows)
        times = [row["due_at"] for row in rows if row["due_at"] is not None]
        if times:
            await self._plan(tx, min(times))

    async def _plan(self, tx: Transaction, due_at: int) -> None:
        await self._queue.enqueue(tx, RELEASE_DUE, {}, due_at=due_at, key=RELEASE_DUE)

    async def _release_due(self, tx: Transaction, _job: Job) -> None:
        now = self._clock.now()
        rows = await tx.all(queries.HELD_DUE, now=now, most=MOST_AT_ONCE)
        await release(tx, rows, ids=self._ids, now=now, by_admin=False)
        due = await tx.value(queries.NEXT_HELD_DUE)
        if due is not None:
            await self._plan(tx, due)


async def release(
    tx: Transaction, rows: Sequence[Row], *, ids: IdMaker, now: int, by_admin: bool
) -> int:
    """Makes deliveries of what was held back, as if it had just been written; returns of how many.

    What somebody else has released meanwhile is left to them.
    """
    taken = {row.id for row in await tx.all(queries.TAKE_HELD, ids=[row.id for row in rows])}
    rows = [row for row in rows if row.id in taken]
    if not rows:
        return 0
    deliveries = [
        {
            "id": ids.new(),
            "activity_id": row.activity_id,
            "host": row.host,
            "inbox": row.inbox,
            "sender_id": row.sender_id,
            "object_uri": row.object_uri,
            "type": row.type,
            "expires_at": now + lifetime(row.type, member=True),
            "released": by_admin,
        }
        for row in rows
    ]
    await tx.many(queries.ADD_RELEASED, deliveries)
    hosts = sorted({row.host for row in rows})
    await tx.many(queries.MAKE_DUE, [{"host": host, "now": now} for host in hosts])
    tx.notify(WAKE_UP, "")
    return len(rows)


def outgoing_envelope(document: Json, size: int) -> Envelope:
    """Of an activity of this site; the peer is filled in for each."""
    return envelope_of(
        document,
        direction=Direction.OUT,
        host="",
        actor=id_of(document.get("actor")) or "",
        size=size,
    )


def _holds(passage: Passage | None) -> bool:
    return passage is not None and not passage.denied and (passage.held or passage.delay > 0)


def _lets_go(passage: Passage) -> bool:
    return not passage.denied and not _holds(passage)


class LastLook:
    """Asks once more right before sending, and alters what has to be altered.

    Nothing is read or computed where no rule could say anything.
    """

    def __init__(self, control: Control) -> None:
        self._control = control
        self._envelopes: OrderedDict[int, tuple[Json, Envelope]] = OrderedDict()
        self._altered: OrderedDict[tuple[int, Change], PreparedBody] = OrderedDict()

    @property
    def is_needed(self) -> bool:
        """Whether any rule could say something."""
        return self._control.asks_before_sending

    def of(self, host: str, row: Row, body: PreparedBody) -> tuple[Passage | None, PreparedBody]:
        """What the rules say by now, and the bytes to send. Raises Forbidden for a denial."""
        document, envelope = self._known(row.activity_id, body)
        passage = self._control.before_sending(envelope, host)
        if passage is None:
            return None, body
        if passage.denied:
            raise Forbidden(DENIED, f"A rule of this site keeps it back. {passage.reason}".strip())
        if passage.changes:
            body = self._changed(row.activity_id, document, passage.changes)
        return passage, body

    def _known(self, activity_id: int, body: PreparedBody) -> tuple[Json, Envelope]:
        known = self._envelopes.get(activity_id)
        if known is None:
            document = json.loads(body.body)
            known = document, outgoing_envelope(document, len(body.body))
            self._envelopes[activity_id] = known
            if len(self._envelopes) > _MOST_REMEMBERED:
                self._envelopes.popitem(last=False)
        return known

    def _changed(self, activity_id: int, document: Json, changes: Change) -> PreparedBody:
        key = activity_id, changes
        known = self._altered.get(key)
        if known is None:
            known = self._altered[key] = prepare_body(_encode(altered(document, changes)))
            if len(self._altered) > _MOST_REMEMBERED:
                self._altered.popitem(last=False)
        return known
