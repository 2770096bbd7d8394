"""Copies of collections of other sites (FEP-7aa9).

Nobody is shown in a copy whose agreement was not read at their own site; ``collections.jobs`` looks
there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import asdict, replace

from fedrse.activitypub.dispatch import Ignored, Refused
from fedrse.activitypub.local_ids import LocalIds
from fedrse.core.clock import DAY, Clock
from fedrse.core.ids import IdMaker
from fedrse.core.ports import Protocol
from fedrse.features.accounts.model import Account
from fedrse.features.collections import queries
from fedrse.features.collections.model import ACCEPTED, UNVERIFIED, Collection, Item
from fedrse.features.collections.model_events import CollectionChanged
from fedrse.features.collections.model_wire import MOST_ITEMS_ELSEWHERE, Incoming, IncomingItem
from fedrse.features.collections.service import Collections
from fedrse.jobs.queue import Queue
from fedrse.store.database import Transaction
from fedrse.store.events import Events

VERIFY = "collections.verify"
"""Job: ``collection`` (id of a copy with items that nobody looked at)."""
FETCH = "collections.fetch"
"""Job: ``account`` (id of a remote account)."""
FETCHED_AGAIN = DAY
MOST_ELSEWHERE = 50
"""Collections of one account of another site that are kept."""


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def by_uri(self, tx: Transaction, uri: str) -> Account | None: ...


class CollectionsElsewhere:
    """Keeps what other sites say."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdMaker,
        local_ids: LocalIds,
        events: Events,
        people: People,
        queue: Queue,
        collections: Collections,
        is_member: Callable[[str], bool],
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._local_ids = local_ids
        self._events = events
        self._people = people
        self._queue = queue
        self._collections = collections
        self._is_member = is_member

    # Copies

    async def by_uri(self, tx: Transaction, uri: str) -> Collection | None:
        """A collection by its ActivityPub id, of this or another site."""
        row = await tx.one(queries.BY_URI, address=uri)
        found = self._local_ids.parse(uri)
        if row is None and found is not None and found.kind == "collection" and not found.part:
            row = await tx.one(queries.BY_ID, key=found.id)
        known = None if row is None else Collection(*row)
        return None if known is None or (known.is_local and found is None) else known

    def is_wanted(self, owner: Account) -> bool:
        """Whether anybody here may look at what this account recommends."""
        return owner.local_followers_count > 0 or self._is_member(owner.host)

    async def store(self, tx: Transaction, owner: Account, incoming: Incoming) -> Collection:
        """Keeps what a collection of another site says. Raises Ignored, Refused."""
        known = await self.by_uri(tx, incoming.uri)
        if known is not None and known.account_id != owner.id:
            raise Refused("not_author")
        if known is None:
            known = await self._add(tx, owner, incoming)
        else:
            known = await self._change(tx, known, incoming)
        await self._set_items(tx, known, incoming.items)
        return known

    async def replace_all(self, tx: Transaction, owner: Account, shown: Sequence[Incoming]) -> None:
        """Somebody of another site shows exactly these."""
        for incoming in shown[:MOST_ELSEWHERE]:
            if incoming.owner == owner.uri:
                await self.store(tx, owner, incoming)
        listed = {incoming.uri for incoming in shown}
        for row in await tx.all(queries.ALL_OF_ACCOUNT, owner=owner.id):
            known = await self._collections.access(tx, row.id)
            if known.discoverable and known.uri not in listed:
                await self._collections.forget(tx, owner.id, known.id)

    async def _add(self, tx: Transaction, owner: Account, incoming: Incoming) -> Collection:
        if len(await tx.all(queries.ALL_OF_ACCOUNT, owner=owner.id)) >= MOST_ELSEWHERE:
            raise Ignored("too_many")
        now = self._clock.now()
        made = Collection(
            id=self._ids.new(),
            account_id=owner.id,
            name=incoming.name,
            description=incoming.description,
            language=incoming.language,
            tag=incoming.tag,
            sensitive=incoming.sensitive,
            discoverable=incoming.discoverable,
            created_at=min(incoming.published or now, now),
            updated_at=now,
            uri=incoming.uri,
            url=incoming.url,
        )
        if await tx.run(queries.ADD_FETCHED, **asdict(made)):
            return made
        known = await self.by_uri(tx, incoming.uri)
        if known is None or known.account_id != owner.id:
            raise Refused("not_author")
        return await self._change(tx, known, incoming)

    async def _change(self, tx: Transaction, known: Collection, incoming: Incoming) -> Collection:
        found = replace(
            known,
            name=incoming.name,
            description=incoming.description,
            language=incoming.language,
            tag=incoming.tag,
            sensitive=incoming.sensitive,
            discoverable=incoming.discoverable,
            url=incoming.url,
        )
        if found == known:
            return known
        now = self._clock.now()
        await tx.run(
            queries.SET_COPY,
            key=known.id,
            new_name=found.name,
            new_description=found.description,
            new_language=found.language,
            new_tag=found.tag,
            new_sensitive=found.sensitive,
            new_discoverable=found.discoverable,
            new_url=found.url,
            now=now,
        )
        found = replace(found, updated_at=now)
        people = await self._collections.seen_by_people_here(tx, found)
        await self._events.publish(tx, CollectionChanged(found.account_id, found.id, now, people))
        await self._collections.redraw(tx, found.id)
        return found

    # Items of copies

    async def put_in(self, tx: Transaction, known: Collection, incoming: IncomingItem) -> None:
        """One more is in a copy. Raises Ignored."""
        items = [Item(*row) for row in await tx.all(queries.ALL_ITEMS, key=known.id)]
        if len(items) >= MOST_ITEMS_ELSEWHERE:
            raise Ignored("too_many")
        await self._take(tx, known, items, incoming)
        await self._plan_look(tx, known)

    async def take_out(self, tx: Transaction, known: Collection, uri: str) -> bool:
        """One is in it no more; False if it was not known."""
        row = await tx.one(queries.ITEM_BY_URI, key=known.id, address=uri)
        if row is None:
            return False
        await self._collections.left(tx, known, Item(*row))
        return True

    async def _set_items(
        self, tx: Transaction, known: Collection, incoming: Sequence[IncomingItem]
    ) -> None:
        items = [Item(*row) for row in await tx.all(queries.ALL_ITEMS, key=known.id)]
        listed = {one.uri for one in incoming}
        for item in items:
            # People here who have just agreed have no item in the owner's document yet.
            if item.uri is not None and item.uri not in listed:
                await self._collections.left(tx, known, item)
        for one in incoming:
            await self._take(tx, known, items, one)
        await self._plan_look(tx, known)

    async def _take(
        self, tx: Transaction, known: Collection, items: Sequence[Item], one: IncomingItem
    ) -> None:
        found = next((item for item in items if item.uri == one.uri), None)
        local = self._local_ids.parse(one.actor)
        if local is not None:
            mine = next((item for item in items if item.account_id == local.id), None)
            if mine is not None and mine.uri is None:  # agreed; else they never were asked
                await self._collections.set_item(tx, replace(mine, uri=one.uri))
            return
        if one.stamp is None:
            return
        if found is None:
            made = Item(
                id=self._ids.new(),
                collection_id=known.id,
                account_id=None,
                state=UNVERIFIED,
                created_at=self._clock.now(),
                uri=one.uri,
                object_uri=one.actor,
                stamp=one.stamp,
            )
            await tx.run(queries.ADD_ITEM, **asdict(made))
        elif found.stamp != one.stamp and found.object_uri == one.actor:
            await self._collections.set_item(tx, replace(found, state=UNVERIFIED, stamp=one.stamp))

    async def _plan_look(self, tx: Transaction, known: Collection) -> None:
        if await tx.one(queries.UNVERIFIED_ITEMS, key=known.id) is not None:
            key = f"{VERIFY}:{known.id}"
            await self._queue.enqueue(tx, VERIFY, {"collection": known.id}, key=key)

    async def unverified(
        self, tx: Transaction, collection_id: int
    ) -> tuple[Collection | None, list[Item]]:
        """A copy with those of its items that nobody looked at."""
        row = await tx.one(queries.BY_ID, key=collection_id)
        rows = await tx.all(queries.UNVERIFIED_ITEMS, key=collection_id)
        return (None if row is None else Collection(*row)), [Item(*item) for item in rows]

    async def verified(self, tx: Transaction, item_id: int, stamp: str) -> None:
        """Somebody's own site says that they agreed; nothing if that changed meanwhile."""
        row = await tx.one(queries.ITEM_BY_ID, key=item_id)
        item = None if row is None else Item(*row)
        if item is None or item.stamp != stamp or item.object_uri is None:
            return
        account = await self._people.by_uri(tx, item.object_uri)
        if account is None or account.is_gone:
            return
        other = await tx.one(queries.ITEM_OF, key=item.collection_id, owner=account.id)
        if other is not None and other.id != item.id:
            await tx.run(queries.REMOVE_ITEM, key=item.id)
            return
        await self._collections.set_item(tx, replace(item, account_id=account.id, state=ACCEPTED))
        await self._collections.redraw(tx, item.collection_id)

    async def unverifiable(self, tx: Transaction, item_id: int, stamp: str) -> None:
        """Their own site does not say that they agreed."""
        row = await tx.one(queries.ITEM_BY_ID, key=item_id)
        if row is not None and row.stamp == stamp:
            await self._collections.left(
                tx, await self._collections.access(tx, row.collection_id), Item(*row)
            )

    # When copies are fetched

    async def needs_fetch(self, tx: Transaction, account: Account) -> bool:
        """Whether the site of somebody should be asked which collections they show."""
        if account.local or account.is_gone or account.collections_uri is None:
            return False
        fetched_at = await tx.value(queries.FETCHED_AT, owner=account.id)
        return fetched_at is None or fetched_at <= self._clock.now() - FETCHED_AGAIN

    async def plan_fetch(self, tx: Transaction, account: Account) -> None:
        """Asks, at most once a day."""
        if await self.needs_fetch(tx, account):
            await tx.run(queries.SET_FETCHED, account_id=account.id, fetched_at=self._clock.now())
            key = f"{FETCH}:{account.id}"
            await self._queue.enqueue(tx, FETCH, {"account": account.id}, key=key)
