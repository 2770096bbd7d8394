"""Counters of posts, and the word of the author's site about them.

The author's site is the authority. It tells totals in ``likes``, ``shares`` and ``replies`` of the
post's document, each with numbers by host; after a change the sites of the audience get one
``Update``, at most one per post in five seconds. A receiver takes away what came from itself and
shows the rest plus its own rows: exact whatever is still on its way. Sites that tell no numbers by
host are taken to have counted all of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fedrse.activitypub.vocabulary import Json, as_int
from fedrse.core.clock import SECOND, Clock
from fedrse.features.posts import queries, queries_totals
from fedrse.features.posts.model import Audience, Post
from fedrse.features.posts.model_rules import covers
from fedrse.features.posts.service_cache import Changes
from fedrse.features.posts.service_documents import Totals
from fedrse.features.posts.service_ports import OriginTotals, ToldKinds
from fedrse.jobs.queue import Queue
from fedrse.store.database import Transaction

TELL_TOTALS = "posts.tell_totals"
SPACING = 5 * SECOND


class Counters:
    """Counts replies, boosts, likes and quotes; plans to tell others."""

    def __init__(self, *, clock: Clock, queue: Queue, changes: Changes, own_host: str) -> None:
        self._clock = clock
        self._queue = queue
        self._changes = changes
        self._own_host = own_host
        self._likes: OriginTotals | None = None
        self._told: ToldKinds | None = None

    def count_likes_with(self, source: OriginTotals, told: ToldKinds) -> None:
        """Registers the feature that owns likes."""
        self._likes, self._told = source, told

    async def count(
        self,
        tx: Transaction,
        post: Post,
        *,
        by_local: bool,
        replies: int = 0,
        boosts: int = 0,
        likes: int = 0,
        quotes: int = 0,
    ) -> None:
        """Adds to the counters of a post; ``by_local``: somebody of this site did it."""
        if post.local or by_local:
            await tx.run(
                queries.COUNT,
                key=post.id,
                replies=replies,
                boosts=boosts,
                likes=likes,
                quotes=quotes,
            )
        else:
            # While its author's site tells nothing, what arrives here is the best that is known.
            await tx.run(
                queries.COUNT_ELSEWHERE, key=post.id, replies=replies, boosts=boosts, likes=likes
            )
        self.changed(tx, post.id)
        if post.local and (replies or boosts or likes):
            await self.plan_to_tell(tx, post)

    def changed(self, tx: Transaction, *post_ids: int) -> None:
        """Whatever clients see of these posts changed."""
        self._changes.forget(tx, *post_ids)

    async def count_reply(
        self,
        tx: Transaction,
        parent: Post,
        *,
        audience: str,
        author_id: int,
        by_local: bool,
        change: int = 1,
    ) -> None:
        """Counts a reply, if everybody who may read the parent may read it."""
        same = parent.account_id == author_id
        if covers(Audience(audience), Audience(parent.audience), same_author=same):
            await self.count(tx, parent, by_local=by_local, replies=change)

    async def count_quote(
        self, tx: Transaction, quoted: Post, quote: Post, *, change: int = 1
    ) -> None:
        """Counts a quote, if everybody who may read what it quotes may read it."""
        same = quoted.account_id == quote.account_id
        if covers(Audience(quote.audience), Audience(quoted.audience), same_author=same):
            await self.count(tx, quoted, by_local=quote.local, quotes=change)

    async def plan_to_tell(self, tx: Transaction, post: Post) -> None:
        """One job per post, not sooner than five seconds after the last time."""
        if post.audience == Audience.SITE:
            return
        due = max(self._clock.now(), (post.origin_counted_at or 0) + SPACING)
        await self._queue.enqueue(
            tx, TELL_TOTALS, {"post": post.id}, due_at=due, key=f"{TELL_TOTALS}:{post.id}"
        )

    async def totals(self, tx: Transaction, post: Post) -> Totals:
        """Interactions with a local post by host."""
        audience = Audience(post.audience)
        replies = await tx.all(
            queries_totals.REPLIES_BY_HOST,
            key=post.id,
            author=post.account_id,
            audiences=[one for one in Audience if covers(one, audience, same_author=False)],
            own_audiences=[one for one in Audience if covers(one, audience, same_author=True)],
        )
        boosts = await tx.all(queries_totals.BOOSTS_BY_HOST, key=post.id)
        likes = None if self._likes is None else await self._likes(tx, post.id)
        return Totals(
            {row.host: row.count for row in replies},
            {row.host: row.count for row in boosts},
            {} if likes is None else likes.by_host,
            {} if likes is None else likes.by_content,
        )

    async def apply(self, tx: Transaction, post: Post, document: Json) -> bool:
        """Takes what the author's site tells about a remote post; True if anything changed."""
        replies = _others(document.get("replies"), self._own_host, post.replies_count)
        boosts = _others(document.get("shares"), self._own_host, post.boosts_count)
        likes = _others(document.get("likes"), self._own_host, post.likes_count)
        if replies is None and boosts is None and likes is None:
            return False
        told = (
            post.origin_replies if replies is None else replies,
            post.origin_boosts if boosts is None else boosts,
            post.origin_likes if likes is None else likes,
        )
        await tx.run(
            queries_totals.SET_TOLD,
            key=post.id,
            told_replies=told[0],
            told_boosts=told[1],
            told_likes=told[2],
            told_at=self._clock.now(),
        )
        # Kinds can change while the number stays: an author's site that tells them always does.
        collection, changed = document.get("likes"), False
        tells = isinstance(collection, dict) and "byContent" in collection
        if self._told is not None and (tells or told[2] != (post.origin_likes or 0)):
            changed = await self._told(tx, post.id, collection, self._own_host)
        same = told == (post.origin_replies, post.origin_boosts, post.origin_likes)
        if same and not changed:
            return False
        self.changed(tx, post.id)
        return True


def _others(collection: Any, own_host: str, ours: int) -> int | None:
    """What a collection counts besides ours; None where it tells no total."""
    if not isinstance(collection, dict):
        return None
    total = as_int(collection.get("totalItems"))
    if total is None:
        return None
    by_host = collection.get("byHost")
    if isinstance(by_host, Mapping):
        counted = as_int(by_host.get(own_host)) or 0
    else:
        counted = min(ours, total)
    return max(total - counted, 0)
