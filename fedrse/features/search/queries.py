"""SQL of search; the statements that differ are chosen by dialect."""

from __future__ import annotations

from sqlalchemy import BigInteger, ColumnElement, bindparam, delete, func, select, text

from fedrse.features.posts.service_joins import post, post_tag, tag
from fedrse.features.search.tables import search_pending
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

limit = bindparam("limit", type_=BigInteger)

ADD_PENDING = Statement(insert(search_pending).on_conflict_do_nothing())
PENDING = Statement(
    select(post.c.id, post.c.title, post.c.summary, post.c.content)
    .join(search_pending, search_pending.c.post_id == post.c.id)
    .limit(limit)
)
DONE = Statement(delete(search_pending).where(any_of(search_pending.c.post_id, "ids")))

FORGET_WORDS = {
    "sqlite": Statement(text("DELETE FROM post_words WHERE rowid = :post_id")),
    "postgresql": Statement(
        text("DELETE FROM post_words WHERE post_id = :post_id").bindparams(
            bindparam("post_id", type_=BigInteger)
        )
    ),
}
ADD_WORDS = {
    "sqlite": Statement(text("INSERT INTO post_words (rowid, words) VALUES (:post_id, :words)")),
    "postgresql": Statement(
        text(
            "INSERT INTO post_words (post_id, words)"
            " VALUES (:post_id, to_tsvector('simple', :words))"
        ).bindparams(bindparam("post_id", type_=BigInteger))
    ),
}
_MATCHING = {
    "sqlite": text(
        "post.id IN (SELECT rowid FROM post_words WHERE post_words MATCH :words"
        " ORDER BY rowid DESC LIMIT 2000)"
    ),
    "postgresql": text(
        "post.id IN (SELECT post_id FROM post_words"
        " WHERE words @@ to_tsquery('simple', :words) ORDER BY post_id DESC LIMIT 2000)"
    ),
}


def matching_posts(visible: ColumnElement[bool]) -> dict[str, Statement]:
    """Ids of posts with all words that fulfil ``visible``, newest first, by dialect."""
    return {
        dialect: Statement(
            select(post.c.id)
            .where(condition, visible, post.c.boost_of_id.is_(None))
            .where(post.c.id < bindparam("max_id", type_=BigInteger))
            .where(post.c.id > bindparam("min_id", type_=BigInteger))
            .order_by(post.c.id.desc())
            .limit(limit)
            .offset(bindparam("offset", type_=BigInteger))
        )
        for dialect, condition in _MATCHING.items()
    }


TAGS = Statement(
    select(tag.c.id, tag.c.name, tag.c.display, func.count(post_tag.c.post_id).label("uses"))
    .outerjoin(post_tag, post_tag.c.tag_id == tag.c.id)
    .where(tag.c.name.startswith(bindparam("prefix"), autoescape=False))
    .group_by(tag.c.id, tag.c.name, tag.c.display)
    .order_by(func.count(post_tag.c.post_id).desc(), tag.c.name)
    .limit(limit)
    .offset(bindparam("offset", type_=BigInteger))
)
