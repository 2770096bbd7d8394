"""SQL of follows."""

from __future__ import annotations

from sqlalchemy import BigInteger, bindparam, delete, select, update

from fedrse.features.accounts.service_joins import account
from fedrse.features.relationships.tables import follow
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

who = bindparam("who", type_=BigInteger)
whom = bindparam("whom", type_=BigInteger)
limit = bindparam("limit", type_=BigInteger)
newest = bindparam("max_id", type_=BigInteger)
oldest = bindparam("since_id", type_=BigInteger)
_pair = (follow.c.account_id == who, follow.c.target_id == whom)

ADD = Statement(insert(follow).on_conflict_do_nothing())
OF_PAIR = Statement(select(follow).where(*_pair))
BY_URI = Statement(select(follow).where(follow.c.uri == bindparam("address")))
SET_OPTIONS = Statement(
    update(follow)
    .where(follow.c.id == bindparam("follow_id", type_=BigInteger))
    .values(
        show_boosts=bindparam("boosts"), notify=bindparam("bell"), languages=bindparam("tongues")
    )
)
SET_URI = Statement(
    update(follow)
    .where(follow.c.id == bindparam("follow_id", type_=BigInteger))
    .values(uri=bindparam("address"))
)
ACCEPT = Statement(update(follow).where(*_pair, ~follow.c.accepted).values(accepted=True))
REMOVE = Statement(delete(follow).where(*_pair).returning(follow))
OF_ACCOUNT = Statement(
    select(follow.c.account_id, follow.c.target_id).where(
        (follow.c.account_id == who) | (follow.c.target_id == who)
    )
)
LOCAL_FOLLOWERS = Statement(
    select(follow.c.account_id).where(follow.c.target_id == whom, follow.c.accepted, follow.c.local)
)


def _listing(*, followers: bool, accepted: bool, ascending: bool) -> Statement:
    """Pairs (follow id, account id), paged by the id of the follow."""
    of, shown = (
        (follow.c.target_id, follow.c.account_id)
        if followers
        else (follow.c.account_id, follow.c.target_id)
    )
    found = (
        select(follow.c.id, shown.label("account_id"))
        .join(account, account.c.id == shown)
        .where(of == who, follow.c.id < newest, follow.c.id > oldest)
        .where(follow.c.accepted if accepted else ~follow.c.accepted)
        .where(account.c.suspended_at.is_(None), account.c.deleted_at.is_(None))
    )
    order = follow.c.id.asc() if ascending else follow.c.id.desc()
    return Statement(found.order_by(order).limit(limit))


FOLLOWERS = {up: _listing(followers=True, accepted=True, ascending=up) for up in (False, True)}
FOLLOWING = {up: _listing(followers=False, accepted=True, ascending=up) for up in (False, True)}
REQUESTS = {up: _listing(followers=True, accepted=False, ascending=up) for up in (False, True)}

# Where things are delivered.
INBOXES_OF_ACCOUNTS = Statement(
    select(account.c.host, account.c.inbox, account.c.shared_inbox).where(
        any_of(account.c.id, "ids"),
        ~account.c.local,
        account.c.suspended_at.is_(None),
        account.c.deleted_at.is_(None),
    )
)
INBOXES_OF_FOLLOWERS = Statement(
    select(account.c.host, account.c.inbox, account.c.shared_inbox)
    .join(follow, follow.c.account_id == account.c.id)
    .where(
        follow.c.target_id == whom,
        follow.c.accepted,
        ~follow.c.local,
        account.c.suspended_at.is_(None),
        account.c.deleted_at.is_(None),
    )
    .distinct()
)
REMOTE_FOLLOWER = Statement(
    select(follow.c.id)
    .where(follow.c.target_id == whom, follow.c.accepted, ~follow.c.local)
    .limit(1)
)
FOLLOWER_URIS_ON_HOST = Statement(
    select(account.c.uri)
    .join(follow, follow.c.account_id == account.c.id)
    .where(follow.c.target_id == whom, follow.c.accepted, account.c.host == bindparam("host"))
)
HOST_FOLLOWS = Statement(
    select(follow.c.id)
    .join(account, account.c.id == follow.c.account_id)
    .where(follow.c.target_id == whom, follow.c.accepted, account.c.host == bindparam("host"))
    .limit(1)
)
