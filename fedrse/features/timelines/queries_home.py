"""SQL of home timelines."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    literal_column,
    or_,
    select,
    union,
)

from fedrse.features.accounts.service_joins import account
from fedrse.features.posts.service_joins import post
from fedrse.features.relationships.service_joins import block, follow, mute
from fedrse.features.timelines.tables import home_entry, home_source, pulled_author
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

NEWEST = 1 << 62  # above every id
me = bindparam("me", type_=BigInteger)
newest = bindparam("max_id", type_=BigInteger)
oldest = bindparam("since_id", type_=BigInteger)
limit = bindparam("limit", type_=BigInteger)
author = bindparam("author", type_=BigInteger)
post_id = bindparam("post_id", type_=BigInteger)


# Writing

_reader = follow.c.account_id


def _not_silenced(target: ColumnElement[int]) -> ColumnElement[bool]:
    """The reader neither mutes nor blocks the target, and the target does not block the reader."""
    return and_(
        ~exists(select(1).where(mute.c.account_id == _reader, mute.c.target_id == target)),
        ~exists(
            select(1).where(
                or_(
                    and_(block.c.account_id == _reader, block.c.target_id == target),
                    and_(block.c.account_id == target, block.c.target_id == _reader),
                )
            )
        ),
    )


_local_readers = select(_reader, post_id).where(
    follow.c.target_id == author, follow.c.accepted, follow.c.local
)
_add = insert(home_entry)


def _into_homes(readers: Select[tuple[int, int]]) -> Statement:
    rows = _add.from_select(["account_id", "post_id"], readers)
    return Statement(rows.on_conflict_do_nothing())


_parent_author = bindparam("parent_author", type_=BigInteger)
_other = follow.alias("other")
ADD_POST = _into_homes(_local_readers.where(_not_silenced(author)))
# A reply is shown to those who know both sides of the talk, as Mastodon does.
ADD_REPLY = _into_homes(
    _local_readers.where(
        _not_silenced(author),
        or_(
            _parent_author == author,
            _parent_author == _reader,
            exists(
                select(1).where(
                    _other.c.account_id == _reader,
                    _other.c.target_id == _parent_author,
                    _other.c.accepted,
                )
            ),
        ),
    )
)
_original = bindparam("original", type_=BigInteger)
_original_author = bindparam("original_author", type_=BigInteger)
_seen = home_entry.alias("seen")
ADD_BOOST = _into_homes(
    _local_readers.where(
        follow.c.show_boosts,
        _reader != _original_author,
        _not_silenced(author),
        _not_silenced(_original_author),
        ~exists(select(1).where(_seen.c.account_id == _reader, _seen.c.post_id == _original)),
    )
)
ADD_OWN = Statement(insert(home_entry).on_conflict_do_nothing())

BACKFILL = Statement(
    _add.from_select(
        ["account_id", "post_id"],
        select(me, post.c.id)
        .where(
            post.c.account_id == author,
            post.c.audience.in_(("public", "network", "site", "followers")),
            post.c.reply_to_account_id.is_(None),
            post.c.reply_to_uri.is_(None),
        )
        .order_by(post.c.id.desc())
        .limit(limit),
    ).on_conflict_do_nothing()
)
REMOVE_AUTHOR = Statement(
    delete(home_entry).where(
        home_entry.c.account_id == me,
        home_entry.c.post_id.in_(
            select(post.c.id).where(
                or_(
                    post.c.account_id == author,
                    post.c.boost_of_id.in_(select(post.c.id).where(post.c.account_id == author)),
                )
            )
        ),
    )
)
IS_PULLED = Statement(select(1).where(pulled_author.c.account_id == author))
LOCAL_FOLLOWERS = Statement(select(account.c.local_followers_count).where(account.c.id == author))
ADD_PULLED = Statement(insert(pulled_author).on_conflict_do_nothing())
ADD_SOURCE = Statement(insert(home_source).on_conflict_do_nothing())
ADD_SOURCES = Statement(
    insert(home_source)
    .from_select(
        ["account_id", "author_id"],
        select(_reader, follow.c.target_id).where(
            follow.c.target_id == author, follow.c.accepted, follow.c.local
        ),
    )
    .on_conflict_do_nothing()
)
REMOVE_SOURCE = Statement(
    delete(home_source).where(home_source.c.account_id == me, home_source.c.author_id == author)
)


# Reading


def _window(column: ColumnElement[int]) -> ColumnElement[bool]:
    return and_(column < newest, column > oldest)


def _entries(*, ascending: bool) -> Statement:
    """Entries written for the reader."""
    order = home_entry.c.post_id.asc() if ascending else home_entry.c.post_id.desc()
    found = select(home_entry.c.post_id).where(
        home_entry.c.account_id == me, _window(home_entry.c.post_id)
    )
    return Statement(found.order_by(order).limit(limit))


def _pulled(*, ascending: bool) -> Statement:
    """Entries, and posts of authors who are looked up: for each author a short walk by id."""
    inner = post.alias("inner_post")
    candidate = inner.c.id.asc() if ascending else inner.c.id.desc()
    few = (
        select(inner.c.id)
        .where(inner.c.account_id == home_source.c.author_id, _window(inner.c.id))
        .order_by(candidate)
        .limit(limit)
        .correlate(home_source)
    )
    knows_parent = or_(
        and_(post.c.reply_to_account_id.is_(None), post.c.reply_to_uri.is_(None)),
        post.c.reply_to_account_id.in_((me, post.c.account_id)),
        exists(
            select(1).where(
                follow.c.account_id == me,
                follow.c.target_id == post.c.reply_to_account_id,
                follow.c.accepted,
            )
        ),
    )
    looked_up = (
        select(post.c.id.label("post_id"))
        .select_from(home_source)
        .join(post, post.c.id.in_(few))
        .where(
            home_source.c.account_id == me,
            post.c.audience.in_(("public", "network", "site", "followers")),
            knows_parent,
        )
    )
    written = select(home_entry.c.post_id).where(
        home_entry.c.account_id == me, _window(home_entry.c.post_id)
    )
    order = home_entry.c.post_id.asc() if ascending else home_entry.c.post_id.desc()
    newest_written = written.order_by(order).limit(limit).subquery()
    both = union(select(newest_written.c.post_id), looked_up).subquery()
    last = both.c.post_id.asc() if ascending else both.c.post_id.desc()
    return Statement(select(both.c.post_id).order_by(last).limit(limit))


HAS_SOURCES = Statement(
    select(literal_column("1"))
    .select_from(home_source)
    .where(home_source.c.account_id == me)
    .limit(1)
)
HOME = {False: _entries(ascending=False), True: _entries(ascending=True)}
HOME_PULLED = {False: _pulled(ascending=False), True: _pulled(ascending=True)}
