"""People hear what was decided about them, and that somebody looked at what they reported."""

from __future__ import annotations

import msgspec

from fedrse.features.moderation.model_events import Decided, ReportClosed
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
        events.subscribe(ReportClosed, self._looked_at)

    async def _decided(self, tx: Transaction, event: Decided) -> None:
        """One notification for each decision: it says what is now."""
        person, key, extra = event.account_id, event.decision_id, warning(event.warning)
        once = f"{person}:{Kind.WARNING}:{person}:{key}"
        if await tx.run(queries.SET_EXTRA, once=once, new_extra=extra):
            self._notifications.changed(tx, person)
        else:
            await self._notifications.tell_of_site(tx, person, Kind.WARNING, key, extra)

    async def _looked_at(self, tx: Transaction, event: ReportClosed) -> None:
        """Once each time that it is closed: it may have been opened again."""
        person = event.account_id
        await self._notifications.tell(
            tx,
            [person],
            Kind.LOOKED_AT,
            by=person,
            post_id=None,
            what=f"{event.report_id}:{event.at}",
            own=True,
            report_id=event.report_id,
            extra=msgspec.json.encode({"acted": event.acted}).decode(),
        )
