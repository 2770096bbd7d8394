"""Tells people that a colleague confirms what they know; with the confirmation it goes."""

from __future__ import annotations

import msgspec

from fedrse.features.notifications.model import Kind
from fedrse.features.notifications.service import Notifications
from fedrse.features.profiles.model_events import ConfirmationEnded, ExpertiseConfirmed
from fedrse.store.database import Transaction
from fedrse.store.events import Events


class ConfirmationNews:
    """Subscribes to confirmations."""

    def __init__(self, *, events: Events, notifications: Notifications) -> None:
        self._notifications = notifications
        events.subscribe(ExpertiseConfirmed, self._confirmed)
        events.subscribe(ConfirmationEnded, self._ended)

    async def _confirmed(self, tx: Transaction, event: ExpertiseConfirmed) -> None:
        await self._notifications.tell(
            tx,
            [event.account_id],
            Kind.CONFIRMED,
            by=event.by_id,
            post_id=None,
            what=event.key,
            extra=msgspec.json.encode({"skill": event.skill}).decode(),
        )

    async def _ended(self, tx: Transaction, event: ConfirmationEnded) -> None:
        await self._notifications.forget(
            tx, event.account_id, Kind.CONFIRMED, event.by_id, event.key
        )
