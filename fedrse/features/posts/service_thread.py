"""Threads: what stands above and below a post, for a viewer."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from threading import Lock
from time import monotonic_ns

from msgspec import Struct
from msgspec.json import Decoder

from fedrse.core.errors import NotFound
from fedrse.core.json_pieces import json_lists, list_of_pieces
from fedrse.core.ports import Protocol
from fedrse.features.posts import queries_lists
from fedrse.features.posts.model import Post
from fedrse.features.posts.model_events import PostDeleted, PostPublished
from fedrse.features.posts.service_access import Access
from fedrse.features.posts.service_bodies import Bodies
from fedrse.features.posts.service_entities import Entities
from fedrse.store.database import Row, Transaction
from fedrse.store.events import Events

MOST_POSTS = 4000  # of one thread that are looked at
MOST_ANCESTORS = 200
MOST_DESCENDANTS = 1000
MOST_TREES = 256  # of which the order is remembered
LARGEST_TREE = 500  # posts of one of them
_BELIEVED = 5_000_000_000  # nanoseconds


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


class Tree(Struct):
    """The order of a thread around a post, the row that it was read from, and when."""

    row: tuple[str | None, ...]
    ancestors: list[int]
    descendants: list[int]
    snapshot: int | None = None


_decode = Decoder(list[int]).decode


class Threads:
    """Reads threads; the order of those that are read often is remembered."""

    def __init__(self, *, statuses: Entities, access: Access) -> None:
        self._statuses = statuses
        self._access = access
        self._trees: OrderedDict[int, Tree] = OrderedDict()
        self._bodies = Bodies()
        self._moved_at = 0
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
        usual = self._statuses.is_usual(page, together)
        known = self._bodies.get(start.id, together, tree) if usual else None
        if known is not None:
            return start, known
        parts = {"ancestors": tree.ancestors, "descendants": tree.descendants}
        written = self._statuses.written
        body = json_lists(
            {name: list_of_pieces(written(page, together, ids)) for name, ids in parts.items()}
        )
        if usual:
            self._bodies.put(body, start.id, together, tree)
        return start, body

    def listen(self, events: Events) -> None:
        """Hears when threads may look otherwise."""
        events.subscribe(PostPublished, self._moves)
        events.subscribe(PostDeleted, self._moves)

    async def _moves(self, tx: Transaction, _event: PostPublished | PostDeleted) -> None:
        tx.after_commit(self._has_moved)

    def _has_moved(self) -> None:
        self._moved_at = monotonic_ns()

    def _is_as_read(self, tx: Transaction, known: Tree) -> bool:
        """Whether no post has come or gone since this order was read, a moment ago.

        A database of several processes is asked, and so is any one after a while: a command may
        have changed something.
        """
        if tx.dialect != "sqlite" or tx.snapshot is None or known.snapshot is None:
            return False
        return self._moved_at < known.snapshot and monotonic_ns() - known.snapshot < _BELIEVED

    async def _tree(self, tx: Transaction, post: Start) -> Tree:
        last = self._trees.get(post.id)
        if last is not None and self._is_as_read(tx, last):
            return last
        found = await tx.one(queries_lists.THREAD, thread=post.thread_id, limit=MOST_POSTS)
        row = tuple(found or ())
        known = self._trees.get(post.id)
        if known is not None and known.row == row:
            if tx.snapshot is not None:
                known.snapshot = max(known.snapshot or 0, tx.snapshot)
            return known
        tree = _tree(row, post)
        tree.snapshot = tx.snapshot
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
