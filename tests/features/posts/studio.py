"""Short ways to write, receive and look at posts in tests."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from fedrse.activitypub.dispatch import Dispatcher, Received
from fedrse.activitypub.importers import Imported as FetchedDocument
from fedrse.activitypub.importers import Importers
from fedrse.activitypub.vocabulary import PUBLIC, Json
from fedrse.core.clock import ManualClock, to_iso_seconds
from fedrse.core.urls import origin_of
from fedrse.features.accounts.model import Account
from fedrse.features.posts import (
    activities,
    activities_announce,
    activities_featured,
    activities_quotes,
    activities_replies,
)
from fedrse.features.posts.activities import PostActivities
from fedrse.features.posts.activities_announce import Announcements
from fedrse.features.posts.activities_featured import Featured
from fedrse.features.posts.activities_quotes import Quoting
from fedrse.features.posts.activities_replies import Asking
from fedrse.features.posts.model import Draft, Edit, Post
from fedrse.features.posts.service import Posts
from fedrse.features.relationships.tables import block, follow, mute
from fedrse.store.database import Database, Transaction
from fedrse.store.events import Events
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert
from tests.features.cast import Cast, remote_actor
from tests.features.fakes import FakeOutbox, FakeQueue

MEMBER = "nantes.corp.example"
OTHER_MEMBER = "oslo.corp.example"
OUTSIDE = "social.example"
BLOCKED_HOST = "spam.example"
NANTES_MEMBERS = f"https://{MEMBER}/actor/members"

_FOLLOW = Statement(insert(follow))
_BLOCK = Statement(insert(block))
_MUTE = Statement(insert(mute))
_numbers = itertools.count(1)


@dataclass
class Studio:
    """The feature and its surroundings."""

    database: Database
    posts: Posts
    cast: Cast
    outbox: FakeOutbox
    queue: FakeQueue
    events: Events
    clock: ManualClock
    activities: PostActivities
    announcements: Announcements
    quoting: Quoting
    featured: Featured
    asking: Asking
    heard: list[Any] = field(default_factory=list)

    # People

    async def follow(self, who: Account, whom: Account) -> None:
        """``who`` is an accepted follower of ``whom``."""

        async def unit(tx: Transaction) -> None:
            number = next(_numbers)
            await tx.run(
                _FOLLOW,
                id=number,
                account_id=who.id,
                target_id=whom.id,
                uri=f"follow:{number}",
                accepted=True,
                local=who.local,
                show_boosts=True,
                notify=False,
                languages="[]",
                created_at=0,
            )
            await self.cast.accounts.count_follows(
                tx, [whom.id], followers=1, local_followers=int(who.local)
            )

        await self.database.write(unit)

    async def block(self, who: Account, whom: Account) -> None:
        """``who`` blocks ``whom``."""

        async def unit(tx: Transaction) -> None:
            number = next(_numbers)
            await tx.run(
                _BLOCK,
                id=number,
                account_id=who.id,
                target_id=whom.id,
                uri=f"block:{number}",
                created_at=0,
            )

        await self.database.write(unit)

    async def mute(self, who: Account, whom: Account) -> None:
        """``who`` mutes ``whom``."""

        async def unit(tx: Transaction) -> None:
            await tx.run(
                _MUTE,
                id=next(_numbers),
                account_id=who.id,
                target_id=whom.id,
                notifications=True,
                expires_at=None,
                created_at=0,
            )

        await self.database.write(unit)

    async def nantes(self) -> Account:
        """The instance actor of a member site, which publishes its members collection."""
        return await self.site_actor(MEMBER, NANTES_MEMBERS)

    async def site_actor(self, host: str, members: str) -> Account:
        """The actor of a site that publishes a members collection."""
        uri = f"https://{host}/actor"
        key = {"id": f"{uri}#main-key", "owner": uri}
        document = remote_actor("actor", host, type="Application", network=members)
        document["publicKey"] |= key
        document |= {"id": uri, "inbox": f"{uri}/inbox", "assertionMethod": []}
        return await self.database.write(self.cast.accounts.import_actor, document)

    # Here

    async def write(self, author: Account, text: str = "Bonjour", **draft: Any) -> Post:
        """Publishes a post."""
        return await self.database.write(self.posts.publish, author, Draft(text=text, **draft))

    async def edit(self, author: Account, post_id: int, **edit: Any) -> Post:
        return await self.database.write(self.posts.edit, author, post_id, Edit(**edit))

    async def do(self, unit: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        """Runs a method of a service in a write transaction."""
        return await self.database.write(unit, *args)

    async def get(self, post_id: int) -> Post | None:
        return await self.database.read(self.posts.by_id, post_id)

    async def find(self, uri: str) -> Post | None:
        return await self.database.read(self.posts.by_uri, uri)

    async def seen(self, viewer: Account | None, *ids: int) -> list[int]:
        """Which of the posts the viewer gets as entities."""
        found = await self.statuses(viewer, *ids)
        return [int(one["id"]) for one in found]

    async def statuses(self, viewer: Account | None, *ids: int) -> list[dict[str, Any]]:
        """Entities for a viewer, one by one and as a list: the list is partly remembered."""
        viewer_id = None if viewer is None else viewer.id

        async def unit(tx: Transaction) -> tuple[list[bytes], bytes, bytes]:
            unique = list(dict.fromkeys(ids))
            found = await self.posts.entities(tx, list(ids), viewer_id)
            lists = [await self.posts.statuses.listed(tx, unique, viewer_id) for _ in range(2)]
            return found, lists[0], lists[1]

        entities, *lists = await self.database.read(unit)
        found = [msgspec.json.decode(one) for one in entities]
        unique = list({one["id"]: one for one in found}.values())
        assert [msgspec.json.decode(one) for one in lists] == [unique, unique]
        return found

    async def status(self, viewer: Account | None, post_id: int) -> dict[str, Any]:
        """One entity that must be visible."""
        (found,) = await self.statuses(viewer, post_id)
        return found

    # From elsewhere

    def note(self, author: Account, name: str = "1", /, **more: Any) -> Json:
        """A Note as its site describes it; public unless said otherwise."""
        origin = origin_of(author.uri)
        document: Json = {
            "id": f"{origin}/notes/{name}",
            "type": "Note",
            "attributedTo": author.uri,
            "content": f"<p>Note {name}</p>",
            "published": to_iso_seconds(self.clock.now()),
            "url": f"{origin}/@{author.username}/{name}",
            "to": [PUBLIC],
            "cc": [author.followers_uri],
        }
        document |= more
        return {key: value for key, value in document.items() if value is not None}

    def dispatcher(self) -> Dispatcher:
        """All handlers of the feature."""
        found = Dispatcher()
        activities.register(found, Importers(), self.activities)
        activities_announce.register(found, self.announcements)
        activities_quotes.register(found, self.quoting)
        activities_featured.register(found, self.featured)
        activities_replies.register(found, self.asking)
        return found

    async def receive(self, sender: Account, activity: Json, **more: Any) -> str:
        """Dispatches an activity as the processor does."""
        return await self.dispatch(self.cast.received(sender, activity, **more))

    async def dispatch(self, received: Received) -> str:
        return await self.database.write(self.dispatcher().dispatch, received)

    async def create(self, author: Account, name: str = "1", /, **more: Any) -> Post:
        """Receives a Create; the post it made."""
        note = self.note(author, name, **more)
        await self.receive(author, {"type": "Create", "object": note})
        found = await self.find(note["id"])
        assert found is not None
        return found

    async def fetched(self, document: Json, unavailable: frozenset[str] = frozenset()) -> None:
        """Imports a document as read at its origin."""
        uri = document["id"]
        imported = FetchedDocument(uri, origin_of(uri).peer, document, unavailable)
        await self.database.write(self.activities.import_fetched, imported)

    def hear(self, *kinds: type[Any]) -> None:
        """Collects events in ``heard``."""

        async def note(_tx: Transaction, event: Any) -> None:
            self.heard.append(event)

        for kind in kinds:
            self.events.subscribe(kind, note)


async def a_follower_and_an_author(studio: Studio, host: str = OUTSIDE) -> tuple[Account, Account]:
    amina = await studio.cast.local("amina")
    otto = await studio.cast.remote("otto", host)
    await studio.follow(amina, otto)
    return amina, otto
