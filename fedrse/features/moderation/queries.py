"""SQL of reports."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Text, bindparam, delete, func, or_, select, update

from fedrse.features.collections.service_joins import collection
from fedrse.features.media.service_joins import media
from fedrse.features.moderation.tables import evidence, report, report_note
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

# What a reported post says, to be kept; posts of other sites, too.
TO_KEEP = Statement(
    select(
        post.c.id,
        post.c.uri,
        post.c.audience,
        post.c.summary,
        post.c.content,
        post.c.created_at,
    ).where(any_of(post.c.id, "ids"))
)
FILES = Statement(
    select(media.c.post_id, media.c.kind, media.c.description)
    .where(any_of(media.c.post_id, "ids"))
    .order_by(media.c.post_id, media.c.position)
)
ADD_EVIDENCE = Statement(insert(evidence).on_conflict_do_nothing())
EVIDENCE = Statement(
    select(evidence).where(any_of(evidence.c.report_id, "ids")).order_by(evidence.c.post_id)
)
DROP_EVIDENCE = Statement(
    delete(evidence).where(
        evidence.c.report_id.in_(
            select(report.c.id).where(report.c.closed_at <= bindparam("before", type_=BigInteger))
        )
    )
)

# The queue

_limit = bindparam("limit", type_=BigInteger)


def _page(*, ascending: bool) -> Statement:
    by = bindparam("by", type_=BigInteger)
    about = bindparam("about", type_=BigInteger)
    mine = bindparam("mine", type_=BigInteger)
    state = bindparam("state", type_=Text)
    reader = bindparam("reader", type_=BigInteger)
    found = select(report).where(
        report.c.id < bindparam("max_id", type_=BigInteger),
        report.c.id > bindparam("since_id", type_=BigInteger),
        or_(state == "", report.c.state == state),
        or_(by == 0, report.c.account_id == by),
        or_(about == 0, report.c.target_id == about),
        or_(mine == 0, report.c.assigned_id == mine),
        report.c.target_id != reader,
    )
    order = report.c.id.asc() if ascending else report.c.id.desc()
    return Statement(found.order_by(order).limit(_limit))


PAGE = {False: _page(ascending=False), True: _page(ascending=True)}
COUNT_OPEN = Statement(
    select(func.count())
    .select_from(report)
    .where(report.c.state == "open", report.c.target_id != bindparam("besides", type_=BigInteger))
)
OPEN_ABOUT = Statement(
    select(report).where(
        report.c.target_id == bindparam("target", type_=BigInteger), report.c.state == "open"
    )
)
ASSIGN = Statement(
    update(report)
    .where(report.c.id == bindparam("key", type_=BigInteger))
    .values(assigned_id=bindparam("who", type_=BigInteger), updated_at=bindparam("at"))
)
SET_STATE = Statement(
    update(report)
    .where(report.c.id == bindparam("key", type_=BigInteger))
    .values(
        state=bindparam("new_state", type_=Text),
        closed_at=bindparam("closed", type_=BigInteger),
        closed_by_id=bindparam("who", type_=BigInteger),
        updated_at=bindparam("at"),
    )
)
CLASSIFY = Statement(
    update(report)
    .where(report.c.id == bindparam("key", type_=BigInteger))
    .values(
        category=bindparam("new_category", type_=Text),
        rules=bindparam("new_rules", type_=Text),
        updated_at=bindparam("at"),
    )
)
SET_FORWARDED = Statement(
    update(report)
    .where(report.c.id == bindparam("key", type_=BigInteger), ~report.c.forwarded)
    .values(forwarded=True, updated_at=bindparam("at"))
)
ADD_NOTE = Statement(insert(report_note))
NOTES = Statement(
    select(report_note)
    .where(report_note.c.report_id == bindparam("key", type_=BigInteger))
    .order_by(report_note.c.id)
)
DROP_NOTE = Statement(
    delete(report_note).where(
        report_note.c.id == bindparam("note", type_=BigInteger),
        report_note.c.report_id == bindparam("key", type_=BigInteger),
    )
)
MADE_BY = Statement(
    select(report)
    .where(report.c.account_id == bindparam("reporter", type_=BigInteger))
    .order_by(report.c.id.desc())
    .limit(_limit)
)
