"""SQL of home timelines.

What is written: own posts, posts and boosts of people one follows, their answers to people one
follows too. What is decided on reading, because it may change: boosts of people who are silenced,
and boosts of what stands near in the same timeline already.
"""

from __future__ import annotations

from functools import partial

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    FromClause,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    literal_column,
    or_,
    select,
    union,
    union_all,
)

from fedrse.core.clock import DAY
from fedrse.features.accounts.service_joins import account
from fedrse.features.lists.service_conditions import taken_from_home
from fedrse.features.posts.service_joins import post
from fedrse.features.relationships.service_conditions import silenced, silenced_by_name
from fedrse.features.relationships.service_joins import follow
from fedrse.features.timelines import queries_languages as languages
from fedrse.features.timelines.tables import home_entry, home_source, pulled_author, pulled_post
from fedrse.store.rebind import rebind
from fedrse.store.schema import any_of, ordered_join
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

NEWEST = 1 << 62  # above every id
HOME_AUDIENCES = ("public", "network", "site", "followers")
LOOKED_UP = 0  # below every id
NEAR = 3 * DAY << 16  # distance of ids: a boost of what is so near would only repeat it

me = bindparam("me", type_=BigInteger)
newest = bindparam("max_id", type_=BigInteger)
oldest = bindparam("since_id", type_=BigInteger)
limit = bindparam("limit", type_=BigInteger)
author = bindparam("author", type_=BigInteger)
post_id = bindparam("post_id", type_=BigInteger)
since = bindparam("since", type_=BigInteger)
_one: ColumnElement[int] = literal_column("1")


# Writing

_reader = follow.c.account_id
_local_readers = (
    select(_reader)
    .where(follow.c.target_id == author, follow.c.accepted, follow.c.local)
    .where(~silenced_by_name(_reader, author), ~taken_from_home(_reader, author))
)
_add = insert(home_entry)


def _into_homes(readers: Select[tuple[int]], *more: ColumnElement[int]) -> Statement:
    columns = ["account_id", "post_id", "boost_of_id", "boost_author_id"][: 2 + len(more)]
    rows = _add.from_select(columns, readers.add_columns(post_id, *more))
    return Statement(rows.on_conflict_do_nothing())


ADD_POST_AND_OWN = Statement(
    _add.from_select(
        ["account_id", "post_id"],
        union_all(
            _local_readers.where(languages.READS_IT).add_columns(post_id), select(author, post_id)
        ),
    ).on_conflict_do_nothing()
)
_these = any_of(post.c.id, "ids")
_pulled = exists(select(_one).where(pulled_author.c.account_id == post.c.account_id))
ADD_POSTS = Statement(
    _add.from_select(
        ["account_id", "post_id"],
        select(_reader, post.c.id)
        .select_from(ordered_join(post, follow, follow.c.target_id == post.c.account_id))
        .where(_these, follow.c.accepted, follow.c.local)
        .where(
            ~_pulled,
            ~silenced_by_name(_reader, post.c.account_id),
            ~taken_from_home(_reader, post.c.account_id),
            languages.READS_THEM,
        )
        # In the order in which they are stored: each page is looked for once.
        .order_by(_reader, post.c.id),
    ).on_conflict_do_nothing()
)
ADD_PULLED_POSTS = Statement(
    insert(pulled_post)
    .from_select(
        ["account_id", "post_id", "arrived"],
        select(post.c.account_id, post.c.id, bindparam("arrived", type_=BigInteger)).where(
            _these, _pulled
        ),
    )
    .on_conflict_do_nothing()
)
_parent_author = bindparam("parent_author", type_=BigInteger)
_other = follow.alias("other")
# An answer is shown to those who know both sides of the talk, as Mastodon does.
ADD_REPLY = _into_homes(
    _local_readers.where(
        or_(
            _parent_author == _reader,
            exists(
                select(_one).where(
                    _other.c.account_id == _reader,
                    _other.c.target_id == _parent_author,
                    _other.c.accepted,
                )
            ),
        ),
        ~silenced(_reader, _parent_author),
        languages.READS_IT,
    )
)
_original = bindparam("original", type_=BigInteger)
_original_author = bindparam("original_author", type_=BigInteger)
ADD_BOOST = _into_homes(
    _local_readers.where(follow.c.show_boosts, _reader != _original_author),
    _original,
    _original_author,
)
ADD_OWN = Statement(insert(home_entry).on_conflict_do_nothing())
# Adds nothing for an author whose posts are copied.
ADD_PULLED_POST = Statement(
    insert(pulled_post)
    .from_select(
        ["account_id", "post_id", "boost_of_id", "boost_author_id", "arrived"],
        select(
            pulled_author.c.account_id,
            post_id,
            bindparam("original", type_=BigInteger),
            bindparam("original_author", type_=BigInteger),
            bindparam("arrived", type_=BigInteger),
        ).where(pulled_author.c.account_id == author),
    )
    .on_conflict_do_nothing()
)

IS_SILENCED = Statement(select(_one).where(or_(silenced(me, author), taken_from_home(me, author))))
IS_FOLLOWING = Statement(
    select(_one).where(
        follow.c.account_id == me, follow.c.target_id == author, follow.c.accepted, follow.c.local
    )
)
BACKFILL = Statement(
    _add.from_select(
        ["account_id", "post_id"],
        select(me, post.c.id)
        .where(
            post.c.account_id == author,
            post.c.boost_of_id.is_(None),
            post.c.audience.in_(HOME_AUDIENCES),
            or_(
                and_(post.c.reply_to_account_id.is_(None), post.c.reply_to_uri.is_(None)),
                post.c.reply_to_account_id == author,
            ),
            languages.I_READ_IT,
        )
        .order_by(post.c.id.desc())
        .limit(limit),
    ).on_conflict_do_nothing()
)
REMOVE_AUTHOR = Statement(
    delete(home_entry).where(
        home_entry.c.account_id == me,
        home_entry.c.post_id.in_(select(post.c.id).where(post.c.account_id == author)),
    )
)
IS_PULLED = Statement(select(_one).where(pulled_author.c.account_id == author))
LOCAL_FOLLOWERS = Statement(select(account.c.local_followers_count).where(account.c.id == author))
ADD_PULLED = Statement(insert(pulled_author).on_conflict_do_nothing())
ADD_SOURCE = Statement(insert(home_source).on_conflict_do_nothing())
ADD_SOURCES = Statement(
    insert(home_source)
    .from_select(
        ["account_id", "author_id", "since"], _local_readers.add_columns(follow.c.target_id, since)
    )
    .on_conflict_do_nothing()
)
REMOVE_SOURCE = Statement(
    delete(home_source).where(home_source.c.account_id == me, home_source.c.author_id == author)
)


# Reading


def _window(column: ColumnElement[int]) -> ColumnElement[bool]:
    return and_(column < newest, column > oldest)


def _near(other: ColumnElement[int], boost: ColumnElement[int]) -> ColumnElement[bool]:
    return and_(other < boost, other > boost - NEAR)


def _written_repeats(entry: FromClause) -> ColumnElement[bool]:
    """What the entry shares, or an earlier boost of it, is written nearby."""
    original, boost = home_entry.alias(), home_entry.alias()
    return or_(
        exists(
            select(_one).where(
                original.c.account_id == me,
                original.c.post_id == entry.c.boost_of_id,
                _near(original.c.post_id, entry.c.post_id),
            )
        ),
        exists(
            select(_one).where(
                boost.c.account_id == me,
                boost.c.boost_of_id == entry.c.boost_of_id,
                _near(boost.c.post_id, entry.c.post_id),
            )
        ),
    )


def _pulled_repeats(entry: FromClause) -> ColumnElement[bool]:
    """The same among what is looked up for the reader."""
    found, source = pulled_post.alias(), home_source.alias()
    wants = exists(
        select(_one)
        .where(
            source.c.account_id == me,
            source.c.author_id == found.c.account_id,
            found.c.arrived > source.c.since,
        )
        .correlate_except(source)
    )
    boosts = exists(
        select(_one)
        .where(
            follow.c.account_id == me,
            follow.c.target_id == found.c.account_id,
            follow.c.show_boosts,
        )
        .correlate_except(follow)
    )
    return or_(
        exists(
            select(_one).where(
                found.c.post_id == entry.c.boost_of_id,
                _near(found.c.post_id, entry.c.post_id),
                wants,
            )
        ),
        exists(
            select(_one).where(
                found.c.boost_of_id == entry.c.boost_of_id,
                _near(found.c.post_id, entry.c.post_id),
                found.c.boost_author_id != me,
                wants,
                boosts,
            )
        ),
    )


def _shown(entry: FromClause, *, pulled: bool) -> ColumnElement[bool]:
    """Not a boost, or one that brings something new from somebody the reader wants to see."""
    repeats = _written_repeats(entry)
    if pulled:
        repeats = or_(repeats, _pulled_repeats(entry))
    return or_(
        entry.c.boost_of_id.is_(None),
        and_(~silenced(me, entry.c.boost_author_id), ~repeats),
    )


def _written(*, ascending: bool, pulled: bool) -> Select[tuple[int]]:
    order = home_entry.c.post_id.asc() if ascending else home_entry.c.post_id.desc()
    return (
        select(home_entry.c.post_id)
        .where(
            home_entry.c.account_id == me,
            _window(home_entry.c.post_id),
            _shown(home_entry, pulled=pulled),
        )
        .order_by(order)
        .limit(limit)
    )


def _looked_up(*, ascending: bool) -> Select[tuple[int]]:
    """For each author that is looked up a short walk by id."""
    inner = pulled_post.alias("inner_post")
    wants_boosts = exists(
        select(_one).where(
            follow.c.account_id == me,
            follow.c.target_id == inner.c.account_id,
            follow.c.show_boosts,
        )
    )
    few = (
        select(inner.c.post_id)
        .where(
            inner.c.account_id == home_source.c.author_id,
            inner.c.arrived > home_source.c.since,
            _window(inner.c.post_id),
            or_(inner.c.boost_of_id.is_(None), and_(inner.c.boost_author_id != me, wants_boosts)),
            _shown(inner, pulled=True),
            languages.readable(inner),
        )
        .order_by(inner.c.post_id.asc() if ascending else inner.c.post_id.desc())
        .limit(limit)
        .correlate(home_source)
    )
    return (
        select(pulled_post.c.post_id)
        .select_from(home_source)
        .join(
            pulled_post,
            and_(
                pulled_post.c.account_id == home_source.c.author_id, pulled_post.c.post_id.in_(few)
            ),
        )
        .where(home_source.c.account_id == me)
    )


_has_sources = exists(select(_one).where(home_source.c.account_id == me))


def _home(*, ascending: bool) -> CompoundSelect[int]:
    """For whom nobody is looked up; for others nothing but ``LOOKED_UP``."""
    written = _written(ascending=ascending, pulled=False).where(~_has_sources).subquery()
    others = select(literal_column(str(LOOKED_UP), BigInteger)).where(_has_sources)
    return union_all(select(written.c.post_id), others)


def _both(*, ascending: bool) -> Select[tuple[int]]:
    written = _written(ascending=ascending, pulled=True).subquery()
    found = union(select(written.c.post_id), _looked_up(ascending=ascending)).subquery()
    last = found.c.post_id.asc() if ascending else found.c.post_id.desc()
    return select(found.c.post_id).order_by(last).limit(limit)


def _readers_looked_up() -> Select[tuple[int, int]]:
    wants_boosts = exists(
        select(_one).where(
            follow.c.account_id == me,
            follow.c.target_id == pulled_post.c.account_id,
            follow.c.show_boosts,
        )
    )
    found = (
        select(pulled_post.c.post_id, home_source.c.account_id)
        .join(home_source, home_source.c.author_id == pulled_post.c.account_id)
        .where(
            any_of(pulled_post.c.post_id, "posts"),
            any_of(home_source.c.account_id, "among"),
            pulled_post.c.arrived > home_source.c.since,
            or_(
                pulled_post.c.boost_of_id.is_(None),
                and_(pulled_post.c.boost_author_id != me, wants_boosts),
            ),
            _shown(pulled_post, pulled=True),
            languages.readable(pulled_post),
        )
    )
    return rebind(found, "me", home_source.c.account_id)


# Who of ``among`` finds which of ``posts``: the same conditions as those of reading.
READERS = Statement(
    lambda: rebind(
        select(home_entry.c.post_id, home_entry.c.account_id).where(
            any_of(home_entry.c.post_id, "posts"),
            any_of(home_entry.c.account_id, "among"),
            _shown(home_entry, pulled=True),
        ),
        "me",
        home_entry.c.account_id,
    )
)
READERS_LOOKED_UP = Statement(_readers_looked_up)

HOME = {ascending: Statement(partial(_home, ascending=ascending)) for ascending in (False, True)}
HOME_PULLED = {
    ascending: Statement(partial(_both, ascending=ascending)) for ascending in (False, True)
}
