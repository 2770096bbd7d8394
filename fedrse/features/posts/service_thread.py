"""Threads: what stands above and below a post, for a viewer."""

from __future__ import annotations

from collections import defaultdict

from msgspec import Struct

from fedrse.features.posts import queries_lists
from fedrse.features.posts.model import Audience, Post
from fedrse.store.database import Row, Transaction

MOST_POSTS = 4000  # of one thread that are looked at
MOST_ANCESTORS = 200
MOST_DESCENDANTS = 1000


class Thread(Struct, frozen=True):
    """Ids around a post: ancestors from the root down, descendants in reading order."""

    ancestors: list[int]
    descendants: list[int]


async def thread_of(tx: Transaction, viewer_id: int | None, post: Post) -> Thread:
    """What a viewer may read of a thread; hidden posts in between are left out.

    Replies that refer to each other in a circle are walked once.
    """
    rows = await tx.all(
        queries_lists.THREAD, thread=post.thread_id, me=viewer_id or 0, limit=MOST_POSTS
    )
    by_id: dict[int, Row] = {row.id: row for row in rows}
    children: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        if row.reply_to_id is not None:
            children[row.reply_to_id].append(row)
    ancestors = _ancestors(by_id, post)
    descendants = _descendants(children, post, {*ancestors, post.id})
    if viewer_id is None:
        shown = {row.id for row in rows if row.local and row.audience == Audience.PUBLIC}
    else:
        shown = {row.id for row in rows if row.visible}
    return Thread(
        [one for one in reversed(ancestors) if one in shown],
        [one for one in descendants if one in shown][:MOST_DESCENDANTS],
    )


def _ancestors(by_id: dict[int, Row], post: Post) -> list[int]:
    """From the parent up."""
    found: list[int] = []
    seen = {post.id}
    current = post.reply_to_id
    while current is not None and current not in seen and len(found) < MOST_ANCESTORS:
        row = by_id.get(current)
        if row is None:
            break
        seen.add(current)
        found.append(current)
        current = row.reply_to_id
    return found


def _descendants(children: dict[int, list[Row]], post: Post, seen: set[int]) -> list[int]:
    """Each reply before its own replies; at each place those of its author first, then by time."""
    found: list[int] = []
    seen = set(seen)
    stack = _in_order(children, post.id, post.account_id)
    while stack:
        row = stack.pop()
        if row.id in seen:
            continue
        seen.add(row.id)
        found.append(row.id)
        stack += _in_order(children, row.id, row.account_id)
    return found


def _in_order(children: dict[int, list[Row]], parent: int, author: int) -> list[Row]:
    """The replies to a post, the one to read first at the end."""
    replies = children.get(parent, [])
    return sorted(replies, key=lambda row: (row.account_id != author, row.id), reverse=True)
