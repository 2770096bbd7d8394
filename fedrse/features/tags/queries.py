"""SQL of followed and featured tags."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal_column,
    select,
)

from fedrse.features.posts.service_joins import post, post_tag, tag
from fedrse.features.tags.tables import featured_tag, featured_tags_fetch, tag_follow
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

NEWEST = 1 << 62  # above every id
_one: ColumnElement[int] = literal_column("1")
me = bindparam("me", type_=BigInteger)
key = bindparam("key", type_=BigInteger)
tag_id = bindparam("of_tag", type_=BigInteger)
limit = bindparam("limit", type_=BigInteger)
# Written out: the planner sees that the posts are those of the public timelines.
_open: ColumnElement[bool] = literal_column("post.audience IN ('public', 'network', 'site')")
_listed: ColumnElement[bool] = literal_column("post.listed")
_tag_columns = (tag.c.id, tag.c.name, tag.c.display)

BY_NAME = Statement(select(*_tag_columns).where(tag.c.name == bindparam("name")))
BY_ID = Statement(select(*_tag_columns).where(tag.c.id == key))
BY_IDS = Statement(select(*_tag_columns).where(any_of(tag.c.id, "ids")))

# Use in days since 1970

_day = (post.c.created_at // literal_column("86400000", Integer)).label("day")
HISTORY = Statement(
    select(
        post_tag.c.tag_id,
        _day,
        func.count().label("uses"),
        func.count(post.c.account_id.distinct()).label("accounts"),
    )
    .select_from(post_tag)
    .join(post, post.c.id == post_tag.c.post_id)
    .where(
        any_of(post_tag.c.tag_id, "ids"),
        post_tag.c.post_id > bindparam("since_id", type_=BigInteger),
        post.c.created_at >= bindparam("since", type_=BigInteger),
        _open,
        _listed,
    )
    .group_by(post_tag.c.tag_id, _day)
)

# Following

ADD_FOLLOW = Statement(insert(tag_follow).on_conflict_do_nothing())
REMOVE_FOLLOW = Statement(
    delete(tag_follow).where(tag_follow.c.account_id == me, tag_follow.c.tag_id == tag_id)
)
REMOVE_FOLLOWS_OF = Statement(delete(tag_follow).where(tag_follow.c.account_id == me))
FOLLOWING = Statement(
    select(tag_follow.c.tag_id).where(
        tag_follow.c.account_id == me, any_of(tag_follow.c.tag_id, "ids")
    )
)
FOLLOWS = Statement(
    select(tag_follow.c.tag_id)
    .join(tag, tag.c.id == tag_follow.c.tag_id)
    .where(tag_follow.c.account_id == me, tag.c.name == bindparam("name"))
)


def _followed(*, ascending: bool) -> Statement:
    number = tag_follow.c.id
    return Statement(
        select(number.label("follow_id"), *_tag_columns)
        .join(tag, tag.c.id == tag_follow.c.tag_id)
        .where(
            tag_follow.c.account_id == me,
            number < bindparam("max_id", type_=BigInteger),
            number > bindparam("since_id", type_=BigInteger),
        )
        .order_by(number.asc() if ascending else number.desc())
        .limit(limit)
    )


FOLLOWED = {ascending: _followed(ascending=ascending) for ascending in (False, True)}

# Featuring

ADD_FEATURED = Statement(insert(featured_tag).on_conflict_do_nothing())
COUNT_FEATURED = Statement(
    select(func.count()).select_from(featured_tag).where(featured_tag.c.account_id == me)
)
FEATURED_OF_TAG = Statement(
    select(featured_tag.c.id).where(
        featured_tag.c.account_id == me, featured_tag.c.tag_id == tag_id
    )
)
FEATURED_TAG = Statement(
    select(*_tag_columns)
    .join(featured_tag, featured_tag.c.tag_id == tag.c.id)
    .where(featured_tag.c.account_id == me, featured_tag.c.id == key)
)
FEATURING = Statement(
    select(featured_tag.c.tag_id).where(
        featured_tag.c.account_id == me, any_of(featured_tag.c.tag_id, "ids")
    )
)
REMOVE_FEATURED = Statement(
    delete(featured_tag).where(featured_tag.c.account_id == me, featured_tag.c.tag_id == tag_id)
)
REMOVE_FEATURED_OF = Statement(delete(featured_tag).where(featured_tag.c.account_id == me))


def _featured(audience: ColumnElement[bool]) -> Statement:
    """Tags on a profile with how much the person used them in posts of these audiences."""
    own = and_(
        post.c.id == post_tag.c.post_id,
        post.c.account_id == featured_tag.c.account_id,
        post.c.boost_of_id.is_(None),
        audience,
    )
    columns = (featured_tag.c.id, tag.c.name, featured_tag.c.display, featured_tag.c.url)
    return Statement(
        select(
            *columns,
            func.count(post.c.id).label("posts"),
            func.max(post.c.created_at).label("last_at"),
        )
        .select_from(featured_tag)
        .join(tag, tag.c.id == featured_tag.c.tag_id)
        .outerjoin(post_tag, post_tag.c.tag_id == featured_tag.c.tag_id)
        .outerjoin(post, own)
        .where(featured_tag.c.account_id == me)
        .group_by(*columns)
        .order_by(func.count(post.c.id).desc(), tag.c.name)
    )


FEATURED = _featured(_open)
FEATURED_FOR_VISITORS = _featured(post.c.audience == "public")
# Tags somebody uses and does not feature, the most used first.
SUGGESTED = Statement(
    select(*_tag_columns)
    .select_from(post)
    .join(post_tag, post_tag.c.post_id == post.c.id)
    .join(tag, tag.c.id == post_tag.c.tag_id)
    .where(
        post.c.account_id == me,
        post.c.boost_of_id.is_(None),
        _open,
        ~exists(
            select(_one).where(featured_tag.c.account_id == me, featured_tag.c.tag_id == tag.c.id)
        ),
    )
    .group_by(*_tag_columns)
    .order_by(func.count().desc(), tag.c.id)
    .limit(limit)
)

FETCHED_AT = Statement(
    select(featured_tags_fetch.c.fetched_at).where(featured_tags_fetch.c.account_id == me)
)
_fetch = insert(featured_tags_fetch)
SET_FETCHED = Statement(
    _fetch.on_conflict_do_update(
        index_elements=["account_id"], set_={"fetched_at": _fetch.excluded.fetched_at}
    )
)
