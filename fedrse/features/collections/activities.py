"""Collections of other sites, and requests to be in one, as other sites send them (FEP-7aa9)."""

from __future__ import annotations

from collections.abc import Collection as Some

from fedrse.activitypub.dispatch import Dispatcher, Ignored, Needs, Received, Refused
from fedrse.activitypub.importers import Imported, Importers
from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.vocabulary import id_of
from fedrse.core.ports import Protocol
from fedrse.core.urls import same_origin
from fedrse.features.accounts.model import Account
from fedrse.features.collections.model import Collection
from fedrse.features.collections.model_wire import (
    COLLECTION,
    ITEM,
    REQUEST,
    STAMP,
    Incoming,
    read_collection,
    read_item,
)
from fedrse.features.collections.service import Collections
from fedrse.features.collections.service_agreement import Agreements
from fedrse.features.collections.service_elsewhere import CollectionsElsewhere
from fedrse.features.collections.service_wire import CollectionWire
from fedrse.store.database import Transaction


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def by_id(self, tx: Transaction, account_id: int) -> Account | None: ...

    async def require(self, tx: Transaction, uri: str, unavailable: Some[str] = ()) -> Account: ...


class CollectionActivities:
    """Handlers."""

    def __init__(
        self,
        *,
        people: People,
        collections: Collections,
        elsewhere: CollectionsElsewhere,
        agreements: Agreements,
        wire: CollectionWire,
        local_ids: LocalIds,
    ) -> None:
        self._people = people
        self._collections = collections
        self._elsewhere = elsewhere
        self._agreements = agreements
        self._wire = wire
        self._local_ids = local_ids

    def register(self, dispatcher: Dispatcher, importers: Importers) -> None:
        """Takes the activities and documents of this feature."""
        collection, item = frozenset({COLLECTION}), frozenset({ITEM})
        dispatcher.on("Add", self.shown, objects=collection)
        dispatcher.on("Update", self.shown, objects=collection)
        dispatcher.on("Add", self.put_in, objects=item)
        dispatcher.on("Remove", self.removed, objects=collection | item)
        dispatcher.on_reference("Remove", self.removed_reference)
        dispatcher.on(REQUEST, self.asked)
        dispatcher.on("Accept", self.agreed, objects=frozenset({REQUEST}))
        dispatcher.on("Reject", self.refused, objects=frozenset({REQUEST}))
        dispatcher.on_reference("Accept", self.agreed_reference)
        dispatcher.on_reference("Reject", self.refused_reference)
        dispatcher.on("Delete", self.revoked, objects=frozenset({STAMP}))
        dispatcher.on_reference("Delete", self.revoked_reference)
        importers.on([COLLECTION], self.import_fetched)
        importers.on_gone(self.gone)

    # Collections

    async def import_fetched(self, tx: Transaction, imported: Imported) -> None:
        """Stores a collection that was read at its origin."""
        incoming = read_collection(imported.document)
        if incoming is None or incoming.uri != imported.uri:
            raise Refused("unreadable")
        owner = await self._people.require(tx, incoming.owner, imported.unavailable)
        if owner.local or owner.is_gone:
            raise Refused("not_author")
        await self._elsewhere.store(tx, owner, incoming)

    async def gone(self, tx: Transaction, uri: str) -> None:
        """Its site says that it exists no more."""
        known = await self._elsewhere.by_uri(tx, uri)
        if known is not None and not known.is_local:
            await self._collections.forget(tx, known.account_id, known.id)

    async def shown(self, tx: Transaction, received: Received) -> str:
        """``Add`` to the collections that somebody shows, or ``Update`` of one."""
        incoming = _own(received)
        owner = await self._people.require(tx, received.actor, received.unavailable)
        known = await self._elsewhere.by_uri(tx, incoming.uri)
        if known is None and not self._elsewhere.is_wanted(owner):
            raise Ignored("not_addressed")
        await self._elsewhere.store(tx, owner, incoming)
        return "stored" if known is None else "updated"

    async def put_in(self, tx: Transaction, received: Received) -> str:
        """``Add`` of somebody to a collection."""
        known = await self._target(tx, received)
        if known is None:
            raise Ignored("unknown_object")
        item = read_item(received.activity["object"], known.uri or "")
        if item is None:
            raise Refused("unreadable")
        await self._elsewhere.put_in(tx, known, item)
        return "added"

    async def removed(self, tx: Transaction, received: Received) -> str:
        """``Remove`` of a collection, or of somebody from one."""
        outcome = await self.removed_reference(tx, received)
        if outcome is None:
            raise Ignored("unknown_object")
        return outcome

    async def removed_reference(self, tx: Transaction, received: Received) -> str | None:
        """The same by an id; None if it is something else."""
        uri = id_of(received.activity.get("object")) or ""
        known = await self._elsewhere.by_uri(tx, uri)
        if known is not None and not known.is_local:
            await self._check_owner(tx, received, known)
            await self._collections.forget(tx, known.account_id, known.id)
            return "removed"
        known = await self._target(tx, received)
        if known is None or not await self._elsewhere.take_out(tx, known, uri):
            return None
        return "removed"

    async def _target(self, tx: Transaction, received: Received) -> Collection | None:
        """The copy that a message of its owner is about."""
        target = id_of(received.activity.get("target"))
        known = None if target is None else await self._elsewhere.by_uri(tx, target)
        if known is None or known.is_local:
            return None
        await self._check_owner(tx, received, known)
        return known

    async def _check_owner(self, tx: Transaction, received: Received, known: Collection) -> None:
        owner = await self._people.by_id(tx, known.account_id)
        if owner is None or owner.uri != received.actor:
            raise Refused("not_author")

    # Agreement

    async def asked(self, tx: Transaction, received: Received) -> str:
        """``FeatureRequest``: somebody wants to put a person of this site into a collection."""
        owner = await self._people.require(tx, received.actor, received.unavailable)
        named = self._local_ids.parse(id_of(received.activity.get("object")) or "")
        uri = id_of(received.activity.get("instrument"))
        if named is None or named.kind != "actor" or named.part:
            raise Ignored("unknown_object")
        if uri is None or not same_origin(uri, received.actor):
            raise Refused("no_instrument")
        person = await self._people.by_id(tx, named.id)
        if person is None or not person.local or person.deleted_at is not None:
            raise Ignored("unknown_object")
        known = await self._elsewhere.by_uri(tx, uri)
        if known is None:
            if uri in received.unavailable:
                raise Ignored("object_unavailable")
            raise Needs(uri)
        if known.account_id != owner.id:
            raise Refused("not_author")
        return await self._agreements.asked(tx, received.activity, owner, known, person)

    async def agreed(self, tx: Transaction, received: Received) -> str:
        """``Accept`` of a request of this site; ``result`` is the stamp."""
        outcome = await self.agreed_reference(tx, received)
        if outcome is None:
            raise Ignored("unknown_object")
        return outcome

    async def agreed_reference(self, tx: Transaction, received: Received) -> str | None:
        """The same by the id of the request; None if it is something else."""
        item = self._wire.requested(id_of(received.activity.get("object")) or "")
        if item is None:
            return None
        stamp = id_of(received.activity.get("result"))
        if stamp is None or not same_origin(stamp, received.actor):
            raise Refused("no_stamp")
        return await self._agreements.agreed(tx, item, received.actor, stamp)

    async def refused(self, tx: Transaction, received: Received) -> str:
        """``Reject`` of a request of this site."""
        outcome = await self.refused_reference(tx, received)
        if outcome is None:
            raise Ignored("unknown_object")
        return outcome

    async def refused_reference(self, tx: Transaction, received: Received) -> str | None:
        """The same by the id of the request; None if it is something else."""
        item = self._wire.requested(id_of(received.activity.get("object")) or "")
        return None if item is None else await self._agreements.refused(tx, item, received.actor)

    async def revoked(self, tx: Transaction, received: Received) -> str:
        """``Delete`` of a stamp."""
        outcome = await self.revoked_reference(tx, received)
        if outcome is None:
            raise Ignored("unknown_object")
        return outcome

    async def revoked_reference(self, tx: Transaction, received: Received) -> str | None:
        """The same by its id; None if it is something else."""
        stamp = id_of(received.activity.get("object")) or ""
        return "revoked" if await self._agreements.revoked(tx, stamp, received.actor) else None


def _own(received: Received) -> Incoming:
    """The collection in a message of its owner. Raises Refused."""
    incoming = read_collection(received.activity["object"])
    if incoming is None:
        raise Refused("unreadable")
    if incoming.owner != received.actor:
        raise Refused("not_author")
    return incoming
