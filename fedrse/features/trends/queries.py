"""SQL of trends."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Select,
    Text,
    and_,
    bindparam,
    case,
    delete,
    distinct,
    func,
    literal_column,
    select,
    true,
)

from fedrse.features.accounts.service_conditions import limited
from fedrse.features.cards.service_joins import post_card, preview_card
from fedrse.features.posts.service_joins import post, post_tag, tag
from fedrse.features.relationships.service_conditions import silenced
from fedrse.features.trends.tables import trend, trend_review
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

me = bindparam("me", type_=BigInteger)
limit = bindparam("limit", type_=BigInteger)
# Ids begin with their time.
since_id = bindparam("since_id", type_=BigInteger)
recent_id = bindparam("recent_id", type_=BigInteger)
kind = bindparam("kind", type_=Text)
# What everybody here may read; written out so that the planner sees that the partial index fits.
is_open: tuple[ColumnElement[bool], ...] = (
    literal_column("post.listed"),
    post.c.boost_of_id.is_(None),
    literal_column("post.audience IN ('public', 'network', 'site')"),
    ~limited(post.c.account_id),
    # What somebody of this site brought in from elsewhere was not written lately.
    ~(post.c.local & (post.c.received_at > post.c.created_at)),
)


def _used(item: ColumnElement[int], use: Any) -> Statement:
    """Who used an item lately and in the days before: (item, recent people, earlier people)."""
    recent = distinct(case((post.c.id >= recent_id, post.c.account_id)))
    earlier = distinct(case((post.c.id < recent_id, post.c.account_id)))
    return Statement(
        select(
            item.label("item"),
            func.count(recent).label("recent"),
            func.count(earlier).label("earlier"),
        )
        .select_from(use)
        .join(post, post.c.id == use.c.post_id)
        .where(use.c.post_id >= since_id, *is_open)
        .group_by(item)
        .having(func.count(recent) >= bindparam("fewest", type_=BigInteger))
    )


TAGS = _used(post_tag.c.tag_id, post_tag)
LINKS = _used(post_card.c.card_id, post_card)
_likes = post.c.likes_count + func.coalesce(post.c.origin_likes, 0)
_boosts = post.c.boosts_count + func.coalesce(post.c.origin_boosts, 0)
POSTS = Statement(
    select(post.c.id, post.c.account_id, _likes.label("likes"), _boosts.label("boosts"))
    .where(
        post.c.id >= since_id,
        *is_open,
        post.c.reply_to_id.is_(None),
        post.c.reply_to_uri.is_(None),
        _likes + _boosts >= bindparam("fewest", type_=BigInteger),
    )
    .order_by((_likes + 2 * _boosts).desc())
    .limit(limit)
)
CLEAR = Statement(delete(trend).where(trend.c.kind == kind))
# Posts are too old to trend before anybody asks again.
FORGET_REVIEWS = Statement(
    delete(trend_review).where(
        trend_review.c.kind == "post",
        trend_review.c.item_id < bindparam("before_id", type_=BigInteger),
    )
)
ADD = Statement(insert(trend))
offset = bindparam("offset", type_=BigInteger)
URLS = Statement(
    select(preview_card.c.id, preview_card.c.url).where(any_of(preview_card.c.id, "ids"))
)

# What those in charge said: of an item itself, else of its publisher, else what the settings say.
own, publisher = trend_review.alias("own"), trend_review.alias("publisher")
reviewed = trend.outerjoin(
    own, and_(own.c.kind == trend.c.kind, own.c.item_id == trend.c.item_id)
).outerjoin(
    publisher,
    and_(publisher.c.kind == "publisher", publisher.c.item_id == trend.c.publisher_id),
)
_is_shown = func.coalesce(
    own.c.allowed, publisher.c.allowed, bindparam("by_default", type_=Boolean)
).is_(true())


def _top(found: Select[Any]) -> Statement:
    return Statement(
        found.where(trend.c.kind == kind, _is_shown)
        .order_by(trend.c.score.desc(), trend.c.item_id.desc())
        .limit(limit)
        .offset(offset)
    )


TOP_TAGS = _top(select(tag).select_from(reviewed).join(tag, tag.c.id == trend.c.item_id))
TOP_LINKS = _top(
    select(preview_card)
    .select_from(reviewed)
    .join(preview_card, preview_card.c.id == trend.c.item_id)
    .where(preview_card.c.state == "ready")
)
TOP_POSTS = _top(
    select(post.c.id)
    .select_from(reviewed)
    .join(post, post.c.id == trend.c.item_id)
    .where(~silenced(me, post.c.account_id), ~limited(post.c.account_id))
)
LINK_DAYS = Statement(
    select(
        post_card.c.card_id,
        post.c.id.label("post_id"),
        post.c.account_id,
    )
    .select_from(post_card)
    .join(post, post.c.id == post_card.c.post_id)
    .where(any_of(post_card.c.card_id, "ids"), post_card.c.post_id >= since_id, *is_open)
)
TRENDING_LINK = Statement(
    select(preview_card.c.id)
    .select_from(reviewed)
    .join(preview_card, preview_card.c.id == trend.c.item_id)
    .where(trend.c.kind == "link", _is_shown, preview_card.c.url == bindparam("url", type_=Text))
)


def _with_link(*, ascending: bool) -> Statement:
    found = (
        select(post.c.id)
        .select_from(post_card)
        .join(post, post.c.id == post_card.c.post_id)
        .where(
            post_card.c.card_id == bindparam("card_id", type_=BigInteger),
            post_card.c.post_id < bindparam("max_id", type_=BigInteger),
            post_card.c.post_id > since_id,
            *is_open,
            ~silenced(me, post.c.account_id),
        )
    )
    order = post_card.c.post_id.asc() if ascending else post_card.c.post_id.desc()
    return Statement(found.order_by(order).limit(limit))


WITH_LINK = {False: _with_link(ascending=False), True: _with_link(ascending=True)}
