"""SQL of the directory and of suggestions."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
)

from fedrse.features.accounts.service_joins import account
from fedrse.features.directory.tables import suggestion_dismissal
from fedrse.features.relationships.service_conditions import silenced
from fedrse.features.relationships.service_joins import follow
from fedrse.store.narrow import narrow_alias
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

_one: ColumnElement[int] = literal_column("1")
me = bindparam("me", type_=BigInteger)  # 0: a visitor
limit = bindparam("limit", type_=BigInteger)
offset = bindparam("offset", type_=BigInteger)
# Who agreed to be found, and is there.
_findable = and_(
    account.c.discoverable,
    account.c.suspended_at.is_(None),
    account.c.deleted_at.is_(None),
    account.c.moved_to.is_(None),
    account.c.kind != "Application",
    account.c.limited_at.is_(None),
)


def _directory(*, newest: bool, local: bool) -> Statement:
    order = account.c.created_at if newest else func.coalesce(account.c.last_status_at, 0)
    shown = or_(me != 0, account.c.public_profile)
    found = select(account.c.id).where(_findable, shown, ~silenced(me, account.c.id))
    if local:
        found = found.where(account.c.local)
    return Statement(found.order_by(order.desc(), account.c.id.desc()).limit(limit).offset(offset))


DIRECTORY = {
    (newest, local): _directory(newest=newest, local=local)
    for newest in (False, True)
    for local in (False, True)
}

# Suggestions

_known = follow.alias("known")
_open_to = and_(
    _findable,
    account.c.id != me,
    ~silenced(me, account.c.id),
    ~exists(select(_one).where(_known.c.account_id == me, _known.c.target_id == account.c.id)),
    ~exists(
        select(_one).where(
            suggestion_dismissal.c.account_id == me,
            suggestion_dismissal.c.target_id == account.c.id,
        )
    ),
)
_mine, _friend = follow.alias("mine"), narrow_alias(account, "friend", "id", "hide_collections")
FRIENDS_OF_FRIENDS = Statement(
    select(account.c.id)
    .select_from(_mine)
    .join(_friend, and_(_friend.c.id == _mine.c.target_id, ~_friend.c.hide_collections))
    .join(follow, and_(follow.c.account_id == _friend.c.id, follow.c.accepted))
    .join(account, account.c.id == follow.c.target_id)
    .where(_mine.c.account_id == me, _mine.c.accepted, _open_to)
    .group_by(account.c.id)
    .order_by(func.count().desc(), account.c.id)
    .limit(limit)
)
MOST_FOLLOWED = Statement(
    select(account.c.id)
    .where(_open_to, account.c.local_followers_count > 0)
    .order_by(account.c.local_followers_count.desc(), account.c.id)
    .limit(limit)
)
DISMISS = Statement(
    insert(suggestion_dismissal)
    .from_select(
        ["account_id", "target_id"],
        select(me, account.c.id).where(account.c.id == bindparam("other", type_=BigInteger)),
    )
    .on_conflict_do_nothing()
)
