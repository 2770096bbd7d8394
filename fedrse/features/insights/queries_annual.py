"""SQL of reports of the year."""

from __future__ import annotations

from sqlalchemy import BigInteger, bindparam, func, select, update

from fedrse.features.insights.tables import annual_report
from fedrse.features.posts.service_joins import post, post_tag, tag
from fedrse.features.relationships.service_joins import follow
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

me = bindparam("me", type_=BigInteger)
year = bindparam("of_year", type_=BigInteger)
first = bindparam("first", type_=BigInteger)
end = bindparam("end", type_=BigInteger)
_of_year = (post.c.account_id == me, post.c.id >= first, post.c.id < end)

WRITTEN = Statement(
    select(
        post.c.id,
        post.c.boost_of_id.is_not(None).label("is_boost"),
        (post.c.reply_to_id.is_not(None)).label("is_reply"),
        (post.c.kind == "question").label("is_poll"),
        (post.c.audience.in_(["public", "network", "site"])).label("is_open"),
        post.c.likes_count,
        post.c.boosts_count,
        post.c.replies_count,
    )
    .where(*_of_year)
    .order_by(post.c.id)
    .limit(bindparam("limit", type_=BigInteger))
)
FOLLOWED = Statement(
    select(follow.c.created_at).where(
        follow.c.target_id == me,
        follow.c.accepted,
        follow.c.created_at >= bindparam("first_at", type_=BigInteger),
        follow.c.created_at < bindparam("end_at", type_=BigInteger),
    )
)
TAGS = Statement(
    select(tag.c.display, func.count().label("uses"))
    .select_from(post)
    .join(post_tag, post_tag.c.post_id == post.c.id)
    .join(tag, tag.c.id == post_tag.c.tag_id)
    .where(*_of_year)
    .group_by(tag.c.id, tag.c.display)
    .order_by(func.count().desc(), tag.c.display)
    .limit(bindparam("limit", type_=BigInteger))
)
ADD = Statement(insert(annual_report).on_conflict_do_nothing())
ONE = Statement(
    select(annual_report).where(annual_report.c.account_id == me, annual_report.c.year == year)
)
UNREAD = Statement(
    select(annual_report)
    .where(annual_report.c.account_id == me, annual_report.c.read_at.is_(None))
    .order_by(annual_report.c.year.desc())
)
MARK_READ = Statement(
    update(annual_report)
    .where(annual_report.c.account_id == me, annual_report.c.year == year)
    .values(read_at=bindparam("now", type_=BigInteger))
)
