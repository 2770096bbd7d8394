"""Deletes posts, ours and remote ones, with everything that hangs on them."""

from __future__ import annotations

from fedrse.core.clock import Clock
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.model_events import AccountDeleted
from fedrse.features.media.service import MediaLibrary
from fedrse.features.posts import queries
from fedrse.features.posts.model import Audience, Post
from fedrse.features.posts.model_events import PostDeleted
from fedrse.features.posts.service_access import Access, post_of
from fedrse.features.posts.service_counters import Counters
from fedrse.features.posts.service_delivery import Delivery
from fedrse.features.posts.service_ports import People
from fedrse.features.posts.service_rows import Rows
from fedrse.jobs.queue import Queue
from fedrse.store.database import Transaction
from fedrse.store.events import Events

FORGET_AUTHOR = "posts.forget_author"
BATCH = 100  # posts of somebody deleted, in one transaction


class Remover:
    """Removes posts."""

    def __init__(
        self,
        *,
        clock: Clock,
        events: Events,
        people: People,
        media: MediaLibrary,
        access: Access,
        rows: Rows,
        counters: Counters,
        delivery: Delivery,
        queue: Queue,
    ) -> None:
        self._clock = clock
        self._events = events
        self._people = people
        self._media = media
        self._access = access
        self._rows = rows
        self._counters = counters
        self._delivery = delivery
        self._queue = queue
        events.subscribe(AccountDeleted, self._author_deleted)

    async def delete(
        self, tx: Transaction, author: Account, post_id: int, *, keep_media: bool = False
    ) -> Post:
        """Deletes a post of this person everywhere; returns what it was. Raises NotFound.

        ``keep_media``: its files can be used in another post for a day.
        """
        post = await self._access.access_own(tx, author.id, post_id)
        people = (await self._rows.people_of(tx, [post_id])).get(post_id, [])
        await self._delivery.send_delete(tx, post, author, people, self._clock.now())
        if post.audience != Audience.SITE:
            await self._rows.bury(tx, post.uri, author.uri)
        if keep_media:
            await self._media.release_of_post(tx, post.id)
        await self.remove(tx, post)
        return post

    async def remove(self, tx: Transaction, post: Post) -> None:
        """Takes a post out of the database: boosts and files go too, replies stay."""
        boosts = [post_of(row) for row in await tx.all(queries.BOOSTS_OF, key=post.id)]
        for boost in boosts:
            await self._tell(tx, boost)
            await self._people.count_posts(tx, boost.account_id, -1)
        await self._tell(tx, post)
        await self._uncount(tx, post)
        await self._media.remove_of_post(tx, post.id)
        replies = [row.id for row in await tx.all(queries.REPLIES_TO, key=post.id)]
        quotes = [row.id for row in await tx.all(queries.QUOTES_OF, key=post.id)]
        await tx.run(queries.UNLINK_REPLIES, key=post.id)
        await tx.run(queries.UNLINK_QUOTES, key=post.id)
        await tx.run(queries.REMOVE, key=post.id, me=post.account_id)
        gone = [post.id, *(boost.id for boost in boosts)]
        self._counters.changed(tx, *gone, *replies, *quotes)

    async def _author_deleted(self, tx: Transaction, event: AccountDeleted) -> None:
        for statement in queries.FORGET_MARKS:
            await tx.run(statement, me=event.account_id)
        await self._queue.enqueue(tx, FORGET_AUTHOR, {"account": event.account_id})

    async def forget_author(self, tx: Transaction, account_id: int) -> bool:
        """Removes some posts of somebody who is gone; True if there may be more.

        Other sites know from the deletion of the account itself.
        """
        rows = await tx.all(queries.SOME_OF, key=account_id, most=BATCH)
        for row in rows:
            post = await self._access.by_id(tx, row.id)
            if post is not None:  # a boost may have gone with what it shared
                await self.remove(tx, post)
        return len(rows) == BATCH

    async def _tell(self, tx: Transaction, post: Post) -> None:
        await self._events.publish(tx, PostDeleted(post.id, post.account_id, post.boost_of_id))

    async def _uncount(self, tx: Transaction, post: Post) -> None:
        if post.audience != Audience.DIRECT:
            await self._people.count_posts(tx, post.account_id, -1)
        if post.reply_to_id is not None:
            parent = await self._access.by_id(tx, post.reply_to_id)
            if parent is not None:
                await self._counters.count_reply(
                    tx,
                    parent,
                    audience=post.audience,
                    author_id=post.account_id,
                    by_local=post.local,
                    change=-1,
                )
        if post.quote_of_id is not None:
            quoted = await self._access.by_id(tx, post.quote_of_id)
            if quoted is not None:
                await self._counters.count_quote(tx, quoted, post, change=-1)
        if post.boost_of_id is not None:
            original = await self._access.by_id(tx, post.boost_of_id)
            if original is not None:
                await self._counters.count(tx, original, by_local=post.local, boosts=-1)
