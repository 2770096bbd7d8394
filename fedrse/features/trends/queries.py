"""SQL of trends."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Text,
    bindparam,
    case,
    delete,
    distinct,
    func,
    literal_column,
    select,
)

from fedrse.features.accounts.service_conditions import limited
from fedrse.features.cards.service_joins import post_card, preview_card
from fedrse.features.posts.service_joins import post, post_tag, tag
from fedrse.features.relationships.service_conditions import silenced
from fedrse.features.trends.tables import trend
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
_open: tuple[ColumnElement[bool], ...] = (
    literal_column("post.listed"),
    post.c.boost_of_id.is_(None),
    literal_column("post.audience IN ('public', 'network', 'site')"),
    ~limited(post.c.account_id),
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
        .where(use.c.post_id >= since_id, *_open)
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
        *_open,
        post.c.reply_to_id.is_(None),
        post.c.reply_to_uri.is_(None),
        _likes + _boosts >= bindparam("fewest", type_=BigInteger),
    )
    .order_by((_likes + 2 * _boosts).desc())
    .limit(limit)
)
CLEAR = Statement(delete(trend).where(trend.c.kind == kind))
ADD = Statement(insert(trend))
offset = bindparam("offset", type_=BigInteger)


def _top(found: Select[Any]) -> Statement:
    return Statement(
        found.where(trend.c.kind == kind)
        .order_by(trend.c.score.desc(), trend.c.item_id.desc())
        .limit(limit)
        .offset(offset)
    )


TOP_TAGS = _top(select(tag).select_from(trend).join(tag, tag.c.id == trend.c.item_id))
TOP_LINKS = _top(
    select(preview_card)
    .select_from(trend)
    .join(preview_card, preview_card.c.id == trend.c.item_id)
    .where(preview_card.c.state == "ready")
)
TOP_POSTS = _top(
    select(post.c.id)
    .select_from(trend)
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
    .where(any_of(post_card.c.card_id, "ids"), post_card.c.post_id >= since_id, *_open)
)
TRENDING_LINK = Statement(
    select(preview_card.c.id)
    .select_from(trend)
    .join(preview_card, preview_card.c.id == trend.c.item_id)
    .where(trend.c.kind == "link", preview_card.c.url == bindparam("url", type_=Text))
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
            *_open,
            ~silenced(me, post.c.account_id),
        )
    )
    order = post_card.c.post_id.asc() if ascending else post_card.c.post_id.desc()
    return Statement(found.order_by(order).limit(limit))


WITH_LINK = {False: _with_link(ascending=False), True: _with_link(ascending=True)}
