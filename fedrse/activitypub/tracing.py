"""What the queues of the protocol know of one message, address or peer; for `fedrse why`."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct
from sqlalchemy import bindparam, func, or_, select

from fedrse.activitypub.border import Treatment, read_treatment
from fedrse.activitypub.tables import activity, delivery, destination, held_delivery, inbox_message
from fedrse.core.ids import time_of
from fedrse.store.database import Row, Transaction
from fedrse.store.statement import Statement

MOST: Final = 20


class Trace(Struct, frozen=True, kw_only=True):
    """One thing that happened to a message. Times in milliseconds.

    ``state``: of a received message as in its table; of one that is sent: waiting, given up, held,
    delayed, or expanding where its recipients are not known yet.
    """

    id: int
    at: int
    incoming: bool
    host: str
    type: str
    uri: str
    object_uri: str = ""
    actor: str = ""
    state: str
    reason: str = ""
    attempts: int = 0
    due_at: int | None = None
    treatment: Treatment = Treatment()


_message = inbox_message.c
_received = (
    *(_message.id, _message.host, _message.type, _message.activity_id, _message.actor),
    *(_message.state, _message.reason, _message.attempts, _message.due_at, _message.received_at),
    _message.policy,
)
_asked: Any = bindparam("asked")
_newest = select(*_received).order_by(_message.id.desc()).limit(MOST)
RECEIVED = Statement(_newest.where(or_(_message.activity_id == _asked, _message.actor == _asked)))
RECEIVED_BY_ID = Statement(select(*_received).where(_message.id == bindparam("number")))
_sent = select(
    *(delivery.c.id, delivery.c.host, delivery.c.type, delivery.c.object_uri),
    *(delivery.c.attempts, delivery.c.failed_at, delivery.c.error, activity.c.uri),
    *(destination.c.due_at, destination.c.last_error, destination.c.failures),
).select_from(
    delivery.join(activity, activity.c.id == delivery.c.activity_id).outerjoin(
        destination, destination.c.host == delivery.c.host
    )
)
_about = or_(activity.c.uri == _asked, delivery.c.object_uri == _asked)
SENT = Statement(_sent.where(_about).order_by(delivery.c.id.desc()).limit(MOST))
SENT_BY_ID = Statement(_sent.where(delivery.c.id == bindparam("number")))
_held = select(held_delivery, activity.c.uri).join_from(
    held_delivery, activity, activity.c.id == held_delivery.c.activity_id
)
HELD = Statement(
    _held.where(or_(activity.c.uri == _asked, held_delivery.c.object_uri == _asked))
    .order_by(held_delivery.c.id.desc())
    .limit(MOST)
)
HELD_BY_ID = Statement(_held.where(held_delivery.c.id == bindparam("number")))
EXPANDING = Statement(
    select(activity.c.id, activity.c.uri, activity.c.type, activity.c.object_uri)
    .where(activity.c.recipients.is_not(None))
    .where(or_(activity.c.uri == _asked, activity.c.object_uri == _asked))
    .limit(MOST)
)
RECEIVED_OF_HOST = Statement(
    select(_message.state, func.count().label("count"), func.max(_message.id).label("newest"))
    .where(_message.host == bindparam("of_host"))
    .group_by(_message.state)
    .order_by(_message.state)
)
REFUSED_OF_HOST = Statement(
    _newest.where(
        _message.host == bindparam("of_host"),
        or_(
            _message.state.in_(["refused", "failed", "held", "delayed", "fetching"]),
            # Nothing came of it because what it needs could not be fetched.
            _message.reason.in_(["object_unavailable", "move_target_unavailable"]),
        ),
    )
)
SENT_OF_HOST = Statement(
    _sent.where(delivery.c.host == bindparam("of_host"))
    .order_by(delivery.c.failed_at.is_(None), delivery.c.id.desc())
    .limit(MOST)
)
HELD_OF_HOST = Statement(
    _held.where(held_delivery.c.host == bindparam("of_host"))
    .order_by(held_delivery.c.id.desc())
    .limit(MOST)
)


async def about_address(tx: Transaction, uri: str) -> list[Trace]:
    """Everything about an activity, an object or whoever sent it; the newest first."""
    found = [_of_message(row) for row in await tx.all(RECEIVED, asked=uri)]
    found += [_of_delivery(row) for row in await tx.all(SENT, asked=uri)]
    found += [_of_held(row) for row in await tx.all(HELD, asked=uri)]
    found += [_of_expanding(row) for row in await tx.all(EXPANDING, asked=uri)]
    return sorted(found, key=lambda trace: -trace.at)


async def about_id(tx: Transaction, number: int) -> list[Trace]:
    """The message, delivery or held delivery with this id."""
    found = [_of_message(row) for row in await tx.all(RECEIVED_BY_ID, number=number)]
    found += [_of_delivery(row) for row in await tx.all(SENT_BY_ID, number=number)]
    return found + [_of_held(row) for row in await tx.all(HELD_BY_ID, number=number)]


async def about_host(tx: Transaction, host: str) -> list[Trace]:
    """What waits, failed or is held of a peer, or for it, or lacks something; the newest first."""
    found = [_of_message(row) for row in await tx.all(REFUSED_OF_HOST, of_host=host)]
    found += [_of_delivery(row) for row in await tx.all(SENT_OF_HOST, of_host=host)]
    found += [_of_held(row) for row in await tx.all(HELD_OF_HOST, of_host=host)]
    return sorted(found, key=lambda trace: -trace.at)


async def received_of(tx: Transaction, host: str) -> dict[str, int]:
    """How many messages of a peer are in each state."""
    rows = await tx.all(RECEIVED_OF_HOST, of_host=host)
    return {row.state: int(row.count) for row in rows}


def _of_message(row: Row) -> Trace:
    return Trace(
        id=row.id,
        at=row.received_at,
        incoming=True,
        host=row.host,
        type=row.type,
        uri=row.activity_id,
        actor=row.actor,
        state=row.state,
        reason=row.reason,
        attempts=row.attempts,
        due_at=row.due_at if row.state in {"failed", "delayed"} else None,
        treatment=read_treatment(row.policy),
    )


def _of_delivery(row: Row) -> Trace:
    waits = row.failed_at is None
    # A host that fails holds up all that waits for it.
    reason = (row.last_error or "") if waits and row.failures else row.error
    return Trace(
        id=row.id,
        at=time_of(row.id),
        incoming=False,
        host=row.host,
        type=row.type,
        uri=row.uri,
        object_uri=row.object_uri,
        state="waiting" if waits else "given up",
        reason=reason,
        attempts=(row.failures or 0) if waits else row.attempts,
        due_at=row.due_at if waits else None,
    )


def _of_held(row: Row) -> Trace:
    return Trace(
        id=row.id,
        at=row.held_at,
        incoming=False,
        host=row.host,
        type=row.type,
        uri=row.uri,
        object_uri=row.object_uri,
        state="held" if row.due_at is None else "delayed",
        due_at=row.due_at,
        treatment=read_treatment(row.policy),
    )


def _of_expanding(row: Row) -> Trace:
    return Trace(
        id=row.id,
        at=time_of(row.id),
        incoming=False,
        host="",
        type=row.type,
        uri=row.uri,
        object_uri=row.object_uri,
        state="expanding",
    )
