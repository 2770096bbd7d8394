"""SQL of totals: interactions by host, and what other sites told."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, func, or_, select, update

from fedrse.features.accounts.service_joins import account
from fedrse.features.posts.queries import key, number
from fedrse.features.posts.tables import post
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement

_by_host = (
    select(account.c.host, func.count().label("count"))
    .select_from(post)
    .join(account, account.c.id == post.c.account_id)
    .group_by(account.c.host)
)
REPLIES_BY_HOST = Statement(
    _by_host.where(
        post.c.reply_to_id == key,
        or_(
            any_of(post.c.audience, "audiences"),
            and_(post.c.account_id == number("author"), any_of(post.c.audience, "own_audiences")),
        ),
    )
)
BOOSTS_BY_HOST = Statement(_by_host.where(post.c.boost_of_id == key))
BOOSTER_HOSTS = Statement(
    select(account.c.host)
    .select_from(post)
    .join(account, account.c.id == post.c.account_id)
    .where(or_(post.c.boost_of_id == key, post.c.reply_to_id == key), ~account.c.local)
    .distinct()
    .limit(500)
)
SET_TOLD = Statement(
    update(post)
    .where(post.c.id == key)
    .values(
        origin_replies=bindparam("told_replies"),
        origin_boosts=bindparam("told_boosts"),
        origin_likes=bindparam("told_likes"),
        origin_counted_at=bindparam("told_at"),
    )
)
SET_TOLD_AT = Statement(
    update(post).where(post.c.id == key).values(origin_counted_at=bindparam("told_at"))
)
