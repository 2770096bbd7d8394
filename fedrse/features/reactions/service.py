"""Likes and reactions: one per person, post and kind, whoever's site it is.

The only writer of ``reaction``. The author's site is told; it tells the others the new total.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.outbox import Outbox, Recipients
from fedrse.activitypub.vocabulary import Json
from fedrse.core.clock import Clock
from fedrse.core.ids import IdMaker
from fedrse.core.paging import Page
from fedrse.core.ports import Protocol
from fedrse.features.accounts.model import Account
from fedrse.features.posts.model import Post
from fedrse.features.reactions import queries
from fedrse.features.reactions.model import (
    KINDS,
    LIKE,
    NAMES,
    Reaction,
    ReactionTotals,
    read_told,
)
from fedrse.features.reactions.model_events import Reacted, Unreacted
from fedrse.store.database import Transaction
from fedrse.store.events import Events

NEWEST = 1 << 62
FORGOTTEN_AT_ONCE = 100


class LikeCounter(Protocol):
    """Keeps the counters of posts; implemented by the feature ``posts``."""

    async def count(
        self, tx: Transaction, post: Post, *, by_local: bool, likes: int = 0
    ) -> None: ...


class PostsById(Protocol):
    """Implemented by the feature ``posts``."""

    async def by_id(self, tx: Transaction, post_id: int) -> Post | None: ...


class Reactions:
    """Adds, removes and lists reactions. Callers have proved that the post may be seen."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdMaker,
        local_ids: LocalIds,
        outbox: Outbox,
        events: Events,
        counter: LikeCounter,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._local_ids = local_ids
        self._outbox = outbox
        self._events = events
        self._counter = counter

    async def add(
        self,
        tx: Transaction,
        who: Account,
        post: Post,
        author: Account,
        *,
        content: str = LIKE,
        emoji: Json | None = None,
        uri: str | None = None,
    ) -> bool:
        """Adds a reaction; False if it is there already. ``uri``: the id of a received one."""
        identifier = self._ids.new()
        own_uri = uri or self._local_ids.uri("reaction", identifier)
        added = await tx.value(
            queries.ADD,
            id=identifier,
            account_id=who.id,
            post_id=post.id,
            content=content,
            emoji=None if emoji is None else msgspec.json.encode(emoji).decode(),
            uri=own_uri,
            created_at=self._clock.now(),
        )
        if added is None:
            return False
        await self._counter.count(tx, post, by_local=who.local, likes=1)
        await self._events.publish(tx, Reacted(who.id, post.id, post.account_id, content))
        if who.local and not author.local:
            await self._send(tx, self.document(own_uri, who, post, content, emoji), who, author)
        return True

    async def remove(
        self, tx: Transaction, who: Account, post: Post, author: Account, *, content: str = LIKE
    ) -> bool:
        """Takes a reaction back; False if there was none."""
        row = await tx.one(queries.OF_PAIR, who=who.id, what=post.id, of_content=content)
        if row is None:
            return False
        await self._drop(tx, Reaction(*row), post, by_local=who.local)
        if who.local and not author.local:
            undo = {
                "id": f"{row.uri}#undo",
                "type": "Undo",
                "actor": who.uri,
                "object": self.document(row.uri, who, post, content, None),
            }
            await self._send(tx, undo, who, author)
            await self._remind(tx, who, post, author)
        return True

    async def _remind(self, tx: Transaction, who: Account, post: Post, author: Account) -> None:
        """What remains is sent again: software with one like per person has just taken it back."""
        row = await tx.one(queries.REST_OF_PAIR, who=who.id, what=post.id)
        if row is not None:
            rest = Reaction(*row)
            emoji = None if rest.emoji is None else msgspec.json.decode(rest.emoji)
            document = self.document(rest.uri, who, post, rest.content, emoji)
            await self._send(tx, document, who, author)

    async def receive_undo(
        self, tx: Transaction, reaction: Reaction, who: Account, post: Post
    ) -> None:
        """Somebody of another site takes a reaction back."""
        await self._drop(tx, reaction, post, by_local=who.local)

    async def forget_some(
        self, tx: Transaction, account_id: int, posts: PostsById, *, by_local: bool
    ) -> bool:
        """Takes back some reactions of somebody who is gone; True if there may be more.

        Other sites know from the deletion of the account itself.
        """
        rows = await tx.all(queries.SOME_OF, who=account_id, limit=FORGOTTEN_AT_ONCE)
        for reaction in (Reaction(*row) for row in rows):
            post = await posts.by_id(tx, reaction.post_id)
            if post is not None:
                await self._drop(tx, reaction, post, by_local=by_local)
        return len(rows) == FORGOTTEN_AT_ONCE

    async def _drop(
        self, tx: Transaction, reaction: Reaction, post: Post, *, by_local: bool
    ) -> None:
        await tx.run(queries.REMOVE, what=reaction.id, who=reaction.account_id)
        await self._counter.count(tx, post, by_local=by_local, likes=-1)
        await self._events.publish(
            tx, Unreacted(reaction.account_id, post.id, post.account_id, reaction.content)
        )

    async def _send(self, tx: Transaction, activity: Json, by: Account, to: Account) -> None:
        activity["to"] = to.uri
        await self._outbox.enqueue(
            tx, activity, sender=by.id, recipients=Recipients(accounts=(to.id,))
        )

    def document(
        self, uri: str, who: Account, post: Post, content: str, emoji: Json | None
    ) -> Json:
        """A ``Like``, with ``content`` for anything but a plain one (FEP-c0e0)."""
        activity: Json = {"id": uri, "type": "Like", "actor": who.uri, "object": post.uri}
        if content != LIKE:
            activity |= {"content": content, "_misskey_reaction": content}
        if emoji is not None:
            icon = {"type": "Image", "url": emoji["url"]}
            activity["tag"] = [{"type": "Emoji", "name": content, "icon": icon}]
        return activity

    # Reading

    async def by_uri(self, tx: Transaction, uri: str) -> Reaction | None:
        """The reaction whose activity has this id."""
        row = await tx.one(queries.BY_URI, address=uri)
        return None if row is None else Reaction(*row)

    async def by_id(self, tx: Transaction, reaction_id: int) -> Reaction | None:
        """A reaction by its row."""
        row = await tx.one(queries.BY_ID, what=reaction_id)
        return None if row is None else Reaction(*row)

    async def of_pair(
        self, tx: Transaction, who: int, post_id: int, content: str
    ) -> Reaction | None:
        """Somebody's reaction with this content."""
        row = await tx.one(queries.OF_PAIR, who=who, what=post_id, of_content=content)
        return None if row is None else Reaction(*row)

    async def liked(self, tx: Transaction, viewer: int, post_ids: Iterable[int]) -> set[int]:
        """Which of these posts the viewer likes; one query."""
        return {row[0] for row in await tx.all(queries.LIKED, who=viewer, ids=list(post_ids))}

    async def totals(self, tx: Transaction, post_id: int) -> ReactionTotals:
        """How many reactions come from which host; what the author's site publishes."""
        rows: list[Any] = await tx.all(queries.BY_HOST, what=post_id)
        by_host: dict[str, int] = {}
        by_content: dict[str, dict[str, int]] = {}
        for row in rows:
            by_host[row.host] = by_host.get(row.host, 0) + row.count
            if row.content in NAMES:
                by_content.setdefault(row.content, {})[row.host] = row.count
        return ReactionTotals(by_host, by_content)

    async def take_told(
        self, tx: Transaction, post_id: int, collection: Any, own_host: str
    ) -> bool:
        """Remembers what ``likes`` of a post of another site tells about the kinds."""
        told = read_told(collection, own_host)
        rows = await tx.all(queries.TOLD, what=post_id)
        if told == {row[0]: row[1] for row in rows}:
            return False
        await tx.run(queries.FORGET_TOLD, what=post_id)
        for content, count in told.items():
            await tx.run(queries.TELL, post_id=post_id, content=content, count=count)
        return True

    async def render_kinds(self, tx: Transaction, post_ids: Sequence[int]) -> dict[int, bytes]:
        """The attribute ``reactions`` of statuses: the kinds that somebody has used."""
        found: dict[int, dict[str, int]] = {}
        for post_id, content, count in await tx.all(queries.OF_KINDS, ids=list(post_ids)):
            counts = found.setdefault(post_id, {})
            counts[content] = counts.get(content, 0) + int(count)
        return {
            post_id: msgspec.json.encode(
                [
                    {"name": name, "content": content, "count": counts[content]}
                    for name, content in KINDS.items()
                    if counts.get(content)
                ]
            )
            for post_id, counts in found.items()
        }

    async def of_post(
        self, tx: Transaction, post_id: int, *, before: int | None, most: int
    ) -> list[tuple[int, int, str]]:
        """Triples (reaction id, account id, content), newest first."""
        rows = await tx.all(
            queries.OF_POST, what=post_id, max_id=NEWEST if before is None else before, limit=most
        )
        return [(row[0], row[1], row[2]) for row in rows]

    async def hosts(self, tx: Transaction, post_id: int) -> list[str]:
        """Sites with a copy of the post because somebody there reacted."""
        return [row[0] for row in await tx.all(queries.HOSTS, what=post_id)]

    async def likers(self, tx: Transaction, post_id: int, page: Page) -> list[tuple[int, int]]:
        """Pairs (reaction id, account id), newest first."""
        rows = await tx.all(queries.LIKERS[page.ascending], what=post_id, **_window(page))
        return _pairs(rows, page)

    async def liked_by(self, tx: Transaction, who: int, page: Page) -> list[tuple[int, int]]:
        """Pairs (reaction id, post id), newest first."""
        rows = await tx.all(queries.LIKED_BY[page.ascending], who=who, **_window(page))
        return _pairs(rows, page)


def _window(page: Page) -> dict[str, int]:
    return {
        "max_id": NEWEST if page.max_id is None else page.max_id,
        "since_id": page.after or 0,
        "limit": page.limit,
    }


def _pairs(rows: list[Any], page: Page) -> list[tuple[int, int]]:
    found = [(row[0], row[1]) for row in rows]
    return found[::-1] if page.ascending else found
