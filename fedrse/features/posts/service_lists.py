"""Lists of posts for viewers: profiles, bookmarks, who shared, quotes, collections."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from fedrse.core.paging import Page
from fedrse.features.posts import queries_lists
from fedrse.features.posts.model import Audience
from fedrse.features.posts.queries import NEWEST
from fedrse.store.database import Row, Transaction

WIDE = (Audience.PUBLIC, Audience.NETWORK)
MOST_PINNED = 20


class ProfileFilter(Struct, frozen=True, kw_only=True):
    """Which posts of an account are asked for; ``tagged`` is a case-folded tag."""

    only_media: bool = False
    exclude_replies: bool = False
    exclude_boosts: bool = False
    tagged: str | None = None


class Entry(Struct, frozen=True):
    """An item of a list that is paged by an id of its own."""

    id: int
    value: int


async def of_account(
    tx: Transaction,
    viewer: int | None,
    author: int,
    page: Page,
    wanted: ProfileFilter,
) -> list[int]:
    """Ids of an account's posts and boosts that the viewer may read, newest first.

    Visitors get local public posts, without replies.
    """
    statement = queries_lists.of_account(
        only_media=wanted.only_media,
        exclude_replies=wanted.exclude_replies,
        exclude_boosts=wanted.exclude_boosts,
        tagged=wanted.tagged is not None,
        ascending=page.ascending,
        visitors=viewer is None,
    )
    ids = await tx.ids(
        statement,
        author=author,
        me=viewer or 0,
        tag_name=wanted.tagged or "",
        **window(page),
    )
    ids.sort(reverse=True)
    return ids


async def published(
    tx: Transaction, authors: Sequence[int], *, after: int, before: int, most: int
) -> list[Entry]:
    """What people of this site wrote for everybody between two ids: (post, author), oldest first.

    Neither answers nor boosts, nor what is kept off the public lists.
    """
    rows = await tx.all(
        queries_lists.PUBLISHED, authors=list(authors), max_id=before, since_id=after, limit=most
    )
    return [Entry(row.id, row.account_id) for row in rows]


async def pinned(tx: Transaction, viewer: int | None, author: int) -> list[int]:
    """Ids of an account's pinned posts that the viewer (None: a visitor) may read."""
    statement = queries_lists.PINNED_FOR_VISITORS if viewer is None else queries_lists.PINNED
    rows = await tx.all(statement, author=author, me=viewer or 0, limit=MOST_PINNED)
    return [row[0] for row in rows]


async def bookmarks(tx: Transaction, viewer: int, page: Page) -> list[Entry]:
    """The viewer's bookmarks: (bookmark, post), newest first."""
    rows = await tx.all(queries_lists.BOOKMARKS[page.ascending], me=viewer, **window(page))
    return entries(rows, page)


async def boosters(tx: Transaction, viewer: int | None, post_id: int, page: Page) -> list[Entry]:
    """Who shared a post: (boost, account), newest first."""
    rows = await tx.all(
        queries_lists.BOOSTERS[page.ascending], key=post_id, me=viewer or 0, **window(page)
    )
    return entries(rows, page)


async def quotes(tx: Transaction, viewer: int, post_id: int, page: Page) -> list[int]:
    """Ids of accepted quotes of a post that the viewer may read, newest first."""
    rows = await tx.all(
        queries_lists.QUOTES[page.ascending], key=post_id, me=viewer, **window(page)
    )
    return _newest_first([row[0] for row in rows], page)


def window(page: Page) -> dict[str, int]:
    """The bounds of a page as parameters."""
    return {
        "max_id": NEWEST if page.max_id is None else page.max_id,
        "since_id": page.after or 0,
        "limit": page.limit,
    }


def entries(rows: Sequence[Row], page: Page) -> list[Entry]:
    """Rows (id, value) as entries, newest first."""
    found = [Entry(row[0], row[1]) for row in rows]
    return found[::-1] if page.ascending else found


def _newest_first(ids: list[int], page: Page) -> list[int]:
    return ids[::-1] if page.ascending else ids
