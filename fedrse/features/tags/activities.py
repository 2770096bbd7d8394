"""Add and Remove of tags on profiles of other sites."""

from __future__ import annotations

from collections.abc import Collection

from fedrse.activitypub.dispatch import Dispatcher, Ignored, Received
from fedrse.activitypub.vocabulary import id_of
from fedrse.core.ports import Protocol
from fedrse.features.accounts.model import Account
from fedrse.features.tags.model_wire import read_hashtag
from fedrse.features.tags.service_featured import FeaturedTags
from fedrse.store.database import Transaction

HASHTAG = frozenset({"Hashtag"})


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def require(
        self, tx: Transaction, uri: str, unavailable: Collection[str] = ()
    ) -> Account: ...


class TagActivities:
    """Handlers; as Mastodon sends them, the target is the collection of pinned posts."""

    def __init__(self, *, people: People, featured: FeaturedTags) -> None:
        self._people = people
        self._featured = featured

    def register(self, dispatcher: Dispatcher) -> None:
        """Takes the activities of this feature."""
        dispatcher.on("Add", self.add, objects=HASHTAG)
        dispatcher.on("Remove", self.remove, objects=HASHTAG)

    async def add(self, tx: Transaction, received: Received) -> str:
        """A tag is shown."""
        account, name, url = await self._read(tx, received)
        added = await self._featured.add_remote(tx, account.id, name, url)
        return "featured" if added else "duplicate"

    async def remove(self, tx: Transaction, received: Received) -> str:
        """A tag is shown no more."""
        account, name, _ = await self._read(tx, received)
        if not await self._featured.remove_remote(tx, account.id, name):
            raise Ignored("unknown_object")
        return "unfeatured"

    async def _read(self, tx: Transaction, received: Received) -> tuple[Account, str, str | None]:
        account = await self._people.require(tx, received.actor, received.unavailable)
        target = id_of(received.activity.get("target"))
        if target is None or target != account.featured_uri:
            raise Ignored("other_collection")
        read = read_hashtag(received.activity["object"])
        if read is None:
            raise Ignored("no_hashtag")
        return account, *read
