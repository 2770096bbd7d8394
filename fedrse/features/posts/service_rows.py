"""What stands around a post in the database: people, tags, its place in a thread.

Shared by all services that write posts; knows nothing of delivery.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from fedrse.core.clock import DAY, Clock
from fedrse.core.ids import IdMaker
from fedrse.features.media.service import MediaLibrary
from fedrse.features.posts import queries
from fedrse.features.posts.model import (
    QUESTION,
    TOMBSTONE_LIFE_DAYS,
    Audience,
    Hashtag,
    MentionedPerson,
    Post,
)
from fedrse.features.posts.service_counters import Counters
from fedrse.features.posts.service_documents import NoteParts
from fedrse.features.posts.service_ports import People, PollParts
from fedrse.store.database import Transaction

_UNHEARD = "objects nobody has heard of"
Joins = Callable[[Transaction, Post, int, Audience], Awaitable[bool]]
"""Whether an answer by an account, with an audience, may stand below a post."""


class Rows:
    """Reads and writes the dependents of posts."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdMaker,
        people: People,
        media: MediaLibrary,
        counters: Counters,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._people = people
        self._media = media
        self._counters = counters
        self.polls: PollParts | None = None

    # People

    async def people_of(
        self, tx: Transaction, post_ids: Sequence[int]
    ) -> dict[int, list[MentionedPerson]]:
        """Everybody a post names or is addressed to, in order."""
        found: defaultdict[int, list[MentionedPerson]] = defaultdict(list)
        for row in await tx.all(queries.MENTIONS, ids=list(post_ids)):
            found[row[0]].append(MentionedPerson(*row[1:]))
        return dict(found)

    async def add_people(
        self, tx: Transaction, post_id: int, people: Iterable[MentionedPerson]
    ) -> None:
        """Records who is addressed; people already recorded stay as they are."""
        rows = [
            {
                "post_id": post_id,
                "account_id": person.account_id,
                "position": position,
                "silent": person.silent,
                "reached": person.reached,
            }
            for position, person in enumerate(people)
        ]
        if rows:
            await tx.many(queries.ADD_MENTION, rows)

    # Tags

    async def tags_of(self, tx: Transaction, post_ids: Sequence[int]) -> dict[int, list[Hashtag]]:
        """Tags by post."""
        found: defaultdict[int, list[Hashtag]] = defaultdict(list)
        for row in await tx.all(queries.TAGS, ids=list(post_ids)):
            found[row[0]].append(Hashtag(row.name, row.display))
        return dict(found)

    async def add_tags(self, tx: Transaction, post_id: int, tags: Sequence[Hashtag]) -> None:
        """Tags a post; tags that are new here are made."""
        if not tags:
            return
        names = sorted({tag.name: tag for tag in tags}.values(), key=lambda tag: tag.name)
        await tx.many(
            queries.ADD_TAG,
            [{"id": self._ids.new(), "name": tag.name, "display": tag.display} for tag in names],
        )
        known = await tx.all(queries.TAG_IDS, names=[tag.name for tag in names])
        await tx.many(
            queries.ADD_POST_TAG, [{"tag_id": row.id, "post_id": post_id} for row in known]
        )

    async def replace_tags(self, tx: Transaction, post_id: int, tags: Sequence[Hashtag]) -> None:
        """Tags a post anew."""
        await tx.run(queries.REMOVE_TAGS, key=post_id)
        await self.add_tags(tx, post_id, tags)

    # Threads

    async def adopt(self, tx: Transaction, posts: Sequence[Post], joins: Joins) -> None:
        """Links replies that arrived before these posts, if they may stand below them."""
        parents = {post.uri: post for post in posts}
        moved: dict[int, int] = {}  # threads that went into others meanwhile
        for reply in await tx.all(queries.WAITING, addresses=list(parents)):
            post = parents[reply.reply_to_uri]
            if reply.id == post.id or not await joins(
                tx, post, reply.account_id, Audience(reply.audience)
            ):
                continue
            await tx.run(queries.LINK, key=reply.id, parent=post.id, parent_author=post.account_id)
            old, new = _now_in(moved, reply.thread_id), _now_in(moved, post.thread_id)
            if old != new:
                await self._join_threads(tx, old, new)
                moved[old] = new
            await self._counters.count_reply(
                tx,
                post,
                audience=reply.audience,
                author_id=reply.account_id,
                by_local=reply.local,
            )
            self._counters.changed(tx, reply.id)

    async def _join_threads(self, tx: Transaction, old: int, new: int) -> None:
        await tx.run(queries.MOVE_THREAD_MUTES, old_thread=old, new_thread=new)
        moved = await tx.all(queries.MOVE_THREAD, old_thread=old, new_thread=new)
        # Each says in which thread it stands, where its thread is looked for.
        self._counters.changed(tx, *(row.id for row in moved))

    # Everything for a document

    async def note_parts(self, tx: Transaction, post: Post, *, totals: bool) -> NoteParts:
        """What the document of a local post shows; ``totals``: with numbers by host."""
        author = await self._people.by_id(tx, post.account_id)
        assert author is not None  # noqa: S101  (a foreign key)
        parent = None
        if post.reply_to_id is not None:
            parent = await tx.value(queries.URI_OF, key=post.reply_to_id)
        poll = None
        if self.polls is not None and post.kind == QUESTION:
            poll = await self.polls.document(tx, post.id)
        return NoteParts(
            author=author,
            people=(await self.people_of(tx, [post.id])).get(post.id, []),
            tags=(await self.tags_of(tx, [post.id])).get(post.id, []),
            media=(await self._media.of_posts(tx, [post.id])).get(post.id, []),
            parent_uri=parent or post.reply_to_uri,
            poll=poll,
            totals=await self._counters.totals(tx, post) if totals else None,
        )

    # Tombstones

    async def bury(
        self, tx: Transaction, uri: str, actor: str, days: int = TOMBSTONE_LIFE_DAYS
    ) -> None:
        """Remembers a deletion: a late Create of this id by this actor is dropped."""
        now = self._clock.now()
        tx.known.pop(_UNHEARD, None)
        await tx.run(
            queries.ADD_TOMBSTONE, uri=uri, actor=actor, deleted_at=now, expires_at=now + days * DAY
        )

    async def is_deleted(self, tx: Transaction, uri: str) -> bool:
        """Whether there was an object with this id, whoever wrote it."""
        return await tx.one(queries.GRAVE, address=uri) is not None

    async def is_heard_of(self, tx: Transaction, uri: str, actor: str) -> bool:
        """Whether there is, or was by this actor, an object with this id: seldom for what comes."""
        # Once: what asks is about to store it.
        if tx.known.get(_UNHEARD, {}).pop(uri, False):
            return False
        return await tx.value(queries.IS_HEARD_OF, address=uri, by=actor) is not None

    async def foresee(self, tx: Transaction, uris: set[str]) -> None:
        """Finds out at once which of many objects nobody has heard of, for ``is_heard_of``."""
        if not uris:
            return
        heard = {row[0] for row in await tx.all(queries.HEARD_OF, addresses=list(uris))}
        tx.known[_UNHEARD] = dict.fromkeys(uris - heard, True)

    async def is_buried(self, tx: Transaction, uri: str, actor: str) -> bool:
        """Whether this actor deleted the object with this id."""
        row = await tx.one(queries.TOMBSTONE, address=uri, by=actor)
        return row is not None and row.expires_at > self._clock.now()


def _now_in(moved: Mapping[int, int], thread_id: int) -> int:
    while thread_id in moved:
        thread_id = moved[thread_id]
    return thread_id
