"""Tells people that they are in a collection, and that one changed in which they are.

What is told of a collection is how it was then; with the collection it goes, too.
"""

from __future__ import annotations

import msgspec

from fedrse.features.collections.model_events import (
    CollectionChanged,
    CollectionDeleted,
    Entities,
    PutIn,
    TakenOut,
)
from fedrse.features.notifications import queries
from fedrse.features.notifications.model import Kind
from fedrse.features.notifications.service import Notifications
from fedrse.store.database import Transaction
from fedrse.store.events import Events


class CollectionNews:
    """Subscribes to collections."""

    def __init__(self, *, events: Events, notifications: Notifications) -> None:
        self._notifications = notifications
        events.subscribe(PutIn, self._put_in)
        events.subscribe(CollectionChanged, self._changed)
        events.subscribe(TakenOut, self._taken_out)
        events.subscribe(CollectionDeleted, self._deleted)

    async def _put_in(self, tx: Transaction, event: PutIn) -> None:
        what = str(event.collection_id)
        await self._tell(tx, event.people, Kind.PUT_IN, by=event.owner, what=what)

    async def _changed(self, tx: Transaction, event: CollectionChanged) -> None:
        what = f"{event.collection_id}:{event.changed_at}"
        await self._tell(tx, event.people, Kind.COLLECTION_CHANGED, by=event.owner, what=what)

    async def _tell(
        self, tx: Transaction, people: Entities, kind: Kind, *, by: int, what: str
    ) -> None:
        for person, entity in people.items():
            extra = msgspec.json.encode({"collection": entity}).decode()
            await self._notifications.tell(
                tx, [person], kind, by=by, post_id=None, what=what, extra=extra
            )

    async def _taken_out(self, tx: Transaction, event: TakenOut) -> None:
        await self._forget(tx, event.owner, event.collection_id, event.account_id)

    async def _deleted(self, tx: Transaction, event: CollectionDeleted) -> None:
        await self._forget(tx, event.owner, event.collection_id)

    async def _forget(
        self, tx: Transaction, owner: int, collection_id: int, person: int = 0
    ) -> None:
        """Forgets what was told about a collection to a person, 0: to all."""
        beginning = f'{{"collection":{{"id":"{collection_id}",%'
        forget = queries.FORGET_COLLECTION
        for row in await tx.all(forget, me=person, other=owner, beginning=beginning):
            self._notifications.changed(tx, row.account_id)
