"""What people keep for themselves: bookmarks, pins, muted threads."""

from __future__ import annotations

from collections.abc import Sequence

from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.outbox import Outbox, Recipients
from fedrse.core.clock import Clock
from fedrse.core.errors import Invalid
from fedrse.core.ids import IdMaker
from fedrse.features.accounts.model import Account
from fedrse.features.posts import queries
from fedrse.features.posts.model import OPEN, Audience, Post
from fedrse.features.posts.model_context import with_context
from fedrse.features.posts.service_access import Access
from fedrse.store.database import Transaction

MOST_PINS = 5


class Marks:
    """Bookmarks, pins and thread mutes of people of this site."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdMaker,
        local_ids: LocalIds,
        access: Access,
        outbox: Outbox,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._local_ids = local_ids
        self._access = access
        self._outbox = outbox

    async def bookmark(self, tx: Transaction, account_id: int, post_id: int) -> Post:
        """Remembers a post for this person. Raises NotFound."""
        post = await self._access.access_original(tx, account_id, post_id)
        await tx.run(
            queries.ADD_BOOKMARK, id=self._ids.new(), account_id=account_id, post_id=post.id
        )
        return post

    async def unbookmark(self, tx: Transaction, account_id: int, post_id: int) -> Post:
        """Forgets a bookmark. Raises NotFound."""
        post = await self._access.access_original(tx, account_id, post_id)
        await tx.run(queries.REMOVE_BOOKMARK, me=account_id, key=post.id)
        return post

    async def pin(self, tx: Transaction, account: Account, post_id: int) -> Post:
        """Shows an own post first on the profile; sites are told. Raises NotFound, Invalid."""
        post = await self._access.access_post(tx, account.id, post_id)
        if post.account_id != account.id:
            raise Invalid("pin_other", "Validation failed: Someone else's post cannot be pinned")
        if post.boost_of_id is not None:
            raise Invalid("pin_boost", "Validation failed: A boost cannot be pinned")
        if post.audience == Audience.DIRECT:
            raise Invalid(
                "pin_direct",
                "Validation failed: Posts that are only visible to mentioned users cannot be"
                " pinned",
            )
        if (await tx.value(queries.COUNT_PINS, me=account.id) or 0) >= MOST_PINS:
            raise Invalid(
                "pin_limit",
                "Validation failed: You have already pinned the maximum number of posts",
            )
        added = await tx.run(
            queries.ADD_PIN, account_id=account.id, post_id=post.id, created_at=self._clock.now()
        )
        if added:
            await self._tell(tx, account, post, "Add")
        return post

    async def unpin(self, tx: Transaction, account: Account, post_id: int) -> Post:
        """Takes an own post from the top of the profile. Raises NotFound."""
        post = await self._access.access_post(tx, account.id, post_id)
        if await tx.run(queries.REMOVE_PIN, me=account.id, key=post.id):
            await self._tell(tx, account, post, "Remove")
        return post

    async def _tell(self, tx: Transaction, account: Account, post: Post, what: str) -> None:
        if post.audience not in (Audience.PUBLIC, Audience.NETWORK):
            return
        activity = with_context(
            {
                "id": self._local_ids.uri("activity", self._ids.new()),
                "type": what,
                "actor": account.uri,
                "to": [account.followers_uri] if account.followers_uri else [],
                "target": self._local_ids.uri("actor", account.id, "featured"),
                "object": post.uri,
            }
        )
        inside = post.audience == Audience.NETWORK
        await self._outbox.enqueue(
            tx,
            activity,
            sender=account.id,
            recipients=Recipients(followers_of=account.id, members=True, only_members=inside),
            object_uri=f"{post.uri}#pin",
        )

    async def set_remote_pins(
        self, tx: Transaction, account_id: int, posts: Sequence[Post]
    ) -> None:
        """The pinned posts of a remote account are exactly these."""
        await tx.run(queries.REMOVE_PINS, me=account_id)
        for place, post in enumerate(posts):
            await self.pin_remote(tx, account_id, post, place)

    async def pin_remote(
        self, tx: Transaction, account_id: int, post: Post, place: int = 0
    ) -> bool:
        """A remote person pinned one of their own posts."""
        if post.account_id != account_id or post.audience not in OPEN:
            return False
        added = await tx.run(
            queries.ADD_PIN,
            account_id=account_id,
            post_id=post.id,
            created_at=self._clock.now() - place,
        )
        return bool(added)

    async def unpin_remote(self, tx: Transaction, account_id: int, post_id: int) -> bool:
        """A remote person took a pin away."""
        return bool(await tx.run(queries.REMOVE_PIN, me=account_id, key=post_id))

    async def mute_thread(self, tx: Transaction, account_id: int, post_id: int) -> Post:
        """No more notifications about this thread. Raises NotFound."""
        post = await self._access.access_original(tx, account_id, post_id)
        await tx.run(queries.ADD_THREAD_MUTE, account_id=account_id, thread_id=post.thread_id)
        return post

    async def unmute_thread(self, tx: Transaction, account_id: int, post_id: int) -> Post:
        """Notifications about this thread again. Raises NotFound."""
        post = await self._access.access_original(tx, account_id, post_id)
        await tx.run(queries.REMOVE_THREAD_MUTE, me=account_id, key=post.thread_id)
        return post
