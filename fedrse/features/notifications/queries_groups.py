"""SQL of notifications that are shown as one.

The head of a group is its newest notification: a page of groups is a page of heads, so every group
is on one page only, whatever is read between two pages.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Select,
    Text,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
)

from fedrse.features.notifications.queries import (
    matching,
    max_id,
    me,
    other,
    read_until,
    since_id,
)
from fedrse.features.notifications.tables import notification
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement

limit = bindparam("limit", type_=BigInteger)
key: BindParameter[str] = bindparam("group_key", type_=Text)
_newer = notification.alias("newer")
_has_newer = exists(
    select(1).where(
        _newer.c.account_id == me,
        _newer.c.group_key == notification.c.group_key,
        _newer.c.id > notification.c.id,
        or_(bindparam("from_all", type_=BigInteger) == 1, _newer.c.from_id == other),
        or_(bindparam("filtered_too", type_=BigInteger) == 1, ~_newer.c.filtered),
    )
)
_is_head = or_(~any_of(notification.c.kind, "grouped"), ~_has_newer)


def _heads(*, ascending: bool) -> Statement:
    found = matching(notification.c.id < max_id, notification.c.id > since_id, _is_head)
    order = notification.c.id.asc() if ascending else notification.c.id.desc()
    return Statement(found.order_by(order).limit(limit))


HEADS = {False: _heads(ascending=False), True: _heads(ascending=True)}
UNREAD = Statement(
    select(func.count()).select_from(
        matching(notification.c.id > read_until(), _is_head).limit(limit).subquery()
    )
)


def _members() -> Select[Any]:
    place = (
        func.row_number()
        .over(partition_by=notification.c.group_key, order_by=notification.c.id.desc())
        .label("place")
    )
    total = func.count().over(partition_by=notification.c.group_key).label("total")
    oldest = func.min(notification.c.id).over(partition_by=notification.c.group_key)
    found = (
        select(
            notification.c.group_key,
            notification.c.from_id,
            place,
            total,
            oldest.label("oldest"),
        )
        .where(
            notification.c.account_id == me,
            any_of(notification.c.group_key, "keys"),
            or_(bindparam("from_all", type_=BigInteger) == 1, notification.c.from_id == other),
            or_(bindparam("filtered_too", type_=BigInteger) == 1, ~notification.c.filtered),
        )
        .subquery()
    )
    return (
        select(found.c.group_key, found.c.from_id, found.c.total, found.c.oldest)
        .where(found.c.place <= bindparam("samples", type_=BigInteger))
        .order_by(found.c.group_key, found.c.place)
    )


# The newest of each group, with how many there are.
MEMBERS = Statement(_members())
_of_group = and_(notification.c.account_id == me, notification.c.group_key == key)
HEAD = Statement(select(notification).where(_of_group).order_by(notification.c.id.desc()).limit(1))
PEOPLE = Statement(
    select(notification.c.from_id, func.max(notification.c.id).label("newest"))
    .where(_of_group)
    .group_by(notification.c.from_id)
    .order_by(func.max(notification.c.id).desc())
    .limit(limit)
)
DISMISS = Statement(delete(notification).where(_of_group))
