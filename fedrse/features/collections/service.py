"""Collections: made by people here. With ``service_elsewhere`` the only writer of their tables.

Colleagues are recommended without being asked, as on a business card board, and told; whoever does
not want it takes themselves out (``revoke``), and nobody who blocks the owner can be put in. For
people of other sites their site is asked first (FEP-7aa9); until it agrees, only the owner sees
them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import asdict, replace

from fedrse.activitypub.local_ids import LocalIds
from fedrse.core.clock import Clock
from fedrse.core.errors import Forbidden, Invalid, NotFound
from fedrse.core.ids import IdMaker
from fedrse.core.ports import Protocol
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.model_events import AccountDeleted
from fedrse.features.collections import queries
from fedrse.features.collections.model import (
    ACCEPTED,
    MOST_COLLECTIONS,
    MOST_ITEMS,
    PENDING,
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
from fedrse.features.collections.service_wire import CollectionWire
from fedrse.store.database import Transaction
from fedrse.store.events import Events

Entity = dict[str, Any]


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def by_id(self, tx: Transaction, account_id: int) -> Account | None: ...


class Changed(Protocol):
    """Told that what clients see of posts changed; ``posts.service_counters.Counters.changed``."""

    def __call__(self, tx: Transaction, *post_ids: int) -> None: ...


class Collections:
    """Writes and reads collections."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdMaker,
        events: Events,
        people: People,
        local_ids: LocalIds,
        wire: CollectionWire,
        changed: Changed,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._events = events
        self._people = people
        self._local_ids = local_ids
        self._wire = wire
        self._changed = changed

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
        if made.discoverable:
            await self._wire.publish(tx, made)
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
            seen = await self.seen_by_people_here(tx, found)
            await self._events.publish(tx, CollectionChanged(owner, found.id, now, seen))
            await self.redraw(tx, found.id)
            await self._show_or_hide(tx, known, found)
        return found

    async def _show_or_hide(self, tx: Transaction, before: Collection, now: Collection) -> None:
        """Other sites hear what changed; of a collection that is hidden now, that it is gone."""
        if before.discoverable and not now.discoverable:
            await self._wire.withdraw(tx, before)
        elif now.discoverable and not before.discoverable:
            await self._wire.publish(tx, now)
        await self._wire.update(tx, now)

    async def delete(self, tx: Transaction, owner: int, collection_id: int) -> None:
        """Deletes a collection. Raises NotFound, Forbidden."""
        found = await self.access_own(tx, owner, collection_id)
        await self._wire.withdraw(tx, found)
        await self.forget(tx, owner, collection_id)

    async def forget(self, tx: Transaction, owner: int, collection_id: int) -> None:
        """A collection of this or another site is gone."""
        await self.redraw(tx, collection_id)
        await tx.run(queries.REMOVE, key=collection_id)
        await self._events.publish(tx, CollectionDeleted(owner, collection_id))

    async def add(self, tx: Transaction, owner: int, collection_id: int, account_id: int) -> Item:
        """Recommends somebody; twice is once. Raises NotFound, Forbidden, Invalid."""
        collection = await self.access_own(tx, owner, collection_id)
        item, is_new = await self._add(tx, collection, account_id)
        if is_new and item.state == ACCEPTED:
            await self.arrived(tx, collection, item)
        return item

    async def arrived(self, tx: Transaction, collection: Collection, item: Item) -> None:
        """Somebody is in a collection of this site from now on."""
        await tx.run(queries.TOUCH, key=collection.id, now=self._clock.now())
        if item.account_id is not None:
            await self._tell(tx, await self.access(tx, collection.id), [item.account_id])
        await self._wire.put_in(tx, collection, item)
        await self.redraw(tx, collection.id)

    async def redraw(self, tx: Transaction, collection_id: int) -> None:
        """Posts that link to a collection show it as it is now."""
        rows = await tx.all(queries.SHOWING, key=collection_id)
        self._changed(tx, *(row.post_id for row in rows))

    async def _tell(self, tx: Transaction, collection: Collection, people: Sequence[int]) -> None:
        """People of this site who were put in, but for the owner, hear of it."""
        others = [one for one in dict.fromkeys(people) if one != collection.account_id]
        others = [one for one in others if await self._is_here(tx, one)]
        if others:
            seen = await self._as_seen(tx, collection, others)
            await self._events.publish(tx, PutIn(collection.account_id, collection.id, seen))

    async def seen_by_people_here(
        self, tx: Transaction, found: Collection, *, only: int | None = None
    ) -> dict[int, Entity]:
        """A collection as each person of this site sees it who is in it, but for its owner."""
        items = (await self._items(tx, [found], found.account_id)).get(found.id, [])
        people = [only] if only is not None else _others(items, found.account_id)
        return await self._as_seen(
            tx, found, [one for one in people if await self._is_here(tx, one)]
        )

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
        if not account.local and account.feature_approval.right in {"denied", "missing"}:
            raise Invalid("account_refuses", "Validation failed: Account cannot be featured")
        if await tx.one(queries.BLOCKS, me=collection.account_id, owner=account_id) is not None:
            raise Invalid("account_blocked", "Validation failed: Account cannot be featured")
        if int(await tx.value(queries.COUNT_ITEMS, key=collection.id)) >= MOST_ITEMS:
            raise Invalid(
                "too_many_items", f"Validation failed: Limit of {MOST_ITEMS} accounts reached"
            )
        new = Item(
            id=self._ids.new(),
            collection_id=collection.id,
            account_id=account_id,
            state=ACCEPTED if account.local else PENDING,
            created_at=self._clock.now(),
        )
        added = await tx.value(queries.ADD_ITEM, **asdict(new)) is not None
        if added and not account.local:
            await self._wire.ask(tx, collection, new, account)
        row = await tx.one(queries.ITEM_OF, key=collection.id, owner=account_id)
        assert row is not None  # noqa: S101  (it was just written, or there already)
        return Item(*row), added

    async def _is_here(self, tx: Transaction, account_id: int) -> bool:
        account = await self._people.by_id(tx, account_id)
        return account is not None and account.local

    async def remove(self, tx: Transaction, owner: int, collection_id: int, item_id: int) -> None:
        """The owner takes somebody out. Raises NotFound, Forbidden."""
        collection = await self.access_own(tx, owner, collection_id)
        row = await tx.one(queries.ITEM, key=item_id, of=collection_id)
        if row is None:
            raise NotFound
        await self.left(tx, collection, Item(*row))

    async def left(self, tx: Transaction, collection: Collection, item: Item) -> None:
        """Somebody is in a collection no more, of this or of another site."""
        await tx.run(queries.REMOVE_ITEM, key=item.id)
        if item.account_id is not None:
            gone = TakenOut(collection.account_id, collection.id, item.account_id)
            await self._events.publish(tx, gone)
        if collection.is_local:
            await tx.run(queries.TOUCH, key=collection.id, now=self._clock.now())
            await self._wire.take_out(tx, collection, item)
        await self.redraw(tx, collection.id)

    async def revoke(self, tx: Transaction, viewer: int, collection_id: int, item_id: int) -> None:
        """Somebody takes themselves out. Raises NotFound, Forbidden for others."""
        collection = await self.access(tx, collection_id)
        row = await tx.one(queries.ITEM, key=item_id, of=collection_id)
        item = None if row is None else Item(*row)
        if item is None or item.state != ACCEPTED:
            raise NotFound
        if item.account_id != viewer:
            seen = (await self._items(tx, [collection], viewer)).get(collection_id, [])
            if all(one.id != item_id for one in seen):
                raise NotFound
            raise Forbidden("not_featured", "This action is not allowed")
        person = await self._people.by_id(tx, viewer)
        if person is not None:
            await self._wire.revoke(tx, collection, item, person)
        await self.left(tx, collection, item)

    async def set_item(self, tx: Transaction, item: Item) -> None:
        """Who is in it, how far they agreed, and what says so."""
        await tx.run(
            queries.SET_ITEM,
            key=item.id,
            new_account=item.account_id,
            new_state=item.state,
            new_uri=item.uri,
            new_stamp=item.stamp,
        )

    # People who leave

    def listen(self, events: Events) -> None:
        """Forgets collections of accounts that are deleted, and their places in others."""
        events.subscribe(AccountDeleted, self._account_deleted)

    async def _account_deleted(self, tx: Transaction, event: AccountDeleted) -> None:
        for row in await tx.all(queries.ALL_OF_ACCOUNT, owner=event.account_id):
            await self.forget(tx, event.account_id, row.id)
        for row in await tx.all(queries.ALL_WITH_ACCOUNT, owner=event.account_id):
            await tx.run(queries.REMOVE_ITEM, key=row.id)
            await self.redraw(tx, row.collection_id)

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
        items = await self._items(tx, found, viewer)
        return [entity(one, items.get(one.id, []), self._local_ids) for one in found]

    async def _items(
        self, tx: Transaction, found: Sequence[Collection], viewer: int
    ) -> dict[int, list[Item]]:
        """Those who agreed; owners see also those who were asked."""
        ids, own = [one.id for one in found], {one.id for one in found if one.account_id == viewer}
        rows = await tx.all(queries.ITEMS, ids=ids, me=viewer) if ids else []
        items: dict[int, list[Item]] = {}
        for row in rows:
            if row.state == ACCEPTED or (row.state == PENDING and row.collection_id in own):
                items.setdefault(row.collection_id, []).append(Item(*row))
        return items


def _others(items: Sequence[Item], owner: int) -> list[int]:
    """Who is in a collection, but for its owner."""
    people = [one.account_id for one in items if one.state == ACCEPTED]
    return [one for one in people if one is not None and one != owner]
