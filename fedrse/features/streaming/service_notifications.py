"""The event ``notification``: each is for one person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fedrse.features.notifications.model_events import Notified
from fedrse.features.notifications.service import Notifications
from fedrse.features.notifications.service_entities import NotificationEntities
from fedrse.features.streaming.model import NOTIFICATIONS, USER, Dispatch, Message, Watching
from fedrse.features.streaming.service import Hint, Streams
from fedrse.store.database import Transaction
from fedrse.store.events import Events

NOTIFICATION: Final = "notification"


class NotificationStreams:
    """Publishes hints about notifications and turns them into messages."""

    def __init__(
        self,
        *,
        streams: Streams,
        events: Events,
        notifications: Notifications,
        entities: NotificationEntities,
    ) -> None:
        self._streams = streams
        self._notifications = notifications
        self._entities = entities
        streams.add_source(self.source, NOTIFICATION)
        events.subscribe(Notified, self._notified)

    async def _notified(self, tx: Transaction, event: Notified) -> None:
        self._streams.tell(tx, NOTIFICATION, [event.notification_id, event.account_id])

    async def source(
        self, tx: Transaction, hints: Sequence[tuple[str, Hint]], watching: Watching
    ) -> list[Dispatch]:
        """See ``service.Source``."""
        people = {*watching.people(USER), *watching.people(NOTIFICATIONS)}
        wanted = [hint[0] for _, hint in hints if hint[1] in people]
        if not wanted:
            return []
        found = await self._notifications.by_ids(tx, wanted)
        return [
            Dispatch(kind, None, {item.account_id: message})
            for item, text in await self._entities.render(tx, found)
            for message in [Message(NOTIFICATION, text)]
            for kind in (USER, NOTIFICATIONS)
        ]
