"""SQL of reports."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Text, bindparam, select

from fedrse.features.collections.service_joins import collection
from fedrse.features.moderation.tables import report
from fedrse.features.posts.service import visible_to
from fedrse.features.posts.service_joins import post
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

_author = bindparam("author", type_=BigInteger)

ADD = Statement(insert(report).on_conflict_do_nothing(index_elements=["uri"]))
BY_ID = Statement(select(report).where(report.c.id == bindparam("key", type_=BigInteger)))
BY_IDS = Statement(select(report).where(any_of(report.c.id, "ids")))
POSTS_BY_URI = Statement(select(post.c.id, post.c.uri).where(any_of(post.c.uri, "uris")))
OPEN_REPORTS = Statement(
    select(report)
    .where(report.c.state == "open")
    .order_by(report.c.id.desc())
    .limit(bindparam("limit", type_=BigInteger))
)
SAID = Statement(
    select(report)
    .where(
        report.c.target_id == bindparam("target", type_=BigInteger),
        report.c.account_id == bindparam("reporter", type_=BigInteger),
        report.c.created_at > bindparam("since", type_=BigInteger),
        report.c.comment == bindparam("comment", type_=Text),
        report.c.category == bindparam("category", type_=Text),
        report.c.posts == bindparam("posts", type_=Text),
        report.c.rules == bindparam("rules", type_=Text),
        report.c.collections == bindparam("collections", type_=Text),
        report.c.forwarded == bindparam("forwarded", type_=Boolean),
        report.c.state == "open",
    )
    .limit(1)
)
POSTS_SEEN = Statement(
    select(post.c.id, post.c.uri)
    .where(any_of(post.c.id, "ids"), post.c.account_id == _author, post.c.boost_of_id.is_(None))
    .where(visible_to(bindparam("viewer", type_=BigInteger)))
    .order_by(post.c.id)
)
COLLECTIONS = Statement(
    select(collection.c.id)
    .where(any_of(collection.c.id, "ids"), collection.c.account_id == _author)
    .order_by(collection.c.id)
)
LOCAL_POSTS = Statement(
    select(post.c.id, post.c.uri, post.c.account_id)
    .where(any_of(post.c.id, "ids"), post.c.local, post.c.boost_of_id.is_(None))
    .order_by(post.c.id)
)
