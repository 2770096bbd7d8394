"""What other sites hear of collections, and of people who are in them (FEP-7aa9).

Followers of the owner and member sites hear of a collection that may be discovered; whoever is in
one hears of every collection in which they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.outbox import Outbox, Recipients
from fedrse.activitypub.vocabulary import Json
from fedrse.core.ids import IdMaker
from fedrse.core.ports import Protocol
from fedrse.features.accounts.model import Account
from fedrse.features.collections import queries
from fedrse.features.collections.model import ACCEPTED, Collection, Item, address
from fedrse.features.collections.model_wire import (
    REQUEST,
    Shown,
    collection_document,
    item_document,
    stamp_document,
    with_context,
)
from fedrse.store.database import Transaction

_REQUEST_MARK = "#request"


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def by_id(self, tx: Transaction, account_id: int) -> Account | None: ...

    async def by_ids(self, tx: Transaction, ids: Iterable[int]) -> dict[int, Account]: ...


class CollectionWire:
    """Sends; knows no rules."""

    def __init__(
        self, *, ids: IdMaker, local_ids: LocalIds, outbox: Outbox, people: People
    ) -> None:
        self._ids = ids
        self._local_ids = local_ids
        self._outbox = outbox
        self._people = people

    # Documents

    async def document(self, tx: Transaction, collection: Collection) -> Json:
        """The collection as every other site gets it: only those who agreed are in it."""
        owner = await self._owner(tx, collection)
        rows = await tx.all(queries.ACCEPTED_ITEMS, key=collection.id)
        shown = await self._shown(tx, [Item(*row) for row in rows])
        return collection_document(collection, owner.uri, shown, self._local_ids)

    def stamp_of(self, item: Item) -> str:
        """Where somebody of this site agreed with an item."""
        return self._local_ids.uri("feature-authorization", item.id)

    def stamp(self, item: Item, person: Account, collection: Collection) -> Json:
        """The document of this agreement."""
        where = address(collection, self._local_ids)
        return stamp_document(self.stamp_of(item), person.uri, where)

    def requested(self, uri: str) -> int | None:
        """The item for which a ``FeatureRequest`` with this id was sent, None for anything else."""
        found = self._local_ids.parse(uri)
        wanted = found is not None and found.kind == "collection-item" and not found.part
        return found.id if found is not None and wanted and uri.endswith(_REQUEST_MARK) else None

    # Own collections

    async def publish(self, tx: Transaction, collection: Collection) -> None:
        """``Add``: somebody shows a collection on their profile."""
        owner = await self._owner(tx, collection)
        document = await self.document(tx, collection)
        await self._send(tx, owner, "Add", collection, document, target=owner.collections_uri)

    async def withdraw(self, tx: Transaction, collection: Collection) -> None:
        """``Remove``: somebody shows it no more."""
        owner = await self._owner(tx, collection)
        uri = address(collection, self._local_ids)
        await self._send(tx, owner, "Remove", collection, uri, target=owner.collections_uri)

    async def update(self, tx: Transaction, collection: Collection) -> None:
        """``Update``: it says something else of itself."""
        owner = await self._owner(tx, collection)
        await self._send(tx, owner, "Update", collection, await self.document(tx, collection))

    async def ask(self, tx: Transaction, collection: Collection, item: Item, who: Account) -> None:
        """``FeatureRequest`` to somebody of another site."""
        owner = await self._owner(tx, collection)
        activity = {
            "id": self._local_ids.uri("collection-item", item.id) + _REQUEST_MARK,
            "type": REQUEST,
            "actor": owner.uri,
            "to": [who.uri],
            "object": who.uri,
            "instrument": address(collection, self._local_ids),
        }
        await self._enqueue(tx, activity, owner, Recipients((who.id,), personal=True))

    async def put_in(self, tx: Transaction, collection: Collection, item: Item) -> None:
        """``Add``: somebody who agreed is in it now."""
        owner = await self._owner(tx, collection)
        for shown in await self._shown(tx, [item]):
            document = item_document(shown, self._local_ids)
            where = address(collection, self._local_ids)
            await self._send(tx, owner, "Add", collection, document, target=where)

    async def take_out(self, tx: Transaction, collection: Collection, item: Item) -> None:
        """``Remove``: somebody is in it no more, and hears of it; others heard of no request."""
        owner = await self._owner(tx, collection)
        uri = self._local_ids.uri("collection-item", item.id)
        where = address(collection, self._local_ids)
        too = () if item.account_id is None else (item.account_id,)
        if item.state == ACCEPTED:
            await self._send(tx, owner, "Remove", collection, uri, target=where, too=too)
            return
        activity = {
            "id": self._local_ids.uri("activity", self._ids.new()),
            "type": "Remove",
            "actor": owner.uri,
            "to": [],
            "object": uri,
            "target": where,
        }
        await self._enqueue(tx, activity, owner, Recipients(too, personal=True), about=where)

    # People of this site in collections of others

    async def answer(
        self, tx: Transaction, request: Json, person: Account, owner: Account, stamp: str | None
    ) -> None:
        """``Accept`` with a stamp, or ``Reject``."""
        answer: Json = {
            "id": self._local_ids.uri("activity", self._ids.new()),
            "type": "Reject" if stamp is None else "Accept",
            "actor": person.uri,
            "to": [owner.uri],
            "object": {name: value for name, value in request.items() if name != "@context"},
        }
        if stamp is not None:
            answer["result"] = stamp
        await self._enqueue(tx, answer, person, Recipients((owner.id,), personal=True))

    async def revoke(
        self, tx: Transaction, collection: Collection, item: Item, person: Account
    ) -> None:
        """``Delete`` of a stamp: the owner's site hears of it, and whoever may have a copy."""
        stamp = self.stamp(item, person, collection)
        activity = {
            "id": f"{stamp['id']}#delete",
            "type": "Delete",
            "actor": person.uri,
            "to": [],
            "object": stamp,
        }
        recipients = Recipients((collection.account_id,), members=collection.discoverable)
        await self._enqueue(tx, activity, person, recipients, about=str(stamp["id"]))

    # Parts

    async def _owner(self, tx: Transaction, collection: Collection) -> Account:
        owner = await self._people.by_id(tx, collection.account_id)
        assert owner is not None  # noqa: S101  (a foreign key)
        return owner

    async def _shown(self, tx: Transaction, items: Sequence[Item]) -> list[Shown]:
        people = await self._people.by_ids(
            tx, [item.account_id for item in items if item.account_id is not None]
        )
        return [
            Shown(item, people[item.account_id].uri, people[item.account_id].kind)
            for item in items
            if item.account_id in people
        ]

    async def _send(
        self,
        tx: Transaction,
        owner: Account,
        kind: str,
        collection: Collection,
        item: Json | str,
        *,
        target: str | None = None,
        too: tuple[int, ...] = (),
    ) -> None:
        """To those in the collection, and where it may be discovered to followers and members."""
        rows = await tx.all(queries.ACCEPTED_ITEMS, key=collection.id)
        people = {row.account_id for row in rows}
        open_ = collection.discoverable
        activity: Json = {
            "id": self._local_ids.uri("activity", self._ids.new()),
            "type": kind,
            "actor": owner.uri,
            "to": [owner.followers_uri] if open_ and owner.followers_uri else [],
            "object": item,
        }
        if target is not None:
            activity["target"] = target
        recipients = Recipients(
            tuple(people | set(too)), followers_of=owner.id if open_ else None, members=open_
        )
        about = address(collection, self._local_ids)  # all about one collection goes in order
        await self._enqueue(tx, activity, owner, recipients, about=about)

    async def _enqueue(
        self,
        tx: Transaction,
        activity: Json,
        sender: Account,
        recipients: Recipients,
        *,
        about: str = "",
    ) -> None:
        await self._outbox.enqueue(
            tx,
            with_context(activity),
            sender=sender.id,
            recipients=recipients,
            object_uri=about or str(activity["id"]),
        )
