"""Threads: what stands above and below a post, for a viewer."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from threading import Lock
from typing import Protocol

from msgspec import Struct
from msgspec.json import Decoder

from fedrse.core.errors import NotFound
from fedrse.features.posts import queries_lists
from fedrse.features.posts.model import Post
from fedrse.features.posts.service_access import Access
from fedrse.features.posts.service_entities import Entities
from fedrse.store.database import Row, Transaction

MOST_POSTS = 4000  # of one thread that are looked at
MOST_ANCESTORS = 200
MOST_DESCENDANTS = 1000
MOST_TREES = 256  # of which the order is remembered
LARGEST_TREE = 500  # posts of one of them


class Thread(Struct, frozen=True):
    """Ids around a post: ancestors from the root down, descendants in reading order.

    ``entities`` are their Mastodon ``Status`` JSON for the viewer.
    """

    ancestors: list[int]
    descendants: list[int]
    entities: dict[int, bytes]


class Start(Protocol):
    """The post around which a thread is looked at: a ``Post`` or a ``Fragment``."""

    @property
    def id(self) -> int: ...

    @property
    def account_id(self) -> int: ...

    @property
    def thread_id(self) -> int: ...

    @property
    def reply_to_id(self) -> int | None: ...

    @property
    def local(self) -> bool: ...


Place = tuple[int, int, int]
"""A post in its thread: its id, that of its parent (0: none), and its author."""


class Tree(Struct, frozen=True):
    """The order of a thread around a post, and the row that it was read from."""

    row: tuple[str | None, ...]
    ancestors: list[int]
    descendants: list[int]


_decode = Decoder(list[int]).decode


class Threads:
    """Reads threads; the order of those that are read often is remembered."""

    def __init__(self, *, statuses: Entities, access: Access) -> None:
        self._statuses = statuses
        self._access = access
        self._trees: OrderedDict[int, Tree] = OrderedDict()
        self._lock = Lock()

    async def of(self, tx: Transaction, viewer_id: int | None, post: Post) -> Thread:
        """What a viewer may read of a thread; hidden posts in between are left out.

        So is what people wrote whom the viewer mutes or blocks. Replies that refer to each other
        in a circle are walked once.
        """
        tree = await self._tree(tx, post)
        around = [*tree.ancestors, *tree.descendants]
        shown = await self._statuses.entities_by_id(tx, around, viewer_id, wanted_only=True)
        return Thread(
            [one for one in tree.ancestors if one in shown],
            [one for one in tree.descendants if one in shown],
            shown,
        )

    async def context(
        self, tx: Transaction, viewer_id: int | None, post_id: int
    ) -> tuple[Start, bytes]:
        """The same as the Mastodon ``Context``, with the post. Raises NotFound, Unauthenticated.

        Whether the viewer may see an open post is asked together with the answers to it.
        """
        start: Start | None = None
        if viewer_id is not None:
            start = await self._statuses.open_fragment(tx, post_id)
        checked = start is None
        if start is None:
            start = await self._access.access_original(tx, viewer_id, post_id)
        tree = await self._tree(tx, start)
        around = [start.id, *tree.ancestors, *tree.descendants]
        page, together = await self._statuses.gather(tx, around, viewer_id, wanted_only=True)
        if not checked and not self._statuses.is_shown(page, start.id):
            raise NotFound
        written = self._statuses.written
        pieces = [b'{"ancestors":[', *written(page, together, tree.ancestors)]
        pieces += [b'],"descendants":[', *written(page, together, tree.descendants), b"]}"]
        return start, b"".join(pieces)

    async def _tree(self, tx: Transaction, post: Start) -> Tree:
        found = await tx.one(queries_lists.THREAD, thread=post.thread_id, limit=MOST_POSTS)
        row = tuple(found or ())
        known = self._trees.get(post.id)
        if known is not None and known.row == row:
            return known
        tree = _tree(row, post)
        if len(tree.ancestors) + len(tree.descendants) > LARGEST_TREE:
            return tree
        with self._lock:
            self._trees[post.id] = tree
            self._trees.move_to_end(post.id)
            if len(self._trees) > MOST_TREES:
                self._trees.popitem(last=False)
        return tree


def _tree(row: Row, post: Start) -> Tree:
    lists = [_decode(text or "[]") for text in row]
    places = list(zip(*lists, strict=True))
    ancestors = _ancestors({place[0]: place for place in places}, post) if post.reply_to_id else []
    above = {post.id, *(place[0] for place in ancestors)}
    descendants = _descendants(places, post, above)[:MOST_DESCENDANTS]
    return Tree(row, _ids(reversed(ancestors)), _ids(descendants))


def _ids(places: Iterable[Place]) -> list[int]:
    return [place[0] for place in places]


def _ancestors(by_id: dict[int, Place], post: Start) -> list[Place]:
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


def _descendants(places: list[Place], post: Start, above: set[int]) -> list[Place]:
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
