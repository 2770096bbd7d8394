"""SQL of notifications and markers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Text,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from fedrse.features.accounts.service_conditions import limited
from fedrse.features.accounts.service_joins import account
from fedrse.features.notifications.tables import (
    marker,
    notification,
    notification_permission,
    notification_policy,
    notification_request,
)
from fedrse.features.posts.service_joins import post, thread_mute
from fedrse.features.relationships.service_conditions import domain_blocked
from fedrse.features.relationships.service_joins import block, follow, mute
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

me = bindparam("me", type_=BigInteger)
other = bindparam("other", type_=BigInteger)
key = bindparam("key", type_=BigInteger)
post_id = bindparam("post_id", type_=BigInteger)
now = bindparam("now", type_=BigInteger)

ADD = Statement(insert(notification).on_conflict_do_nothing().returning(notification.c.id))
# Told only to people of this site, who neither mute nor block the other and did not mute the talk.
# "own" is 1 where people are told of their own post, too (their poll ended).
# "limited": those in charge limited the other, whom this person neither follows nor admitted.
MAY_TELL = Statement(
    select(
        account.c.id,
        and_(
            limited(other),
            ~exists(
                select(1)
                .where(follow.c.account_id == account.c.id, follow.c.target_id == other)
                .where(follow.c.accepted)
            ),
            ~exists(
                select(1).where(
                    notification_permission.c.account_id == account.c.id,
                    notification_permission.c.from_id == other,
                )
            ),
        ).label("limited"),
    ).where(
        any_of(account.c.id, "ids"),
        account.c.local,
        or_(account.c.id != other, bindparam("own", type_=BigInteger) == 1),
        account.c.deleted_at.is_(None),
        ~exists(
            select(1).where(
                mute.c.account_id == account.c.id,
                mute.c.target_id == other,
                mute.c.notifications,
                or_(mute.c.expires_at.is_(None), mute.c.expires_at > now),
            )
        ),
        ~exists(
            select(1).where(
                or_(
                    and_(block.c.account_id == account.c.id, block.c.target_id == other),
                    and_(block.c.account_id == other, block.c.target_id == account.c.id),
                )
            )
        ),
        ~domain_blocked(account.c.id, other),
        ~exists(
            select(1)
            .where(post.c.id == post_id, thread_mute.c.account_id == account.c.id)
            .where(thread_mute.c.thread_id == post.c.thread_id)
        ),
    )
)
WATCHERS = Statement(
    select(follow.c.target_id, follow.c.account_id).where(
        any_of(follow.c.target_id, "others"), follow.c.accepted, follow.c.local, follow.c.notify
    )
)


def matching(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Notifications of ``me`` that the parameters of the API ask for."""
    return select(notification).where(
        notification.c.account_id == me,
        *conditions,
        or_(bindparam("all_kinds", type_=BigInteger) == 1, any_of(notification.c.kind, "kinds")),
        ~any_of(notification.c.kind, "without"),
        or_(bindparam("from_all", type_=BigInteger) == 1, notification.c.from_id == other),
        or_(bindparam("filtered_too", type_=BigInteger) == 1, ~notification.c.filtered),
    )


def read_until() -> ColumnElement[int]:
    """How far ``me`` has read."""
    last = select(marker.c.last_read_id).where(
        marker.c.account_id == me, marker.c.timeline == "notifications"
    )
    return func.coalesce(last.scalar_subquery(), 0)


max_id = bindparam("max_id", type_=BigInteger)
since_id = bindparam("since_id", type_=BigInteger)


def _listing(*, ascending: bool) -> Statement:
    found = matching(notification.c.id < max_id, notification.c.id > since_id)
    order = notification.c.id.asc() if ascending else notification.c.id.desc()
    return Statement(found.order_by(order).limit(bindparam("limit", type_=BigInteger)))


LISTING = {False: _listing(ascending=False), True: _listing(ascending=True)}
BY_ID = Statement(
    select(notification).where(notification.c.id == key, notification.c.account_id == me)
)
NEAR = Statement(
    select(notification).where(
        notification.c.account_id == me,
        notification.c.id >= bindparam("low", type_=BigInteger),
        notification.c.id <= bindparam("high", type_=BigInteger),
    )
)
BY_IDS = Statement(
    select(notification).where(any_of(notification.c.id, "ids")).order_by(notification.c.id)
)
CLEAR = Statement(delete(notification).where(notification.c.account_id == me))
DISMISS = Statement(
    delete(notification).where(notification.c.id == key, notification.c.account_id == me)
)
SET_EXTRA = Statement(
    update(notification)
    .where(notification.c.once == bindparam("once"))
    .values(extra=bindparam("new_extra"))
)
FORGET = Statement(delete(notification).where(notification.c.once == bindparam("once")))
_domain = bindparam("domain", type_=Text)
FORGET_DOMAIN = Statement(
    delete(notification).where(
        notification.c.account_id == me,
        notification.c.from_id.in_(
            select(account.c.id).where(or_(account.c.domain == _domain, account.c.host == _domain))
        ),
    )
)
# Of somebody who is gone.
FORGET_PERSON = (
    Statement(
        delete(notification).where(
            or_(notification.c.account_id == me, notification.c.from_id == me)
        )
    ),
    Statement(delete(notification_policy).where(notification_policy.c.account_id == me)),
    *(
        Statement(delete(table).where(or_(table.c.account_id == me, table.c.from_id == me)))
        for table in (notification_request, notification_permission)
    ),
    Statement(delete(marker).where(marker.c.account_id == me)),
)
FORGET_BOOST = Statement(
    delete(notification)
    .where(
        notification.c.kind == "reblog",
        notification.c.from_id == other,
        notification.c.post_id == post_id,
    )
    .returning(notification.c.account_id)
)
# Those about a collection; of one person only where ``me`` is not 0.
FORGET_COLLECTION = Statement(
    delete(notification)
    .where(
        notification.c.from_id == other,
        notification.c.kind.in_(("added_to_collection", "collection_update")),
        notification.c.extra.like(bindparam("beginning", type_=Text)),
        or_(me == 0, notification.c.account_id == me),
    )
    .returning(notification.c.account_id)
)
UNREAD = Statement(
    select(func.count()).select_from(
        matching(notification.c.id > read_until())
        .limit(bindparam("limit", type_=BigInteger))
        .subquery()
    )
)
MARKERS = Statement(select(marker).where(marker.c.account_id == me))
_upsert = insert(marker)
SET_MARKER = Statement(
    _upsert.on_conflict_do_update(
        index_elements=["account_id", "timeline"],
        set_={
            "last_read_id": _upsert.excluded.last_read_id,
            "version": marker.c.version + 1,
            "updated_at": _upsert.excluded.updated_at,
        },
    )
)
