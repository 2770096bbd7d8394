"""SQL of accounts."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Text, and_, bindparam, case, func, or_, select, update

from fedrse.features.accounts.tables import account
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

COUNTERS = frozenset(
    {
        "followers_count",
        "following_count",
        "local_followers_count",
        "statuses_count",
        "last_status_at",
    }
)
COLUMNS = tuple(column.name for column in account.columns)
# What those in charge decide: nothing that a site or a person says of itself changes it.
DECIDED = frozenset({"suspended_here", "limited_at", "sensitized_at", "frozen_at", "badge"})
INSERTED = tuple(name for name in COLUMNS if name not in COUNTERS | DECIDED)
# What an import of the same actor may change; handle, moves and states have rules of their own.
IMPORTED = (
    "kind",
    "search_key",
    "display_name",
    "note",
    "fields",
    "emojis",
    "url",
    "inbox",
    "shared_inbox",
    "outbox",
    "followers_uri",
    "following_uri",
    "featured_uri",
    "collections_uri",
    "feature_policy",
    "members_uri",
    "avatar",
    "avatar_description",
    "header",
    "header_description",
    "locked",
    "discoverable",
    "indexable",
    "memorial",
    "show_media",
    "show_media_replies",
    "show_featured",
    "attribution_domains",
    "also_known_as",
    "moved_to",
    "suspended_at",
    "updated_at",
    "fetched_at",
)
PROFILE = (
    "kind",
    "search_key",
    "display_name",
    "note",
    "note_source",
    "fields",
    "avatar",
    "avatar_description",
    "header",
    "header_description",
    "locked",
    "discoverable",
    "public_profile",
    "indexable",
    "by_mail",
    "hide_collections",
    "show_media",
    "show_media_replies",
    "show_featured",
    "attribution_domains",
    "updated_at",
)

_key = bindparam("key", type_=BigInteger)
_by_id = account.c.id == _key


def _set(*names: str) -> Statement:
    values: dict[str, Any] = {name: bindparam(name) for name in names}
    return Statement(update(account).where(_by_id).values(values))


# Reading

BY_ID = Statement(select(account).where(_by_id))
IS_THERE = Statement(select(account.c.id).where(_by_id, account.c.deleted_at.is_(None)))
INBOX_OWNER = Statement(select(account.c.local, account.c.deleted_at).where(_by_id))
# Read without an index, as rarely as an inbox vanishes.
INBOX_OWNERS = Statement(
    select(account)
    .where(account.c.inbox == bindparam("address"), ~account.c.local)
    .where(account.c.deleted_at.is_(None))
    .limit(10)
)
BY_IDS = Statement(select(account).where(any_of(account.c.id, "ids")))
BY_URI = Statement(select(account).where(account.c.uri == bindparam("address")))
BY_URIS = Statement(select(account).where(any_of(account.c.uri, "uris")))
BY_HANDLE = Statement(
    select(account).where(
        account.c.domain == bindparam("of_domain"), account.c.username_key == bindparam("name")
    )
)
HOSTS_OF_DOMAIN = Statement(
    select(account.c.host)
    .where(account.c.domain == bindparam("of_domain"), ~account.c.local)
    .distinct()
    .limit(2)
)
BY_NAMES = Statement(
    select(account).where(
        any_of(account.c.username_key, "names"), any_of(account.c.domain, "domains")
    )
)
MEMBERS_URI = Statement(
    select(account.c.members_uri).where(
        any_of(account.c.uri, "uris"),
        account.c.kind == "Application",
        account.c.members_uri.is_not(None),
        account.c.deleted_at.is_(None),
    )
)
LOCAL = Statement(
    select(account)
    .where(account.c.local, account.c.deleted_at.is_(None), account.c.kind != "Application")
    .order_by(account.c.username_key)
)

# Search: names that begin with the text, or a later word of the name that does.

_begins = bindparam("begins", type_=Text)
_contains = bindparam("contains", type_=Text)
_findable = and_(
    account.c.suspended_at.is_(None),
    account.c.deleted_at.is_(None),
    account.c.kind != "Application",
    ~account.c.username_key.contains("~"),
    or_(
        account.c.username_key.like(_begins, escape="\\"),
        account.c.search_key.like(_contains, escape="\\"),
    ),
    account.c.domain.like(bindparam("of_domain", type_=Text), escape="\\"),
)
_best_first = (
    case((account.c.username_key == bindparam("exact", type_=Text), 0), else_=1),
    case((account.c.local, 0), else_=1),
    account.c.followers_count.desc(),
    account.c.id,
)
_page = (bindparam("most", type_=BigInteger), bindparam("skip", type_=BigInteger))
SEARCH = Statement(
    select(account.c.id).where(_findable).order_by(*_best_first).limit(_page[0]).offset(_page[1])
)
SEARCH_AMONG = Statement(
    select(account.c.id)
    .where(_findable, any_of(account.c.id, "among"))
    .order_by(*_best_first)
    .limit(_page[0])
    .offset(_page[1])
)

# Writing

ADD = Statement(insert(account).values({name: bindparam(name) for name in INSERTED}))
IMPORT = _set(*IMPORTED)
UPDATE_PROFILE = _set(*PROFILE)
SET_HANDLE = _set("username", "username_key", "domain", "updated_at")
DISPLACE = _set("username_key", "fetched_at", "updated_at")
SET_ALIASES = _set("also_known_as", "updated_at")
SET_MOVED = _set("moved_to", "moved_at", "updated_at")
SET_SUSPENDED = _set("suspended_at", "suspended_here", "fetched_at", "updated_at")
SET_LIMITED = _set("limited_at", "updated_at")
LIMIT_THESE = Statement(
    update(account)
    .where(any_of(account.c.id, "ids"))
    .values(limited_at=bindparam("since", type_=BigInteger), updated_at=account.c.updated_at + 1)
)
HIDE_THESE = Statement(
    update(account)
    .where(
        any_of(account.c.id, "ids"),
        account.c.suspended_at.is_not_distinct_from(bindparam("before", type_=BigInteger)),
    )
    .values(suspended_at=bindparam("after", type_=BigInteger), updated_at=account.c.updated_at + 1)
)
SET_SENSITIZED = _set("sensitized_at", "updated_at")
SET_FROZEN = _set("frozen_at", "updated_at")
SET_BADGE = _set("badge")
TOUCH = _set("updated_at")
SET_FETCHED = _set("fetched_at")
WIPE = _set(
    "username_key",
    "search_key",
    "display_name",
    "note",
    "note_source",
    "fields",
    "emojis",
    "avatar",
    "avatar_description",
    "header",
    "header_description",
    "discoverable",
    "public_profile",
    "indexable",
    "by_mail",
    "also_known_as",
    "moved_to",
    "deleted_at",
    "updated_at",
)
COUNT_FOLLOWS = Statement(
    update(account)
    .where(any_of(account.c.id, "ids"))
    .values(
        followers_count=account.c.followers_count + bindparam("followers", type_=BigInteger),
        local_followers_count=account.c.local_followers_count
        + bindparam("local_followers", type_=BigInteger),
        following_count=account.c.following_count + bindparam("following", type_=BigInteger),
    )
)
_at = bindparam("at", type_=BigInteger)
COUNT_POSTS = Statement(
    update(account)
    .where(_by_id)
    .values(
        statuses_count=account.c.statuses_count + bindparam("posts", type_=BigInteger),
        last_status_at=case(
            (_at > func.coalesce(account.c.last_status_at, 0), _at),
            else_=account.c.last_status_at,
        ),
    )
)
