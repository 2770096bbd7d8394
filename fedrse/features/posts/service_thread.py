"""Threads: what stands above and below a post, for a viewer."""

from __future__ import annotations

from collections import defaultdict

from msgspec import Struct
from msgspec.json import Decoder

from fedrse.features.posts import queries_lists
from fedrse.features.posts.model import Post
from fedrse.features.posts.service_entities import Entities
from fedrse.store.database import Transaction

MOST_POSTS = 4000  # of one thread that are looked at
MOST_ANCESTORS = 200
MOST_DESCENDANTS = 1000


class Thread(Struct, frozen=True):
    """Ids around a post: ancestors from the root down, descendants in reading order.

    ``entities`` are their Mastodon ``Status`` JSON for the viewer.
    """

    ancestors: list[int]
    descendants: list[int]
    entities: dict[int, bytes]


Place = tuple[int, int, int]
"""A post in its thread: its id, that of its parent (0: none), and its author."""

_decode = Decoder(list[int]).decode


async def thread_of(
    tx: Transaction, statuses: Entities, viewer_id: int | None, post: Post
) -> Thread:
    """What a viewer may read of a thread; hidden posts in between are left out.

    So is what people wrote whom the viewer mutes or blocks. Replies that refer to each other in a
    circle are walked once.
    """
    row = await tx.one(queries_lists.THREAD, thread=post.thread_id, limit=MOST_POSTS)
    lists = [_decode(text or "[]") for text in row or ()]
    places = list(zip(*lists, strict=True))
    ancestors = _ancestors({place[0]: place for place in places}, post) if post.reply_to_id else []
    above = {post.id, *(place[0] for place in ancestors)}
    descendants = _descendants(places, post, above)[:MOST_DESCENDANTS]
    around = [place[0] for places in (ancestors, descendants) for place in places]
    shown = await statuses.entities_by_id(tx, around, viewer_id, wanted_only=True)
    return Thread(
        [one for one, _, _ in reversed(ancestors) if one in shown],
        [one for one, _, _ in descendants if one in shown],
        shown,
    )


def _ancestors(by_id: dict[int, Place], post: Post) -> list[Place]:
    """From the parent up."""
    found: list[Place] = []
    seen = {post.id}
    current = post.reply_to_id
    while current and current not in seen and len(found) < MOST_ANCESTORS:
        place = by_id.get(current)
        if place is None:
            break
        seen.add(current)
        found.append(place)
        current = place[1]
    return found


def _descendants(places: list[Place], post: Post, above: set[int]) -> list[Place]:
    """Each reply before its own replies; at each place those of its author first, then by time."""
    children: defaultdict[int, list[Place]] = defaultdict(list)
    for place in reversed(places):
        children[place[1]].append(place)
    found: list[Place] = []
    stack = [*_in_order(children.pop(post.id, []), post.account_id)]
    while stack:
        place = stack.pop()
        identifier = place[0]
        if identifier in above:
            continue
        found.append(place)
        # Taken away, so that none comes twice.
        replies = children.pop(identifier, None)
        if replies is not None:
            stack += _in_order(replies, place[2])
    return found


def _in_order(replies: list[Place], author: int) -> list[Place]:
    """The replies to a post, the one to read first at the end; given with the newest first."""
    if len(replies) < 2:
        return replies
    own = [place for place in replies if place[2] == author]
    return [place for place in replies if place[2] != author] + own if own else replies
