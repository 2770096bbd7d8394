"""People hear what those in charge decided about them, and what became of their appeal."""

from __future__ import annotations

from fedrse.features.moderation.model_events import Decided
from fedrse.features.notifications import queries
from fedrse.features.notifications.model import Kind, warning
from fedrse.features.notifications.service import Notifications
from fedrse.store.database import Transaction
from fedrse.store.events import Events


class DecisionNews:
    """Subscribes to decisions."""

    def __init__(self, *, events: Events, notifications: Notifications) -> None:
        self._notifications = notifications
        events.subscribe(Decided, self._decided)

    async def _decided(self, tx: Transaction, event: Decided) -> None:
        """One notification for each decision: it says what is now."""
        person, key, extra = event.account_id, event.decision_id, warning(event.warning)
        once = f"{person}:{Kind.WARNING}:{person}:{key}"
        if await tx.run(queries.SET_EXTRA, once=once, new_extra=extra):
            self._notifications.changed(tx, person)
        else:
            await self._notifications.tell_of_site(tx, person, Kind.WARNING, key, extra)
