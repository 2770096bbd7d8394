"""Statements of intake and processing."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    and_,
    bindparam,
    cast,
    delete,
    exists,
    func,
    null,
    or_,
    select,
    update,
)

from fedrse.activitypub.tables import inbox_message as message
from fedrse.jobs.tables import lease
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

_RECEIVED = (
    "id",
    "actor",
    "host",
    "activity_id",
    "type",
    "body",
    "digest",
    "state",
    "due_at",
    "partition",
    "received_at",
    "policy",
)
ADD = Statement(
    insert(message)
    .values({name: bindparam(name) for name in _RECEIVED})
    .on_conflict_do_nothing(index_elements=["activity_id", "actor"])
)
STORED = Statement(select(message.c.id).where(any_of(message.c.id, "ids")))
DIGEST = Statement(
    select(message.c.digest).where(
        message.c.activity_id == bindparam("activity_id"), message.c.actor == bindparam("actor")
    )
)

# Processing. A partition is processed by whoever locks its row in ``lease``.

PARTITION_PREFIX = "inbox:"
LOCK_PARTITION = Statement(
    select(lease.c.name)
    .where(
        any_of(lease.c.name, "names"),
        exists().where(
            message.c.state == "pending",
            message.c.partition
            == cast(func.substr(lease.c.name, len(PARTITION_PREFIX) + 1), BigInteger),
        ),
    )
    .order_by(lease.c.name)
    .limit(1)
    .with_for_update(skip_locked=True)
)
FETCHING_ACTORS = Statement(
    select(message.c.actor)
    .where(message.c.state == "fetching", message.c.partition == bindparam("partition"))
    .distinct()
)
_row = (
    message.c.id,
    message.c.actor,
    message.c.host,
    message.c.activity_id,
    message.c.type,
    message.c.body,
    message.c.attempts,
    message.c.received_at,
    message.c.policy,
)
PENDING = Statement(
    select(*_row)
    .where(message.c.state == "pending", message.c.partition == bindparam("partition"))
    .order_by(message.c.id)
    .limit(bindparam("most"))
)
PENDING_EXCEPT = Statement(
    select(*_row)
    .where(
        message.c.state == "pending",
        message.c.partition == bindparam("partition"),
        ~any_of(message.c.actor, "blocked"),
    )
    .order_by(message.c.id)
    .limit(bindparam("most"))
)
FINISH = Statement(
    update(message)
    .where(message.c.id == bindparam("message_id"))
    .values(
        state=bindparam("state"),
        reason=bindparam("reason"),
        attempts=bindparam("attempts"),
        due_at=bindparam("due_at"),
    )
)
# Those that ended alike and for good, together.
FINISH_ALIKE = Statement(
    update(message)
    .where(any_of(message.c.id, "ids"))
    .values(state=bindparam("state"), reason=bindparam("reason"))
)
STILL_FETCHING = Statement(
    update(message)
    .where(message.c.id == bindparam("message_id"), message.c.state == "fetching")
    .values(due_at=bindparam("due_at"))
)
FREE_ALL = Statement(
    update(message).where(message.c.state == "fetching").values(due_at=bindparam("now"))
)
# Fetching by a process that died, and failures whose time has come.
TAKE_UP_AGAIN = Statement(
    update(message)
    .where(
        or_(
            message.c.state.in_(["fetching", "delayed"]),
            and_(message.c.state == "failed", message.c.attempts < bindparam("most_attempts")),
        ),
        message.c.due_at <= bindparam("now"),
    )
    .values(state="pending")
)
NEXT_RETRY = Statement(
    select(func.min(message.c.due_at)).where(
        or_(
            message.c.state.in_(["fetching", "delayed"]),
            and_(message.c.state == "failed", message.c.attempts < bindparam("most_attempts")),
        )
    )
)
JOIN_PARTITIONS = Statement(
    update(message)
    .where(message.c.state.in_(["pending", "fetching", "failed", "delayed", "held"]))
    .where(message.c.partition != 0)
    .values(partition=0)
)

# For people, and keeping house

COUNTS = Statement(
    select(
        message.c.state,
        func.count().label("count"),
        func.min(message.c.received_at).label("oldest_at"),
    )
    .where(message.c.state.in_(["pending", "fetching", "failed", "refused", "delayed", "held"]))
    .group_by(message.c.state)
    .order_by(message.c.state)
)
PROBLEMS = Statement(
    select(
        message.c.id,
        message.c.state,
        message.c.actor,
        message.c.activity_id,
        message.c.type,
        message.c.reason,
        message.c.attempts,
        message.c.due_at,
        message.c.received_at,
    )
    .where(message.c.state.in_(["failed", "refused"]))
    .order_by(message.c.id.desc())
    .limit(bindparam("most"))
)
_retry = (
    update(message)
    .where(message.c.state.in_(["failed", "refused"]), message.c.body.is_not(None))
    .values(
        state="pending",
        attempts=0,
        due_at=bindparam("now"),
    )
)
RETRY = Statement(_retry.where(any_of(message.c.id, "ids")))
RETRY_FAILED = Statement(_retry.where(message.c.state == "failed"))
DROP = Statement(
    update(message)
    .where(message.c.state.in_(["failed", "refused"]), any_of(message.c.id, "ids"))
    .values(state="ignored", reason="dropped", body=null())
)
# Quarantine: the state ``held``

_held_row = (
    message.c.id,
    message.c.actor,
    message.c.host,
    message.c.activity_id,
    message.c.type,
    message.c.policy,
    message.c.received_at,
)
HELD = Statement(
    select(*_held_row, message.c.body)
    .where(message.c.state == "held", message.c.id < bindparam("below"))
    .order_by(message.c.id.desc())
    .limit(bindparam("most"))
)
HELD_THESE = Statement(
    select(*_held_row, message.c.body).where(message.c.state == "held", any_of(message.c.id, "ids"))
)
HELD_COUNT = Statement(select(func.count()).where(message.c.state == "held"))
RELEASE_HELD = Statement(
    update(message)
    .where(message.c.state == "held", any_of(message.c.id, "ids"))
    .values(state="pending", due_at=bindparam("now"), received_at=bindparam("now"))
)
DROP_HELD = Statement(
    update(message)
    .where(message.c.state == "held", any_of(message.c.id, "ids"))
    .values(state="ignored", reason="dropped from quarantine", body=null())
)
# Ids begin with the time of arrival, so the primary key finds the old ones.
OLDEST = Statement(select(func.min(message.c.id)))
FORGET_BODIES = Statement(
    update(message)
    .where(
        message.c.id >= bindparam("since"),
        message.c.id < bindparam("before"),
        message.c.body.is_not(None),
        message.c.state.in_(["done", "ignored", "refused"]),
    )
    .values(body=null())
)
FORGET = Statement(
    delete(message).where(message.c.id >= bindparam("since"), message.c.id < bindparam("before"))
)
