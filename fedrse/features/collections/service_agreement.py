"""Whether people agree to be in collections: those of this site, and those of others (FEP-7aa9).

People of this site agree with colleagues and people of member sites at once, with others if they
want to be discovered, and never with whom they keep away from. They can take it back.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec.structs import asdict, replace

from fedrse.activitypub.dispatch import Ignored, Refused
from fedrse.activitypub.vocabulary import Json
from fedrse.core.clock import Clock
from fedrse.core.errors import NotFound
from fedrse.core.ids import IdMaker
from fedrse.core.ports import Protocol
from fedrse.features.accounts.model import INSTANCE, Account
from fedrse.features.collections import queries
from fedrse.features.collections.model import ACCEPTED, PENDING, Collection, Item
from fedrse.features.collections.model_events import PutIn
from fedrse.features.collections.model_wire import MOST_ITEMS_ELSEWHERE
from fedrse.features.collections.service import Collections
from fedrse.features.collections.service_wire import CollectionWire
from fedrse.store.database import Transaction
from fedrse.store.events import Events

MOST_SHOWN = 50
KeepsAway = Callable[[Transaction, int, int], Awaitable[bool]]
"""Whether one of two people blocks the other, or the other's site."""


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def by_id(self, tx: Transaction, account_id: int) -> Account | None: ...


class Agreements:
    """Gives and takes them."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdMaker,
        events: Events,
        people: People,
        collections: Collections,
        wire: CollectionWire,
        keeps_away: KeepsAway,
        is_member: Callable[[str], bool],
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._events = events
        self._people = people
        self._collections = collections
        self._wire = wire
        self._keeps_away = keeps_away
        self._is_member = is_member

    # People of this site are asked

    async def asked(
        self, tx: Transaction, request: Json, owner: Account, known: Collection, person: Account
    ) -> str:
        """Somebody of another site wants to put somebody of this one into a collection."""
        row = await tx.one(queries.ITEM_OF, key=known.id, owner=person.id)
        item = None if row is None else Item(*row)
        if item is None and not await self._agrees(tx, owner, known, person):
            await self._wire.answer(tx, request, person, owner, None)
            return "rejected"
        if item is None:
            item = Item(
                id=self._ids.new(),
                collection_id=known.id,
                account_id=person.id,
                state=ACCEPTED,
                created_at=self._clock.now(),
            )
            await tx.run(queries.ADD_ITEM, **asdict(item))
            people = await self._collections.seen_by_people_here(tx, known, only=person.id)
            await self._events.publish(tx, PutIn(owner.id, known.id, people))
            await self._collections.redraw(tx, known.id)
        await self._wire.answer(tx, request, person, owner, self._wire.stamp_of(item))
        return "accepted"

    async def _agrees(
        self, tx: Transaction, owner: Account, known: Collection, person: Account
    ) -> bool:
        if person.is_gone or person.kind == INSTANCE:
            return False
        if not person.discoverable and not self._is_member(owner.host):
            return False
        if len(await tx.all(queries.ALL_ITEMS, key=known.id)) >= MOST_ITEMS_ELSEWHERE:
            return False
        return not await self._keeps_away(tx, person.id, owner.id)

    # People of other sites were asked

    async def agreed(self, tx: Transaction, item_id: int, actor: str, stamp: str) -> str:
        """``Accept`` of our request. Raises Ignored, Refused."""
        known, item = await self._own_item(tx, item_id, actor)
        if item.state == ACCEPTED and item.stamp == stamp:
            return "duplicate"
        fresh = item.state == PENDING
        item = replace(item, state=ACCEPTED, stamp=stamp)
        await self._collections.set_item(tx, item)
        if fresh:
            await self._collections.arrived(tx, known, item)
        return "accepted"

    async def refused(self, tx: Transaction, item_id: int, actor: str) -> str:
        """``Reject`` of our request, at once or later. Raises Ignored, Refused."""
        known, item = await self._own_item(tx, item_id, actor)
        await self._collections.left(tx, known, item)
        return "rejected"

    async def _own_item(self, tx: Transaction, item_id: int, actor: str) -> tuple[Collection, Item]:
        row = await tx.one(queries.ITEM_BY_ID, key=item_id)
        if row is None or row.account_id is None:
            raise Ignored("unknown_object")
        item = Item(*row)
        account = await self._people.by_id(tx, row.account_id)
        if account is None or account.uri != actor:
            raise Refused("not_asked")
        return await self._collections.access(tx, item.collection_id), item

    async def revoked(self, tx: Transaction, stamp: str, actor: str) -> bool:
        """Somebody of another site agrees no more; False if the stamp is not known."""
        found = [Item(*row) for row in await tx.all(queries.ITEM_BY_STAMP, address=stamp)]
        revoked = False
        for item in found:
            account_id = item.account_id
            account = None if account_id is None else await self._people.by_id(tx, account_id)
            whose = item.object_uri if account is None else account.uri
            if whose == actor:
                known = await self._collections.access(tx, item.collection_id)
                await self._collections.left(tx, known, item)
                revoked = True
        return revoked

    # Documents of this site

    async def own_document(self, tx: Transaction, collection_id: int) -> Json:
        """A collection of this site. Raises NotFound."""
        found = await self._collections.access(tx, collection_id)
        if not found.is_local:
            raise NotFound
        return await self._wire.document(tx, found)

    async def own_stamp(self, tx: Transaction, item_id: int) -> Json:
        """The agreement of somebody of this site. Raises NotFound where there is none any more."""
        row = await tx.one(queries.ITEM_BY_ID, key=item_id)
        if row is None or row.account_id is None or row.state != ACCEPTED:
            raise NotFound
        person = await self._people.by_id(tx, row.account_id)
        if person is None or not person.local or person.is_gone:
            raise NotFound
        known = await self._collections.access(tx, row.collection_id)
        return self._wire.stamp(Item(*row), person, known)

    async def own_list(self, tx: Transaction, account_id: int) -> list[Json]:
        """The collections that somebody of this site shows to everybody."""
        found = await self._collections.of_account(tx, 0, account_id, MOST_SHOWN, 0)
        return [await self._wire.document(tx, one) for one in found]
