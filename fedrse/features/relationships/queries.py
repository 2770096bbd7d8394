"""SQL of follows."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import BigInteger, ColumnElement, Text, bindparam, delete, or_, select, update

from fedrse.features.accounts.model import GROUP
from fedrse.features.accounts.service_joins import account
from fedrse.features.accounts.service_states import BY_RULE
from fedrse.features.relationships.tables import follow
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

NEWEST = 1 << 62  # above every id
who = bindparam("who", type_=BigInteger)
whom = bindparam("whom", type_=BigInteger)
limit = bindparam("limit", type_=BigInteger)
newest = bindparam("max_id", type_=BigInteger)
oldest = bindparam("since_id", type_=BigInteger)
_of_host = bindparam("of_host", type_=Text)
_key = bindparam("follow_id", type_=BigInteger)
_pair = (follow.c.account_id == who, follow.c.target_id == whom)
present = (account.c.suspended_at.is_(None), account.c.deleted_at.is_(None))
# Whether something goes to those whom a rule hides is said by the rules.
reachable = (
    or_(account.c.suspended_at.is_(None), account.c.suspended_at == BY_RULE),
    account.c.deleted_at.is_(None),
)

# Writing

ADD = Statement(insert(follow).on_conflict_do_nothing())
SET_OPTIONS = Statement(
    update(follow)
    .where(follow.c.id == _key)
    .values(
        show_boosts=bindparam("boosts"), notify=bindparam("bell"), languages=bindparam("tongues")
    )
)
SET_URI = Statement(update(follow).where(follow.c.id == _key).values(uri=bindparam("address")))
ACCEPT = Statement(update(follow).where(*_pair, ~follow.c.accepted).values(accepted=True))
REMOVE = Statement(delete(follow).where(*_pair).returning(follow))
_either = (follow.c.account_id == who) | (follow.c.target_id == who)
REMOVE_ALL_OF = Statement(delete(follow).where(_either).returning(follow))

# Reading

OF_PAIR = Statement(select(follow).where(*_pair))
BY_URI = Statement(select(follow).where(follow.c.uri == bindparam("address")))
REQUESTERS = Statement(
    select(follow.c.account_id)
    .where(follow.c.target_id == whom, ~follow.c.accepted)
    .order_by(follow.c.id)
)
COUNT_REQUESTS = Statement(
    select(follow.c.id).where(follow.c.target_id == whom, ~follow.c.accepted).limit(limit)
)
FOLLOWERS_OF = Statement(
    select(follow.c.account_id).where(follow.c.target_id == whom, follow.c.accepted)
)
LOCAL_FOLLOWERS_OF = Statement(
    select(follow.c.account_id).where(follow.c.target_id == whom, follow.c.accepted, follow.c.local)
)
FOLLOWED_BY = Statement(
    select(follow.c.target_id).where(follow.c.account_id == who, follow.c.accepted)
)
FOLLOWED_AMONG = Statement(
    select(follow.c.target_id).where(
        follow.c.account_id == who, any_of(follow.c.target_id, "ids"), follow.c.accepted
    )
)
HOSTS_KNOWING = Statement(
    select(account.c.host)
    .join(follow, follow.c.account_id == account.c.id)
    .where(follow.c.target_id == who, ~account.c.local)
    .union(
        select(account.c.host)
        .join(follow, follow.c.target_id == account.c.id)
        .where(follow.c.account_id == who, ~account.c.local)
    )
)
_mine = follow.alias("mine")
FAMILIAR = Statement(
    select(follow.c.target_id, follow.c.account_id)
    .join(_mine, _mine.c.target_id == follow.c.account_id)
    .where(
        _mine.c.account_id == who,
        _mine.c.accepted,
        follow.c.accepted,
        any_of(follow.c.target_id, "ids"),
    )
    .order_by(follow.c.id.desc())
    .limit(limit)
)


def _listing(
    *, followers: bool, accepted: bool, ascending: bool, only: Sequence[ColumnElement[bool]] = ()
) -> Statement:
    """Pairs (follow id, account id), paged by the id of the follow; ``only``: of such accounts."""
    of, shown = (
        (follow.c.target_id, follow.c.account_id)
        if followers
        else (follow.c.account_id, follow.c.target_id)
    )
    found = (
        select(follow.c.id, shown.label("account_id"), account.c.uri)
        .join(account, account.c.id == shown)
        .where(of == who, follow.c.id < newest, follow.c.id > oldest)
        .where(follow.c.accepted if accepted else ~follow.c.accepted)
        .where(*present, *only)
    )
    order = follow.c.id.asc() if ascending else follow.c.id.desc()
    return Statement(found.order_by(order).limit(limit))


FOLLOWERS = {up: _listing(followers=True, accepted=True, ascending=up) for up in (False, True)}
FOLLOWING = {up: _listing(followers=False, accepted=True, ascending=up) for up in (False, True)}
REQUESTS = {up: _listing(followers=True, accepted=False, ascending=up) for up in (False, True)}
GROUPS = {
    up: _listing(followers=False, accepted=True, ascending=up, only=[account.c.kind == GROUP])
    for up in (False, True)
}

# Where things are delivered

_inbox = (account.c.host, account.c.inbox, account.c.shared_inbox)
INBOXES_OF_ACCOUNTS = Statement(
    select(*_inbox).where(
        any_of(account.c.id, "ids"), ~account.c.local, account.c.deleted_at.is_(None)
    )
)
INBOXES_OF_FOLLOWERS = Statement(
    select(*_inbox)
    .join(follow, follow.c.account_id == account.c.id)
    .where(follow.c.target_id == whom, follow.c.accepted, ~follow.c.local, *reachable)
    .distinct()
)
SHARED_INBOX_OF_HOST = Statement(
    select(account.c.shared_inbox)
    .where(
        account.c.host == _of_host,
        ~account.c.local,
        account.c.shared_inbox.is_not(None),
        account.c.deleted_at.is_(None),
    )
    .limit(1)
)
ANY_INBOX_OF_HOST = Statement(
    select(account.c.inbox)
    .where(account.c.host == _of_host, ~account.c.local, account.c.deleted_at.is_(None))
    .limit(1)
)

# Followers synchronisation

FOLLOWER_URIS_ON_HOST = Statement(
    select(account.c.uri)
    .join(follow, follow.c.account_id == account.c.id)
    .where(
        follow.c.target_id == whom,
        follow.c.accepted,
        account.c.host == _of_host,
        account.c.deleted_at.is_(None),
    )
    .order_by(account.c.uri)
)
REMOTE_FOLLOWER_URIS = Statement(
    select(account.c.host, account.c.uri)
    .join(follow, follow.c.account_id == account.c.id)
    .where(
        follow.c.target_id == whom,
        follow.c.accepted,
        ~follow.c.local,
        account.c.deleted_at.is_(None),
    )
)
HOST_FOLLOWS = Statement(
    select(follow.c.id)
    .join(account, account.c.id == follow.c.account_id)
    .where(follow.c.target_id == whom, follow.c.accepted, account.c.host == _of_host)
    .limit(1)
)
LOCAL_FOLLOWER_URIS = Statement(
    select(account.c.uri)
    .join(follow, follow.c.account_id == account.c.id)
    .where(follow.c.target_id == whom, follow.c.accepted, follow.c.local)
)
REMOTE_FOLLOWERS = Statement(
    select(follow.c.account_id)
    .where(follow.c.target_id == whom, follow.c.accepted, ~follow.c.local)
    .limit(bindparam("most"))
)
