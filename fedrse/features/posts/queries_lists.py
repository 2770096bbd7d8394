"""SQL of lists of posts: profiles, threads, bookmarks, who boosted, collections for other sites."""

from __future__ import annotations

from functools import lru_cache, partial

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    cast,
    exists,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.sql import visitors

from fedrse.features.accounts.service_joins import account
from fedrse.features.media.service_joins import media
from fedrse.features.posts.queries import blocks, key, me, number, one, visible_to, words
from fedrse.features.posts.tables import bookmark, pin, post, post_tag, tag
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement

_newest, _oldest, _limit = number("max_id"), number("since_id"), number("limit")
_author = number("author")


def _by_author(element: object, **_kw: object) -> ColumnElement[int] | None:
    return _author if element is post.c.account_id else None


# Where all posts have one author, what is between both people is asked once, not for each post.
_visible_of_author = visitors.replacement_traverse(visible_to(me), {}, _by_author)


def within(column: ColumnElement[int]) -> ColumnElement[bool]:
    """The page between ``since_id`` and ``max_id``."""
    return and_(column < _newest, column > _oldest)


def order(column: ColumnElement[int], *, ascending: bool) -> ColumnElement[int]:
    """The order in which a page is walked."""
    return column.asc() if ascending else column.desc()


# What visitors without a login see of a profile (rule 10).
_for_visitors = and_(
    post.c.local,
    post.c.audience == literal_column("'public'"),
    post.c.boost_of_id.is_(None),
    post.c.reply_to_id.is_(None),
)


@lru_cache(maxsize=64)
def of_account(
    *,
    only_media: bool,
    exclude_replies: bool,
    exclude_boosts: bool,
    tagged: bool,
    ascending: bool,
    visitors: bool = False,
) -> Statement:
    """Ids of an account's posts that ``me`` (or visitors) may read; ``tag_name`` if ``tagged``."""
    found = select(post.c.id).where(
        post.c.account_id == _author,
        within(post.c.id),
        _for_visitors if visitors else _visible_of_author,
    )
    if only_media:
        found = found.where(
            post.c.boost_of_id.is_(None),
            exists(select(one).where(media.c.post_id == post.c.id)),
        )
    if exclude_replies:
        found = found.where(
            or_(
                and_(post.c.reply_to_id.is_(None), post.c.reply_to_uri.is_(None)),
                post.c.reply_to_account_id == post.c.account_id,
            )
        )
    if exclude_boosts:
        found = found.where(post.c.boost_of_id.is_(None))
    if tagged:
        found = found.where(
            exists(
                select(one)
                .select_from(post_tag)
                .join(tag, tag.c.id == post_tag.c.tag_id)
                .where(post_tag.c.post_id == post.c.id, tag.c.name == words("tag_name"))
            )
        )
    return Statement(found.order_by(order(post.c.id, ascending=ascending)).limit(_limit))


# What people of this site wrote for everybody, apart from answers, in the order of time.
PUBLISHED = Statement(
    select(post.c.id, post.c.account_id)
    .where(
        any_of(post.c.account_id, "authors"),
        within(post.c.id),
        post.c.local,
        post.c.audience == literal_column("'public'"),
        post.c.listed,
        post.c.boost_of_id.is_(None),
        post.c.reply_to_id.is_(None),
        post.c.reply_to_uri.is_(None),
    )
    .order_by(post.c.id)
    .limit(_limit)
)


def _pinned(seen: ColumnElement[bool]) -> Select[tuple[int]]:
    return (
        select(post.c.id)
        .select_from(pin)
        .join(post, post.c.id == pin.c.post_id)
        .where(pin.c.account_id == _author, seen)
        .order_by(pin.c.created_at.desc(), pin.c.post_id.desc())
        .limit(_limit)
    )


PINNED = Statement(_pinned(_visible_of_author))
PINNED_FOR_VISITORS = Statement(partial(_pinned, _for_visitors))


def _bookmarks(*, ascending: bool) -> Statement:
    return Statement(
        select(bookmark.c.id, bookmark.c.post_id)
        .select_from(bookmark)
        .join(post, post.c.id == bookmark.c.post_id)
        .where(bookmark.c.account_id == me, within(bookmark.c.id), visible_to(me))
        .order_by(order(bookmark.c.id, ascending=ascending))
        .limit(_limit)
    )


BOOKMARKS = {ascending: _bookmarks(ascending=ascending) for ascending in (False, True)}


def _boosters(*, ascending: bool) -> Statement:
    return Statement(
        select(post.c.id, post.c.account_id)
        .select_from(post)
        .join(account, account.c.id == post.c.account_id)
        .where(
            post.c.boost_of_id == key,
            within(post.c.id),
            visible_to(me),
            account.c.suspended_at.is_(None),
            ~blocks(me, post.c.account_id),
        )
        .order_by(order(post.c.id, ascending=ascending))
        .limit(_limit)
    )


BOOSTERS = {ascending: _boosters(ascending=ascending) for ascending in (False, True)}


def _quotes(*, ascending: bool) -> Statement:
    return Statement(
        select(post.c.id)
        .where(
            post.c.quote_of_id == key,
            post.c.quote_state == "accepted",
            within(post.c.id),
            visible_to(me),
        )
        .order_by(order(post.c.id, ascending=ascending))
        .limit(_limit)
    )


QUOTES = {ascending: _quotes(ascending=ascending) for ascending in (False, True)}


def _thread() -> Statement:
    """A thread, by id: three JSON lists of ids, of parents (0: none), and of authors.

    One row, because each row is a moment at which another thread may take over.
    """
    found = (
        select(post.c.id, post.c.reply_to_id, post.c.account_id)
        .where(post.c.thread_id == number("thread"))
        .order_by(post.c.id)
        .limit(_limit)
        .subquery()
    )
    columns = (found.c.id, func.coalesce(found.c.reply_to_id, 0), found.c.account_id)
    return Statement(
        select(*("[" + func.aggregate_strings(cast(one, Text), ",") + "]" for one in columns))
    )


THREAD = _thread()

# Collections for other sites: ids of objects that a host may read

REPLIES = Statement(
    select(post.c.id, post.c.uri, post.c.local, post.c.audience)
    .where(post.c.reply_to_id == key, post.c.id > _oldest)
    .order_by(post.c.id)
    .limit(_limit)
)
OUTBOX = Statement(
    select(post.c.id)
    .where(
        post.c.account_id == number("author"),
        post.c.local,
        any_of(post.c.audience, "audiences"),
        post.c.id < _newest,
    )
    .order_by(post.c.id.desc())
    .limit(_limit)
)
OUTBOX_TOTAL = Statement(
    select(func.count())
    .select_from(post)
    .where(
        post.c.account_id == number("author"),
        post.c.local,
        any_of(post.c.audience, "audiences"),
    )
)
FEATURED = Statement(
    select(post.c.id, post.c.uri)
    .select_from(pin)
    .join(post, post.c.id == pin.c.post_id)
    .where(pin.c.account_id == number("author"), any_of(post.c.audience, "audiences"))
    .order_by(pin.c.created_at.desc())
    .limit(_limit)
)
CONTEXT = Statement(
    select(post.c.id, post.c.uri, post.c.local, post.c.audience, account.c.host)
    .select_from(post)
    .join(account, account.c.id == post.c.account_id)
    .where(post.c.thread_id == number("thread"), post.c.boost_of_id.is_(None), post.c.id > _oldest)
    .order_by(post.c.id)
    .limit(_limit)
)
