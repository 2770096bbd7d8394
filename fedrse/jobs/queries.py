"""Statements of the queue."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, case, delete, func, literal, null, or_, select, update

from fedrse.jobs.tables import job, lease
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

LONGEST_ERROR = 2000  # characters kept of an error

ADD = Statement(
    insert(job)
    .values(
        id=bindparam("id"),
        kind=bindparam("kind"),
        arguments=bindparam("arguments"),
        due_at=bindparam("due_at"),
        created_at=bindparam("created_at"),
    )
    .returning(job.c.id)
)
_keyed = insert(job).values(
    id=bindparam("id"),
    kind=bindparam("kind"),
    arguments=bindparam("arguments"),
    key=bindparam("key"),
    due_at=bindparam("due_at"),
    created_at=bindparam("created_at"),
)
ADD_KEYED = Statement(
    _keyed.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "due_at": case(
                (job.c.due_at > _keyed.excluded.due_at, _keyed.excluded.due_at),
                else_=job.c.due_at,
            )
        },
    ).returning(job.c.id, job.c.due_at)
)
# Locked until the end of the transaction: whoever does the job sees what was written before.
WAITING = Statement(
    select(job.c.id)
    .where(job.c.key == bindparam("key"), job.c.due_at <= bindparam("due"))
    .with_for_update(read=True)
)
ADD_UNLESS_WAITING = Statement(_keyed.on_conflict_do_nothing(index_elements=["key"]))
# Waiting or running: a running job has no key.
PRESENT = Statement(
    select(job.c.kind).where(job.c.failed_at.is_(None), any_of(job.c.kind, "kinds")).distinct()
)

_is_due = and_(
    job.c.failed_at.is_(None),
    job.c.due_at <= bindparam("now"),
    job.c.lease_until <= bindparam("now"),
    any_of(job.c.kind, "kinds"),
)
DUE = Statement(
    select(job.c.id, job.c.kind, job.c.arguments, job.c.key, job.c.attempts, job.c.due_at)
    .where(_is_due)
    .order_by(job.c.due_at, job.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
# A running job has no key: what happens from now on needs another run.
LEASE = Statement(
    update(job)
    .where(any_of(job.c.id, "ids"))
    .values(
        lease_owner=bindparam("owner"),
        lease_until=bindparam("until"),
        attempts=job.c.attempts + 1,
        key=null(),
    )
)
FREE_ALL = Statement(
    update(job).where(job.c.lease_until > 0).values(lease_owner=null(), lease_until=0)
)
# Nobody else has taken it since: locked, so that nobody does until this transaction ends.
HELD = Statement(
    select(job.c.id)
    .where(job.c.id == bindparam("id"), job.c.lease_owner == bindparam("owner"))
    .with_for_update()
)
EXTEND = Statement(
    update(job)
    .where(any_of(job.c.id, "ids"), job.c.lease_owner == bindparam("owner"))
    .values(lease_until=bindparam("until"))
)
NEXT_DUE = Statement(
    select(job.c.due_at)
    .where(
        job.c.failed_at.is_(None),
        job.c.lease_until <= bindparam("now"),
        any_of(job.c.kind, "kinds"),
    )
    .order_by(job.c.due_at)
    .limit(1)
)
REMOVE = Statement(delete(job).where(job.c.id == bindparam("id")))
_other = job.alias("other")
HAS_SUCCESSOR = Statement(
    select(_other.c.id).where(_other.c.key == bindparam("key"), _other.c.id != bindparam("id"))
)
RETRY = Statement(
    update(job)
    .where(job.c.id == bindparam("job_id"))
    .values(
        lease_owner=null(),
        lease_until=0,
        due_at=bindparam("due"),
        attempts=bindparam("attempts_now"),
        key=bindparam("restored_key"),
        error=bindparam("message"),
    )
)
FAIL = Statement(
    update(job)
    .where(job.c.id == bindparam("job_id"))
    .values(
        lease_owner=null(),
        lease_until=0,
        failed_at=bindparam("now"),
        attempts=bindparam("attempts_now"),
        key=null(),
        error=bindparam("message"),
    )
)

# For people: queue show, retry, drop

COUNTS = Statement(
    select(
        job.c.kind,
        func.count().label("count"),
        func.sum(case((job.c.failed_at.is_(None), 0), else_=1)).label("failed"),
        func.min(job.c.due_at).label("oldest_due_at"),
    )
    .group_by(job.c.kind)
    .order_by(job.c.kind)
)
FAILED = Statement(
    select(
        job.c.id,
        job.c.kind,
        job.c.arguments,
        job.c.attempts,
        job.c.failed_at,
        job.c.error,
    )
    .where(job.c.failed_at.is_not(None))
    .order_by(job.c.failed_at.desc())
    .limit(bindparam("most"))
)
_retry_failed = (
    update(job)
    .where(job.c.failed_at.is_not(None))
    .values(failed_at=null(), attempts=0, due_at=bindparam("now"), lease_until=0)
)
RETRY_FAILED = Statement(_retry_failed.where(any_of(job.c.id, "ids")))
RETRY_ALL_FAILED = Statement(_retry_failed)
DROP_FAILED = Statement(delete(job).where(job.c.failed_at.is_not(None), any_of(job.c.id, "ids")))
DROP_FAILED_BEFORE = Statement(delete(job).where(job.c.failed_at < bindparam("before")))

# Leases by name

_lease = insert(lease).values(
    name=bindparam("name"), owner=bindparam("owner"), until=bindparam("until")
)
TAKE = Statement(
    _lease.on_conflict_do_update(
        index_elements=["name"],
        set_={"owner": _lease.excluded.owner, "until": _lease.excluded.until},
        where=or_(lease.c.until <= bindparam("now"), lease.c.owner == _lease.excluded.owner),
    ).returning(lease.c.name)
)
RELEASE = Statement(
    delete(lease).where(any_of(lease.c.name, "names"), lease.c.owner == bindparam("owner"))
)
ENSURE_ROW = Statement(
    insert(lease)
    .values(name=bindparam("name"), owner=literal(""), until=literal(0))
    .on_conflict_do_nothing(index_elements=["name"])
)
LOCK_ONE = Statement(
    select(lease.c.name)
    .where(any_of(lease.c.name, "names"))
    .order_by(lease.c.name)
    .limit(1)
    .with_for_update(skip_locked=True)
)

UNFINISHED = Statement(
    select(job.c.kind).where(job.c.id == bindparam("key"), job.c.failed_at.is_(None))
)
