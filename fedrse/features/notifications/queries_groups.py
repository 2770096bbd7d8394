"""SQL of notifications that are shown as one.

The head of a group is its newest notification: a page of groups is a page of heads, so every group
is on one page only, whatever is read between two pages.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Text,
    and_,
    bindparam,
    case,
    cast,
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


_member = notification.alias("member")
_pair = "[" + cast(_member.c.id, Text) + "," + cast(_member.c.from_id, Text) + "]"
# Who is in a group: a JSON list of [notification, person] in any order.
_members = (
    select("[" + func.aggregate_strings(_pair, ",") + "]")
    .where(
        _member.c.account_id == me,
        _member.c.group_key == notification.c.group_key,
        or_(bindparam("from_all", type_=BigInteger) == 1, _member.c.from_id == other),
        or_(bindparam("filtered_too", type_=BigInteger) == 1, ~_member.c.filtered),
    )
    .scalar_subquery()
)


def _heads(*, ascending: bool) -> Statement:
    found = matching(notification.c.id < max_id, notification.c.id > since_id, _is_head)
    members = case((any_of(notification.c.kind, "grouped"), _members)).label("members")
    order = notification.c.id.asc() if ascending else notification.c.id.desc()
    return Statement(found.add_columns(members).order_by(order).limit(limit))


HEADS = {False: _heads(ascending=False), True: _heads(ascending=True)}
UNREAD = Statement(
    select(func.count()).select_from(
        matching(notification.c.id > read_until(), _is_head).limit(limit).subquery()
    )
)


_of_group = and_(notification.c.account_id == me, notification.c.group_key == key)
HEAD = Statement(
    select(notification, _members.label("members"))
    .where(_of_group)
    .order_by(notification.c.id.desc())
    .limit(1)
)
PEOPLE = Statement(
    select(notification.c.from_id, func.max(notification.c.id).label("newest"))
    .where(_of_group)
    .group_by(notification.c.from_id)
    .order_by(func.max(notification.c.id).desc())
    .limit(limit)
)
DISMISS = Statement(delete(notification).where(_of_group))
