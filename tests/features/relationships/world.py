"""People who follow and are followed: does things, receives answers, looks at the result."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fedrse.activitypub.dispatch import Dispatcher
from fedrse.activitypub.vocabulary import Json
from fedrse.features.accounts.model import Account
from fedrse.features.relationships.service import Relationships
from fedrse.store.database import Database
from tests.features.cast import Cast, handled
from tests.features.fakes import FakeOutbox

OUTSIDE = "elsewhere.example"


class World:
    """Does things and looks at the result."""

    def __init__(
        self,
        database: Database,
        cast: Cast,
        relationships: Relationships,
        dispatcher: Dispatcher,
        outbox: FakeOutbox,
    ) -> None:
        self.database = database
        self.cast = cast
        self.relationships = relationships
        self.dispatcher = dispatcher
        self.outbox = outbox

    async def do(self, action: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
        return await self.database.write(action, *arguments)

    async def receive(self, sender: Account, activity: Json, **more: Any) -> str:
        received = self.cast.received(sender, activity, **more)
        return await handled(self.database, self.dispatcher.dispatch, received)

    async def counts(self, *people: Account) -> list[tuple[int, int, int]]:
        """Followers, local followers, following."""
        now = [await self.cast.again(person) for person in people]
        return [
            (one.followers_count, one.local_followers_count, one.following_count) for one in now
        ]

    async def relationship(self, who: Account, whom: Account) -> dict[str, Any]:
        (found,) = await self.database.read(self.relationships.relationships, who.id, [whom.id])
        return found
