"""Add and Remove: what people of other sites show first on their profile."""

from __future__ import annotations

from fedrse.activitypub.dispatch import Dispatcher, Ignored, Needs, Received, Refused
from fedrse.activitypub.vocabulary import id_of
from fedrse.core.urls import same_origin
from fedrse.features.accounts.model import Account
from fedrse.features.posts.service import Posts
from fedrse.features.posts.service_ports import People
from fedrse.store.database import Transaction


def register(dispatcher: Dispatcher, featured: Featured) -> None:
    """Takes changes of collections."""
    dispatcher.on("Add", featured.add)
    dispatcher.on("Remove", featured.remove)


class Featured:
    """Handlers of the collection ``featured``; other collections are ignored."""

    def __init__(self, *, posts: Posts, people: People) -> None:
        self._posts = posts
        self._people = people

    async def add(self, tx: Transaction, received: Received) -> str:
        """A post is pinned; an unknown one is fetched."""
        account, uri = await self._read(tx, received)
        post = await self._posts.by_uri(tx, uri)
        if post is None:
            if uri in received.unavailable:
                raise Ignored("object_unavailable")
            if account.local_followers_count == 0:
                raise Ignored("not_addressed")
            raise Needs(uri)
        if post.account_id != account.id:
            raise Refused("not_author")
        return "pinned" if await self._posts.marks.pin_remote(tx, account.id, post) else "duplicate"

    async def remove(self, tx: Transaction, received: Received) -> str:
        """A post is no longer pinned."""
        account, uri = await self._read(tx, received)
        post = await self._posts.by_uri(tx, uri)
        if post is None or not await self._posts.marks.unpin_remote(tx, account.id, post.id):
            raise Ignored("unknown_object")
        return "unpinned"

    async def _read(self, tx: Transaction, received: Received) -> tuple[Account, str]:
        account = await self._people.require(tx, received.actor, received.unavailable)
        target = id_of(received.activity.get("target"))
        if target is None or target != account.featured_uri:
            raise Ignored("other_collection")
        uri = id_of(received.activity.get("object"))
        if uri is None or not same_origin(uri, received.actor):
            raise Refused("not_author")
        return account, uri
