"""SQL of search; the statements that differ are chosen by dialect.

On PostgreSQL words become lexemes as they are, without its parser: what a word is, the model says.
The index is walked by id, newest first, and each post it gives is looked at until there are enough:
so frequent words cost no more than rare ones.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    Text,
    TextClause,
    bindparam,
    column,
    delete,
    exists,
    func,
    literal_column,
    select,
    table,
    text,
    union_all,
)

from fedrse.features.accounts.service_joins import account
from fedrse.features.cards.service_joins import post_card, preview_card
from fedrse.features.media.service_joins import media
from fedrse.features.polls.service_joins import poll, poll_vote
from fedrse.features.posts.service_joins import bookmark, mention, post, post_tag, tag
from fedrse.features.reactions.service_joins import reaction
from fedrse.features.search.tables import search_pending
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

MOST_USES = 100  # of a tag that are counted
limit = bindparam("limit", type_=BigInteger)
offset = bindparam("offset", type_=BigInteger)
author_id = post.c.account_id
_me = bindparam("viewer", type_=BigInteger)
_one: ColumnElement[int] = literal_column("1")

# Writing

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


def _has_media(*kinds: str) -> ColumnElement[bool]:
    return exists(select(_one).where(media.c.post_id == post.c.id, media.c.kind.in_(kinds)))


_shows_film = exists(
    select(_one)
    .select_from(post_card)
    .join(preview_card, preview_card.c.id == post_card.c.card_id)
    .where(post_card.c.post_id == post.c.id, preview_card.c.kind == "video")
)
# What the index knows of posts; the names of the last ones are properties of the model.
TEXTS = Statement(
    select(
        post.c.id,
        post.c.account_id,
        post.c.audience,
        post.c.language,
        post.c.title,
        post.c.summary,
        post.c.content,
        exists(select(_one).where(media.c.post_id == post.c.id)).label("media"),
        _has_media("image").label("image"),
        _has_media("video", "gifv").label("video"),
        _has_media("audio").label("audio"),
        exists(select(_one).where(poll.c.post_id == post.c.id)).label("poll"),
        _shows_film.label("embed"),
        post.c.quote_of_uri.is_not(None).label("quote"),
        post.c.reply_to_uri.is_not(None).label("reply_elsewhere"),
        post.c.reply_to_id.is_not(None).label("reply_here"),
        post.c.sensitive,
    ).where(any_of(post.c.id, "ids"))
)
NAMED = Statement(
    select(mention.c.post_id, mention.c.account_id)
    .join(account, account.c.id == mention.c.account_id)
    .where(any_of(mention.c.post_id, "ids"), account.c.local)
)

_key = bindparam("post_id", type_=BigInteger)
_words = bindparam("words", type_=Text)
_ROWS = table("post_words", column("rowid", BigInteger), column("words", Text))
_KEYED = table("post_words", column("post_id", BigInteger))
# On SQLite these name their table as such: a text would be taken for a change of anything.
FORGET_WORDS = {
    "sqlite": Statement(delete(_ROWS).where(_ROWS.c.rowid == _key)),
    "postgresql": Statement(delete(_KEYED).where(_KEYED.c.post_id == _key)),
}
ADD_WORDS = {
    "sqlite": Statement(insert(_ROWS).values(rowid=_key, words=_words)),
    "postgresql": Statement(
        text(
            "INSERT INTO post_words (post_id, words)"
            " VALUES (:post_id, CAST(CAST(:words AS text) AS tsvector))"
        ).bindparams(_key, _words)
    ),
}

# Finding

# A plan made for any query would read all posts with a frequent word: PostgreSQL has to make one
# for this query. Until the end of the transaction.
PLAN_FOR_THIS = Statement(
    text("SELECT set_config('plan_cache_mode', 'force_custom_plan', true) AS mode").columns(
        column("mode", Text)
    )
)
# The index, its id, and the id as something that SQLite begins no search with: there the index
# comes first, whatever the planner thinks of it.
_INDEX: dict[str, tuple[FromClause, ColumnElement[int], ColumnElement[int]]] = {
    "sqlite": (_ROWS, _ROWS.c.rowid, literal_column("+post_words.rowid", BigInteger)),
    "postgresql": (_KEYED, _KEYED.c.post_id, _KEYED.c.post_id),
}
_MATCHING = {
    "sqlite": "post_words MATCH :words",
    "postgresql": "post_words.words @@ CAST(CAST(:words AS text) AS tsquery)",
}


class Search(NamedTuple):
    """Which of the statements is wanted."""

    dialect: str
    library: bool
    ascending: bool


def _library() -> Select[Any]:
    """What somebody wrote, boosted, marked, took part in, or is named in."""
    mine = union_all(
        select(post.c.id).where(post.c.account_id == _me, post.c.boost_of_id.is_(None)),
        select(post.c.boost_of_id).where(post.c.account_id == _me, post.c.boost_of_id.is_not(None)),
        select(bookmark.c.post_id).where(bookmark.c.account_id == _me),
        select(reaction.c.post_id).where(reaction.c.account_id == _me),
        select(poll_vote.c.post_id).where(poll_vote.c.account_id == _me),
        select(mention.c.post_id).where(mention.c.account_id == _me),
    ).subquery()
    return select(mine.c[0])


def _found(wanted: Search, visible: ColumnElement[bool]) -> Statement:
    words, identifier, plain = _INDEX[wanted.dialect]
    condition = text(_MATCHING[wanted.dialect])
    if wanted.dialect == "postgresql":
        condition = condition.bindparams(_words)
    conditions: list[ColumnElement[bool] | TextClause] = [
        condition,
        identifier < bindparam("high", type_=BigInteger),
        identifier >= bindparam("low", type_=BigInteger),
        ~identifier.between(
            bindparam("gap_from", type_=BigInteger), bindparam("gap_to", type_=BigInteger)
        ),
    ]
    if wanted.library:
        conditions.append(plain.in_(_library()))
    found = (
        select(identifier.label("id"))
        .select_from(words.join(post, post.c.id == plain))
        .where(*conditions, visible, post.c.boost_of_id.is_(None))
        .order_by(identifier.asc() if wanted.ascending else identifier.desc())
        .limit(limit)
        .offset(offset)
    )
    return Statement(found)


def matching_posts(visible: ColumnElement[bool]) -> dict[Search, Statement]:
    """Ids of posts that fulfil ``visible``, in the order of their ids."""
    variants = [
        Search(dialect, library, ascending)
        for dialect in _INDEX
        for library in (False, True)
        for ascending in (False, True)
    ]
    return {one: _found(one, visible) for one in variants}


def matching_tags(visible: ColumnElement[bool]) -> Statement:
    """Tags that begin with a prefix (a LIKE pattern), most used first.

    Only uses in posts that fulfil ``visible`` count, and of those MOST_USES: the name of a tag may
    tell a secret.
    """
    some = (
        select(_one.label("use"))
        .select_from(post_tag.join(post, post.c.id == post_tag.c.post_id))
        .where(post_tag.c.tag_id == tag.c.id, visible)
        .order_by(post_tag.c.post_id.desc())
        .limit(MOST_USES)
        .correlate(tag)
        .subquery()
    )
    uses = select(func.count()).select_from(some).scalar_subquery()
    candidates = (
        select(tag.c.id, tag.c.name, tag.c.display, uses.label("uses"))
        .where(tag.c.name.like(bindparam("pattern", type_=Text), escape="\\"))
        .subquery()
    )
    return Statement(
        select(candidates)
        .where(candidates.c.uses > 0)
        .order_by(candidates.c.uses.desc(), candidates.c.name)
        .limit(limit)
        .offset(offset)
    )
