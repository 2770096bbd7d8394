"""Collections: made by people here, of people here. The only writer of both tables.

Others are recommended without being asked, as on a business card board, and told; whoever does not
want it takes themselves out (``revoke``), and nobody who blocks the owner can be put in. People of
other sites are left out: their sites would have to be asked (FEP-7aa9), which is not built.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from msgspec.structs import asdict, replace

from fedrse.core.clock import Clock
from fedrse.core.errors import Forbidden, Invalid, NotFound
from fedrse.core.ids import IdMaker
from fedrse.features.accounts.model import Account
from fedrse.features.collections import queries
from fedrse.features.collections.model import (
    ACCEPTED,
    MOST_COLLECTIONS,
    MOST_ITEMS,
    Collection,
    Item,
    entity,
)
from fedrse.features.collections.model_events import (
    CollectionChanged,
    CollectionDeleted,
    PutIn,
    TakenOut,
)
from fedrse.store.database import Transaction
from fedrse.store.events import Events

Entity = dict[str, Any]


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def by_id(self, tx: Transaction, account_id: int) -> Account | None: ...


class Collections:
    """Writes and reads collections."""

    def __init__(
        self, *, clock: Clock, ids: IdMaker, events: Events, people: People, origin: str
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._events = events
        self._people = people
        self._origin = origin

    # Writing

    async def create(
        self, tx: Transaction, owner: int, wanted: Collection, account_ids: Sequence[int]
    ) -> Collection:
        """Makes a collection; ids and times of ``wanted`` do not count. Raises Invalid."""
        if int(await tx.value(queries.COUNT, owner=owner)) >= MOST_COLLECTIONS:
            raise Invalid(
                "too_many_collections",
                f"Validation failed: Limit of {MOST_COLLECTIONS} collections reached",
            )
        now = self._clock.now()
        made = replace(wanted, id=self._ids.new(), account_id=owner, created_at=now, updated_at=now)
        await tx.run(queries.ADD, **asdict(made))
        for account_id in dict.fromkeys(account_ids):
            await self._add(tx, made, account_id)
        await self._tell(tx, made, account_ids)
        return made

    async def change(self, tx: Transaction, owner: int, changed: Collection) -> Collection:
        """Changes what a collection says of itself. Raises NotFound, Forbidden."""
        known = await self.access_own(tx, owner, changed.id)
        now = self._clock.now()
        await tx.run(
            queries.CHANGE,
            key=changed.id,
            new_name=changed.name,
            new_description=changed.description,
            new_language=changed.language,
            new_tag=changed.tag,
            new_sensitive=changed.sensitive,
            new_discoverable=changed.discoverable,
            now=now,
        )
        found = replace(changed, updated_at=now)
        if replace(known, updated_at=now) != found:
            items = (await self._items(tx, [found.id], owner)).get(found.id, [])
            people = [one.account_id for one in items if one.account_id != owner]
            seen = await self._as_seen(tx, found, people)
            await self._events.publish(tx, CollectionChanged(owner, found.id, now, seen))
        return found

    async def delete(self, tx: Transaction, owner: int, collection_id: int) -> None:
        """Deletes a collection. Raises NotFound, Forbidden."""
        await self.access_own(tx, owner, collection_id)
        await tx.run(queries.REMOVE, key=collection_id)
        await self._events.publish(tx, CollectionDeleted(owner, collection_id))

    async def add(self, tx: Transaction, owner: int, collection_id: int, account_id: int) -> Item:
        """Recommends somebody; twice is once. Raises NotFound, Forbidden, Invalid."""
        collection = await self.access_own(tx, owner, collection_id)
        item, is_new = await self._add(tx, collection, account_id)
        await tx.run(queries.TOUCH, key=collection_id, now=self._clock.now())
        if is_new:
            await self._tell(tx, await self.access(tx, collection_id), [account_id])
        return item

    async def _tell(self, tx: Transaction, collection: Collection, people: Sequence[int]) -> None:
        """People who were put in, but for the owner, hear of it."""
        others = [one for one in dict.fromkeys(people) if one != collection.account_id]
        if others:
            seen = await self._as_seen(tx, collection, others)
            await self._events.publish(tx, PutIn(collection.account_id, collection.id, seen))

    async def _as_seen(
        self, tx: Transaction, collection: Collection, people: Sequence[int]
    ) -> dict[int, Entity]:
        return {one: (await self.entities(tx, one, [collection]))[0] for one in people}

    async def _add(
        self, tx: Transaction, collection: Collection, account_id: int
    ) -> tuple[Item, bool]:
        """The item, and whether it is new."""
        account = await self._people.by_id(tx, account_id)
        if account is None or account.is_gone or account.kind == "Application":
            raise Invalid("account_unknown", "Validation failed: Account does not exist")
        if not account.local:
            raise Invalid(
                "account_elsewhere",
                "Validation failed: People of other sites cannot be put into a collection",
            )
        if await tx.one(queries.BLOCKS, me=collection.account_id, owner=account_id) is not None:
            raise Invalid("account_blocked", "Validation failed: Account cannot be featured")
        if int(await tx.value(queries.COUNT_ITEMS, key=collection.id)) >= MOST_ITEMS:
            raise Invalid(
                "too_many_items", f"Validation failed: Limit of {MOST_ITEMS} accounts reached"
            )
        new = await tx.value(
            queries.ADD_ITEM,
            id=self._ids.new(),
            collection_id=collection.id,
            account_id=account_id,
            state=ACCEPTED,
            created_at=self._clock.now(),
        )
        row = await tx.one(queries.ITEM_OF, key=collection.id, owner=account_id)
        assert row is not None  # noqa: S101  (it was just written, or there already)
        return Item(*row), new is not None

    async def remove(self, tx: Transaction, owner: int, collection_id: int, item_id: int) -> None:
        """The owner takes somebody out. Raises NotFound, Forbidden."""
        await self.access_own(tx, owner, collection_id)
        person = await tx.value(queries.REMOVE_ITEM, key=item_id, of=collection_id)
        if person is None:
            raise NotFound
        await self._events.publish(tx, TakenOut(owner, collection_id, person))
        await tx.run(queries.TOUCH, key=collection_id, now=self._clock.now())

    async def revoke(self, tx: Transaction, viewer: int, collection_id: int, item_id: int) -> None:
        """Somebody takes themselves out. Raises NotFound, Forbidden for others."""
        owner = (await self.access(tx, collection_id)).account_id
        if await tx.run(queries.REVOKE_ITEM, key=item_id, of=collection_id, me=viewer):
            await self._events.publish(tx, TakenOut(owner, collection_id, viewer))
            return
        items = (await self._items(tx, [collection_id], viewer)).get(collection_id, [])
        if any(one.id == item_id for one in items):
            raise Forbidden("not_featured", "This action is not allowed")
        raise NotFound

    # Reading

    async def access(self, tx: Transaction, collection_id: int) -> Collection:
        """A collection; all of them can be read by everybody here. Raises NotFound."""
        row = await tx.one(queries.BY_ID, key=collection_id)
        if row is None:
            raise NotFound
        return Collection(*row)

    async def access_own(self, tx: Transaction, owner: int, collection_id: int) -> Collection:
        """A collection of this person. Raises NotFound, Forbidden for those of others."""
        found = await self.access(tx, collection_id)
        if found.account_id != owner:
            raise Forbidden("not_owner", "This action is not allowed")
        return found

    async def of_account(
        self, tx: Transaction, viewer: int, account_id: int, limit: int, offset: int
    ) -> list[Collection]:
        """Collections that somebody made; to others only those that may be discovered."""
        rows = await tx.all(
            queries.OF_ACCOUNT, owner=account_id, me=viewer, limit=limit, offset=offset
        )
        return [Collection(*row) for row in rows]

    async def with_account(
        self, tx: Transaction, viewer: int, account_id: int, limit: int, offset: int
    ) -> list[Collection]:
        """Collections that somebody is in; to themselves all of them."""
        rows = await tx.all(
            queries.WITH_ACCOUNT, owner=account_id, me=viewer, limit=limit, offset=offset
        )
        return [Collection(*row) for row in rows]

    async def entities(
        self, tx: Transaction, viewer: int, found: Sequence[Collection]
    ) -> list[Entity]:
        """Mastodon ``Collection`` entities as the viewer sees them; one query for all."""
        items = await self._items(tx, [one.id for one in found], viewer)
        return [entity(one, items.get(one.id, []), self._origin) for one in found]

    async def _items(
        self, tx: Transaction, ids: Sequence[int], viewer: int
    ) -> dict[int, list[Item]]:
        rows = await tx.all(queries.ITEMS, ids=list(ids), me=viewer) if ids else []
        items: dict[int, list[Item]] = {}
        for row in rows:
            items.setdefault(row.collection_id, []).append(Item(*row))
        return items
