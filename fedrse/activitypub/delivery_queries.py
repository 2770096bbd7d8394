"""Statements of the way out."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Text,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    null,
    or_,
    select,
    update,
)

from fedrse.activitypub.tables import activity, delivery, destination, held_delivery
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

REST = 5_000
"""Milliseconds that a host is left alone after a failure, whatever it sends meanwhile."""

# Enqueueing

ADD_ACTIVITY = Statement(insert(activity))
SENDER_WAITS = Statement(
    select(activity.c.id)
    .where(activity.c.sender_id == bindparam("sender"), activity.c.recipients.is_not(None))
    .limit(1)
)
TO_EXPAND = Statement(
    select(
        activity.c.id,
        activity.c.type,
        activity.c.object_uri,
        activity.c.sender_id,
        activity.c.body,
        activity.c.recipients,
    )
    .where(activity.c.sender_id == bindparam("sender"), activity.c.recipients.is_not(None))
    .order_by(activity.c.id)
    .limit(bindparam("most"))
)
EXPANDED = Statement(
    update(activity)
    .where(activity.c.id == bindparam("activity_id"))
    .values(recipients=null(), body=bindparam("new_body"), digest=bindparam("new_digest"))
)
_DELIVERY = (
    "id",
    "activity_id",
    "host",
    "inbox",
    "sender_id",
    "object_uri",
    "type",
    "expires_at",
)
ADD_DELIVERY = Statement(insert(delivery).values({name: bindparam(name) for name in _DELIVERY}))
SUPERSEDE = Statement(
    delete(delivery).where(
        delivery.c.object_uri == bindparam("object_uri"),
        delivery.c.type == "Update",
        delivery.c.sender_id == bindparam("sender"),
        delivery.c.failed_at.is_(None),
        any_of(delivery.c.inbox, "inboxes"),
    )
)
# What a rule holds back
HOLD = Statement(insert(held_delivery))
ADD_RELEASED = Statement(
    insert(delivery).values({name: bindparam(name) for name in (*_DELIVERY, "released")})
)
_held = select(held_delivery).order_by(held_delivery.c.id)
HELD_DUE = Statement(
    _held.where(held_delivery.c.due_at <= bindparam("now")).limit(bindparam("most"))
)
_kept = ("id", "activity_id", "host", "inbox", "sender_id", "object_uri", "type")
HOLD_DELIVERY = Statement(
    insert(held_delivery).from_select(
        [*_kept, "policy", "held_at"],
        select(
            *(delivery.c[name] for name in _kept),
            bindparam("policy", type_=Text),
            bindparam("now", type_=BigInteger),
        ).where(delivery.c.id == bindparam("delivery_id")),
    )
)
QUARANTINED = Statement(
    select(held_delivery, activity.c.body, activity.c.uri)
    .join_from(held_delivery, activity, activity.c.id == held_delivery.c.activity_id)
    .where(held_delivery.c.due_at.is_(None), held_delivery.c.id < bindparam("below"))
    .order_by(held_delivery.c.id.desc())
    .limit(bindparam("most"))
)
QUARANTINED_THESE = Statement(
    select(held_delivery, activity.c.body, activity.c.uri)
    .join_from(held_delivery, activity, activity.c.id == held_delivery.c.activity_id)
    .where(any_of(held_delivery.c.id, "ids"))
)
QUARANTINED_COUNT = Statement(select(func.count()).where(held_delivery.c.due_at.is_(None)))
NEXT_HELD_DUE = Statement(select(func.min(held_delivery.c.due_at)))
HELD_THESE = Statement(_held.where(any_of(held_delivery.c.id, "ids")))
DROP_HELD = Statement(delete(held_delivery).where(any_of(held_delivery.c.id, "ids")))
# Who takes them makes deliveries of them: of two at the same time only one.
TAKE_HELD = Statement(
    delete(held_delivery).where(any_of(held_delivery.c.id, "ids")).returning(held_delivery.c.id)
)
DROP_HELD_ABOUT = Statement(
    delete(held_delivery).where(
        held_delivery.c.object_uri == bindparam("object_uri"),
        held_delivery.c.sender_id == bindparam("sender"),
    )
)
# A host that waits for its next try keeps on waiting.
_due = insert(destination).values(host=bindparam("host"), due_at=bindparam("now"))
MAKE_DUE = Statement(
    _due.on_conflict_do_update(
        index_elements=["host"],
        set_={"due_at": func.coalesce(destination.c.due_at, _due.excluded.due_at)},
    )
)

# Sending

_is_due = and_(
    destination.c.due_at <= bindparam("now"), destination.c.lease_until <= bindparam("now")
)
_claim = (
    select(
        destination.c.host,
        destination.c.failures,
        destination.c.scheme,
        destination.c.scheme_at,
        destination.c.last_error,
    )
    .order_by(destination.c.due_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
CLAIM_HEALTHY = Statement(_claim.where(_is_due, destination.c.failures == 0))
CLAIM_THESE = Statement(
    _claim.where(_is_due, destination.c.failures == 0, any_of(destination.c.host, "hosts"))
)
CLAIM_FAILING = Statement(_claim.where(_is_due, destination.c.failures > 0))
LEASE = Statement(
    update(destination)
    .where(any_of(destination.c.host, "hosts"))
    .values(lease_owner=bindparam("owner"), lease_until=bindparam("until"))
)
FREE_ALL = Statement(
    update(destination)
    .where(destination.c.lease_until > 0)
    .values(lease_owner=null(), lease_until=0)
)
NEXT_DUE = Statement(
    select(destination.c.due_at)
    .where(destination.c.due_at.is_not(None), destination.c.lease_until <= bindparam("now"))
    .order_by(destination.c.due_at)
    .limit(1)
)
WINDOW = Statement(
    select(
        delivery.c.id,
        delivery.c.activity_id,
        delivery.c.inbox,
        delivery.c.sender_id,
        delivery.c.object_uri,
        delivery.c.type,
        delivery.c.attempts,
        delivery.c.expires_at,
        delivery.c.released,
    )
    .where(delivery.c.host == bindparam("host"), delivery.c.failed_at.is_(None))
    .order_by(delivery.c.id)
    .limit(bindparam("most"))
)
BODY = Statement(select(activity.c.body).where(activity.c.id == bindparam("activity_id")))
LOCK = Statement(
    select(
        destination.c.scheme,
        destination.c.scheme_at,
        destination.c.last_error,
        destination.c.lease_owner,
    )
    .where(destination.c.host == bindparam("host"))
    .with_for_update()
)
# Those locked are being written to now, and extended there: so nobody waits for another.
HELD = Statement(
    select(destination.c.host)
    .where(any_of(destination.c.host, "hosts"), destination.c.lease_owner == bindparam("owner"))
    .with_for_update(skip_locked=True)
)
KEEP = Statement(
    update(destination)
    .where(any_of(destination.c.host, "hosts"))
    .values(lease_until=bindparam("until"))
)
DELIVERED = Statement(delete(delivery).where(any_of(delivery.c.id, "ids")))
GAVE_UP = Statement(
    update(delivery)
    .where(delivery.c.id == bindparam("delivery_id"))
    .values(failed_at=bindparam("now"), error=bindparam("message"))
)
TRIED = Statement(
    update(delivery)
    .where(delivery.c.id == bindparam("delivery_id"))
    .values(attempts=delivery.c.attempts + 1, error=bindparam("message"))
)
INBOX_GONE = Statement(
    update(delivery)
    .where(
        delivery.c.host == bindparam("host"),
        delivery.c.inbox == bindparam("inbox_url"),
        delivery.c.failed_at.is_(None),
    )
    .values(failed_at=bindparam("now"), error=bindparam("message"))
)
EXTEND = Statement(
    update(destination)
    .where(destination.c.host == bindparam("of_host"))
    .values(lease_until=bindparam("until"))
)
SUCCEEDED = Statement(
    update(destination)
    .where(destination.c.host == bindparam("of_host"))
    .values(failures=0, last_success_at=bindparam("now"), last_error="")
)
FAILED = Statement(
    update(destination)
    .where(destination.c.host == bindparam("of_host"))
    .values(
        failures=bindparam("failures"),
        last_failure_at=bindparam("now"),
        last_error=bindparam("message"),
    )
)
RELEASE = Statement(
    update(destination)
    .where(destination.c.host == bindparam("of_host"))
    .values(lease_owner=null(), lease_until=0, due_at=bindparam("due"))
)
LEARNED_SCHEME = Statement(
    update(destination)
    .where(destination.c.host == bindparam("of_host"))
    .values(scheme=bindparam("scheme"), scheme_at=bindparam("now"))
)
_soon = case(
    (
        destination.c.last_failure_at > bindparam("rested_since"),
        destination.c.last_failure_at + REST,
    ),
    else_=bindparam("now"),
)
BACK = Statement(
    update(destination)
    .where(
        any_of(destination.c.host, "hosts"),
        destination.c.failures > 0,
        destination.c.due_at > _soon,
    )
    .values(due_at=_soon)
)
# Nothing waits without its host being due: a safety net under the rules above.
CATCH_UP = Statement(
    update(destination)
    .where(
        destination.c.due_at.is_(None),
        exists().where(delivery.c.host == destination.c.host, delivery.c.failed_at.is_(None)),
    )
    .values(due_at=bindparam("now"))
)

# For people, and keeping house

BY_HOST = Statement(
    select(
        destination.c.host,
        destination.c.due_at,
        destination.c.failures,
        destination.c.last_success_at,
        destination.c.last_failure_at,
        destination.c.last_error,
        destination.c.scheme,
    ).order_by(destination.c.host)
)
WAITING = Statement(
    select(
        delivery.c.host,
        func.sum(case((delivery.c.failed_at.is_(None), 1), else_=0)).label("waiting"),
        func.sum(case((delivery.c.failed_at.is_(None), 0), else_=1)).label("failed"),
        func.min(delivery.c.id).label("oldest_id"),
    )
    .group_by(delivery.c.host)
    .order_by(delivery.c.host)
)
PROBLEMS = Statement(
    select(
        delivery.c.id,
        delivery.c.host,
        delivery.c.inbox,
        delivery.c.type,
        delivery.c.object_uri,
        delivery.c.sender_id,
        delivery.c.attempts,
        delivery.c.failed_at,
        delivery.c.error,
        select(activity.c.uri)
        .where(activity.c.id == delivery.c.activity_id)
        .scalar_subquery()
        .label("activity_uri"),
    )
    .where(delivery.c.failed_at.is_not(None))
    .order_by(delivery.c.id.desc())
    .limit(bindparam("most"))
)
_failed_hosts = select(delivery.c.host).where(delivery.c.failed_at.is_not(None)).distinct()
FAILED_HOSTS = Statement(_failed_hosts)
FAILED_HOSTS_OF = Statement(_failed_hosts.where(any_of(delivery.c.id, "ids")))
_retry = (
    update(delivery)
    .where(delivery.c.failed_at.is_not(None))
    .values(failed_at=null(), attempts=0, error="", expires_at=bindparam("expires_at"))
)
RETRY_ALL = Statement(_retry)
RETRY = Statement(_retry.where(any_of(delivery.c.id, "ids")))
DUE_NOW = Statement(
    update(destination).where(any_of(destination.c.host, "hosts")).values(due_at=bindparam("now"))
)
DROP = Statement(delete(delivery).where(any_of(delivery.c.id, "ids")))
FORGET_FAILED = Statement(delete(delivery).where(delivery.c.failed_at < bindparam("before")))
FORGET_ACTIVITIES = Statement(
    delete(activity).where(
        activity.c.recipients.is_(None),
        activity.c.id < bindparam("before_id"),
        ~exists().where(delivery.c.activity_id == activity.c.id),
        ~exists().where(held_delivery.c.activity_id == activity.c.id),
    )
)
# Hosts that were never reached and have nothing waiting are not remembered for ever.
FORGET_HOSTS = Statement(
    delete(destination).where(
        destination.c.due_at.is_(None),
        or_(
            destination.c.last_success_at.is_(None),
            destination.c.last_success_at < bindparam("before"),
        ),
        ~exists().where(delivery.c.host == destination.c.host),
    )
)
