"""SQL of notification policies and requests."""

from __future__ import annotations

from sqlalchemy import BigInteger, and_, bindparam, delete, exists, func, literal, select, update

from fedrse.features.accounts.service_joins import account
from fedrse.features.notifications.queries import key, me, other
from fedrse.features.notifications.tables import (
    notification,
    notification_permission,
    notification_policy,
    notification_request,
)
from fedrse.features.posts.service_joins import post
from fedrse.features.relationships.service_joins import follow
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

_policy, _request, _permission = notification_policy, notification_request, notification_permission
_rules = (
    _policy.c.for_not_following,
    _policy.c.for_not_followers,
    _policy.c.for_new_accounts,
    _policy.c.for_private_mentions,
    _policy.c.for_limited_accounts,
)
POLICY = Statement(select(*_rules).where(_policy.c.account_id == me))
_upsert = insert(_policy)
SET_POLICY = Statement(
    _upsert.on_conflict_do_update(
        index_elements=["account_id"],
        set_={column.name: _upsert.excluded[column.name] for column in _rules},
    )
)
_back = follow.alias("back")
# Of those who have a policy: what they decided, and what they have to do with the sender.
POLICIES = Statement(
    select(
        _policy.c.account_id,
        *_rules,
        exists(
            select(1).where(
                follow.c.account_id == _policy.c.account_id,
                follow.c.target_id == other,
                follow.c.accepted,
            )
        ).label("followed"),
        select(_back.c.created_at)
        .where(
            _back.c.account_id == other,
            _back.c.target_id == _policy.c.account_id,
            _back.c.accepted,
        )
        .scalar_subquery()
        .label("follows_since"),
        exists(
            select(1).where(
                _permission.c.account_id == _policy.c.account_id, _permission.c.from_id == other
            )
        ).label("permitted"),
    ).where(any_of(_policy.c.account_id, "ids"))
)
SENDER_SINCE = Statement(select(account.c.created_at).where(account.c.id == other))
DIRECT_REPLY_TO = Statement(
    select(post.c.audience, post.c.reply_to_account_id).where(post.c.id == key)
)

_added = insert(_request)
ADD_REQUEST = Statement(
    _added.on_conflict_do_update(
        index_elements=["account_id", "from_id"],
        set_={
            "updated_at": _added.excluded.updated_at,
            "last_post_id": func.coalesce(_added.excluded.last_post_id, _request.c.last_post_id),
        },
    )
)
_waiting = (
    select(func.count())
    .select_from(notification)
    .where(
        notification.c.account_id == _request.c.account_id,
        notification.c.from_id == _request.c.from_id,
        notification.c.filtered,
    )
    .scalar_subquery()
    .label("waiting")
)
_requests = select(_request, _waiting).where(_request.c.account_id == me)


def _page(*, ascending: bool) -> Statement:
    found = _requests.where(
        _request.c.id < bindparam("max_id", type_=BigInteger),
        _request.c.id > bindparam("since_id", type_=BigInteger),
    )
    order = _request.c.id.asc() if ascending else _request.c.id.desc()
    return Statement(found.order_by(order).limit(bindparam("limit", type_=BigInteger)))


REQUESTS = {False: _page(ascending=False), True: _page(ascending=True)}
REQUESTS_BY_ID = Statement(_requests.where(any_of(_request.c.id, "ids")))
COUNT_REQUESTS = Statement(
    select(func.count()).select_from(_request).where(_request.c.account_id == me)
)
COUNT_WAITING = Statement(
    select(func.count())
    .select_from(notification)
    .where(notification.c.account_id == me, notification.c.filtered)
)
REMOVE_REQUEST = Statement(
    delete(_request).where(_request.c.id == key, _request.c.account_id == me)
)
_from = and_(
    notification.c.account_id == me, notification.c.from_id == other, notification.c.filtered
)
RELEASE = Statement(update(notification).where(_from).values(filtered=literal(value=False)))
FORGET_WAITING = Statement(delete(notification).where(_from))
PERMIT = Statement(insert(_permission).on_conflict_do_nothing())
