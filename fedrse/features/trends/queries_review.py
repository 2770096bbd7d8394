"""SQL of reviews of trends."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Select, bindparam, select

from fedrse.features.cards.service_joins import preview_card
from fedrse.features.posts.service_joins import post, tag
from fedrse.features.trends.queries import is_open, kind, limit, offset, own, publisher, reviewed
from fedrse.features.trends.tables import trend, trend_review
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

key = bindparam("key", type_=BigInteger)
_said = (own.c.allowed.label("own_review"), publisher.c.allowed.label("publisher_review"))


def _all(found: Select[Any]) -> Statement:
    """Whatever trends, with what was said of it."""
    return Statement(
        found.where(trend.c.kind == kind)
        .order_by(trend.c.score.desc(), trend.c.item_id.desc())
        .limit(limit)
        .offset(offset)
    )


TAGS = _all(select(*_said, tag).select_from(reviewed).join(tag, tag.c.id == trend.c.item_id))
LINKS = _all(
    select(*_said, preview_card)
    .select_from(reviewed)
    .join(preview_card, preview_card.c.id == trend.c.item_id)
    .where(preview_card.c.state == "ready")
)
POSTS = _all(
    select(*_said, post.c.id)
    .select_from(reviewed)
    .join(post, post.c.id == trend.c.item_id)
    .where(*is_open)
)
TRENDING_URLS = Statement(
    select(preview_card.c.url)
    .select_from(trend)
    .join(preview_card, preview_card.c.id == trend.c.item_id)
    .where(trend.c.kind == "link")
)
PUBLISHERS = Statement(select(trend_review).where(trend_review.c.kind == "publisher"))
REVIEW = Statement(
    select(trend_review).where(trend_review.c.kind == kind, trend_review.c.item_id == key)
)
TAG = Statement(select(tag).where(tag.c.id == key))
LINK = Statement(
    select(preview_card).where(preview_card.c.id == key, preview_card.c.state == "ready")
)
POST = Statement(select(post.c.id, post.c.uri).where(post.c.id == key, *is_open))
_new = insert(trend_review)
DECIDE = Statement(
    _new.on_conflict_do_update(
        index_elements=["kind", "item_id"],
        set_={"allowed": _new.excluded.allowed, "decided_at": _new.excluded.decided_at},
    )
)
