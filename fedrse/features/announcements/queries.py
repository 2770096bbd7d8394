"""SQL of announcements."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Text,
    and_,
    bindparam,
    case,
    delete,
    func,
    not_,
    or_,
    select,
    update,
)

from fedrse.features.announcements.tables import (
    announcement,
    announcement_reaction,
    announcement_read,
    announcement_total,
)
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

key = bindparam("key", type_=BigInteger)
me = bindparam("me", type_=BigInteger)
now = bindparam("now", type_=BigInteger)
name = bindparam("name", type_=Text)
_reaction = announcement_reaction

ADD = Statement(insert(announcement))
ALL = Statement(
    select(announcement).where(announcement.c.deleted_at.is_(None)).order_by(announcement.c.id)
)
BY_ID = Statement(select(announcement).where(announcement.c.id == key))
BY_URI = Statement(
    select(announcement.c.id, announcement.c.host).where(
        announcement.c.uri == bindparam("uri", type_=Text)
    )
)
COUNT_OF_HOST = Statement(
    select(func.count())
    .select_from(announcement)
    .where(announcement.c.host == bindparam("host", type_=Text))
)
TOTALS = Statement(
    select(announcement_total).where(any_of(announcement_total.c.announcement_id, "ids"))
)
_total = insert(announcement_total)
SET_TOTAL = Statement(
    _total.on_conflict_do_update(
        index_elements=["announcement_id", "host"],
        set_={"delivered": _total.excluded.delivered, "read": _total.excluded.read},
    )
)
MARK_DELETED = Statement(
    update(announcement)
    .where(announcement.c.id == key, announcement.c.deleted_at.is_(None))
    .values(deleted_at=now)
)
REMOVE = Statement(delete(announcement).where(announcement.c.id == key))
UNTOLD = Statement(
    select(announcement).where(
        or_(
            announcement.c.deleted_at.is_not(None),
            and_(announcement.c.told_at.is_(None), announcement.c.published_at <= now),
        )
    )
)
# Nothing is changed where another process was first.
SET_TOLD = Statement(
    update(announcement)
    .where(announcement.c.id == key, announcement.c.told_at.is_(None))
    .values(told_at=now)
)
READ = Statement(
    select(announcement_read.c.announcement_id, announcement_read.c.confirmed_at).where(
        announcement_read.c.account_id == me
    )
)
# What somebody has not put away, or not confirmed where that is asked for.
WAITING = Statement(
    select(announcement)
    .outerjoin(
        announcement_read,
        and_(
            announcement_read.c.announcement_id == announcement.c.id,
            announcement_read.c.account_id == me,
        ),
    )
    .where(
        announcement.c.deleted_at.is_(None),
        announcement.c.published_at <= now,
        case(
            (announcement.c.must_read, announcement_read.c.confirmed_at.is_(None)),
            else_=announcement_read.c.account_id.is_(None),
        ),
    )
    .order_by(announcement.c.must_read.desc(), announcement.c.id.desc())
)
READERS = Statement(
    select(
        announcement.c.id,
        func.sum(
            case(
                (
                    announcement.c.must_read,
                    case((announcement_read.c.confirmed_at > 0, 1), else_=0),
                ),
                else_=1,
            )
        ).label("readers"),
    )
    .join(announcement_read, announcement_read.c.announcement_id == announcement.c.id)
    .where(any_of(announcement.c.id, "ids"))
    .group_by(announcement.c.id)
)
# Who is counted as a reader; for totals of some people only, never shown.
WHO_READ = Statement(
    select(announcement_read.c.announcement_id, announcement_read.c.account_id)
    .join(announcement, announcement.c.id == announcement_read.c.announcement_id)
    .where(
        any_of(announcement_read.c.announcement_id, "ids"),
        or_(not_(announcement.c.must_read), announcement_read.c.confirmed_at > 0),
    )
)
MARK_READ = Statement(insert(announcement_read).on_conflict_do_nothing())
_confirmed = insert(announcement_read)
CONFIRM = Statement(
    _confirmed.on_conflict_do_update(
        index_elements=["announcement_id", "account_id"],
        set_={
            "confirmed_at": func.coalesce(
                announcement_read.c.confirmed_at, _confirmed.excluded.confirmed_at
            )
        },
    )
)
REACTIONS = Statement(
    select(
        _reaction.c.announcement_id,
        _reaction.c.name,
        func.count().label("count"),
        func.sum(case((_reaction.c.account_id == me, 1), else_=0)).label("mine"),
        func.min(_reaction.c.created_at).label("first"),
    )
    .where(any_of(_reaction.c.announcement_id, "ids"))
    .group_by(_reaction.c.announcement_id, _reaction.c.name)
    .order_by(func.min(_reaction.c.created_at), _reaction.c.name)
)
REACT = Statement(insert(_reaction).on_conflict_do_nothing())
UNREACT = Statement(
    delete(_reaction).where(
        _reaction.c.announcement_id == key, _reaction.c.account_id == me, _reaction.c.name == name
    )
)
NAMES = Statement(select(_reaction.c.name).where(_reaction.c.announcement_id == key).distinct())
COUNT = Statement(
    select(func.count())
    .select_from(_reaction)
    .where(_reaction.c.announcement_id == key, _reaction.c.name == name)
)
