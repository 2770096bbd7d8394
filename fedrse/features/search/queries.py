"""SQL of search; the statements that differ are chosen by dialect.

On PostgreSQL words become lexemes as they are, without its parser: what a word is, the model says.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Text,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    text,
)

from fedrse.features.posts.service_joins import post, post_tag, tag
from fedrse.features.search.tables import search_pending
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

limit = bindparam("limit", type_=BigInteger)
offset = bindparam("offset", type_=BigInteger)
author_id = post.c.account_id

_pending = insert(search_pending)
# Touches a row that is there: an indexer that is about to remove it waits for the new text.
ADD_PENDING = Statement(
    _pending.on_conflict_do_update(
        index_elements=["post_id"], set_={"post_id": _pending.excluded.post_id}
    )
)
TAKE = Statement(
    delete(search_pending)
    .where(search_pending.c.post_id.in_(select(search_pending.c.post_id).limit(limit)))
    .returning(search_pending.c.post_id)
)
TEXTS = Statement(
    select(post.c.id, post.c.title, post.c.summary, post.c.content).where(any_of(post.c.id, "ids"))
)

_key = bindparam("post_id", type_=BigInteger)
_words = bindparam("words", type_=Text)
FORGET_WORDS = {
    "sqlite": Statement(text("DELETE FROM post_words WHERE rowid = :post_id")),
    "postgresql": Statement(
        text("DELETE FROM post_words WHERE post_id = :post_id").bindparams(_key)
    ),
}
ADD_WORDS = {
    "sqlite": Statement(text("INSERT INTO post_words (rowid, words) VALUES (:post_id, :words)")),
    "postgresql": Statement(
        text(
            "INSERT INTO post_words (post_id, words)"
            " VALUES (:post_id, array_to_tsvector(string_to_array(CAST(:words AS text), ' ')))"
        ).bindparams(_key, _words)
    ),
}
_MATCHING = {
    "sqlite": text(
        "post.id IN (SELECT rowid FROM post_words WHERE post_words MATCH :words"
        " ORDER BY rowid DESC LIMIT 2000)"
    ),
    "postgresql": text(
        "post.id IN (SELECT post_id FROM post_words"
        " WHERE words @@ CAST(CAST(:words AS text) AS tsquery)"
        " ORDER BY post_id DESC LIMIT 2000)"
    ).bindparams(_words),
}


def matching_posts(visible: ColumnElement[bool]) -> dict[str, Statement]:
    """Ids of posts with all words that fulfil ``visible``, newest first, by dialect."""
    author = bindparam("author", type_=BigInteger)  # 0: anybody
    return {
        dialect: Statement(
            select(post.c.id)
            .where(
                condition,
                visible,
                post.c.boost_of_id.is_(None),
                post.c.id < bindparam("max_id", type_=BigInteger),
                post.c.id > bindparam("min_id", type_=BigInteger),
                or_(author == 0, post.c.account_id == author),
            )
            .order_by(post.c.id.desc())
            .limit(limit)
            .offset(offset)
        )
        for dialect, condition in _MATCHING.items()
    }


def matching_tags(visible: ColumnElement[bool]) -> Statement:
    """Tags that begin with a prefix (a LIKE pattern), most used first.

    Only uses in posts that fulfil ``visible`` count: the name of a tag may tell a secret.
    """
    uses = func.count(post_tag.c.post_id)
    return Statement(
        select(tag.c.id, tag.c.name, tag.c.display, uses.label("uses"))
        .join(post_tag, post_tag.c.tag_id == tag.c.id)
        .join(post, and_(post.c.id == post_tag.c.post_id, visible))
        .where(tag.c.name.like(bindparam("pattern", type_=Text), escape="\\"))
        .group_by(tag.c.id, tag.c.name, tag.c.display)
        .order_by(uses.desc(), tag.c.name)
        .limit(limit)
        .offset(offset)
    )
