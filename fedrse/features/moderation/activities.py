"""``Flag``: another site reports somebody of this one."""

from __future__ import annotations

from collections.abc import Collection

from fedrse.activitypub.dispatch import Dispatcher, Ignored, Received, Refused
from fedrse.activitypub.vocabulary import ids_of
from fedrse.core.ports import Protocol
from fedrse.core.urls import same_origin
from fedrse.features.accounts.model import Account
from fedrse.features.moderation.model import read_flag
from fedrse.features.moderation.service import Reports
from fedrse.store.database import Transaction


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def require(
        self, tx: Transaction, uri: str, unavailable: Collection[str] = ()
    ) -> Account: ...


class ReportActivities:
    """Handlers of reports."""

    def __init__(self, *, reports: Reports, people: People) -> None:
        self._reports = reports
        self._people = people

    def register(self, dispatcher: Dispatcher) -> None:
        """Takes the activities of this feature."""
        dispatcher.on("Flag", self.flag)

    async def flag(self, tx: Transaction, received: Received) -> str:
        """``Flag``, usually by an instance actor; whom it is addressed to says nothing."""
        if not same_origin(received.id, received.actor):
            raise Refused("foreign_id")
        if not ids_of(received.activity.get("object")):
            raise Refused("no_object")
        reporter = await self._people.require(tx, received.actor, received.unavailable)
        if reporter.is_gone:
            raise Ignored("actor_gone")
        return await self._reports.receive(tx, reporter, read_flag(received.activity), received.id)
