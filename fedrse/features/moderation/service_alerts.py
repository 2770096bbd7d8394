"""Mails to those in charge: that reports, appeals or people who want an account wait for them.

What happens calls for a round (``service_alert_rounds``); a round writes at most one mail to each
person in a quarter of an hour, with numbers and without names or texts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from fedrse.core.clock import MINUTE
from fedrse.features.access.model_events import SignUpWaits
from fedrse.features.moderation import queries_alerts as queries
from fedrse.features.moderation.model_events import Reported
from fedrse.features.moderation.service_letters import Letters
from fedrse.jobs.queue import Queue
from fedrse.store.database import Transaction
from fedrse.store.events import Events

ROUND: Final = "moderation.alerts"
APART: Final = 15 * MINUTE


class Wishes(Struct, frozen=True):
    """About what somebody in charge wants mails."""

    reports: bool = True
    appeals: bool = True
    accounts: bool = True

    @property
    def any(self) -> bool:
        return self.reports or self.appeals or self.accounts


class Alerts:
    """Calls for rounds, and knows who wants which mails."""

    def __init__(self, *, queue: Queue, letters: Letters, events: Events) -> None:
        self._queue = queue
        self._letters = letters
        events.subscribe(Reported, self._reported)
        events.subscribe(SignUpWaits, self._sign_up)

    @property
    def is_on(self) -> bool:
        """Whether this site sends mails at all."""
        return self._letters.is_on

    async def call(self, tx: Transaction, *, at: int | None = None) -> None:
        """Something new waits: one job for all of it. ``at`` in milliseconds, None: now."""
        if self.is_on:
            await self._queue.enqueue(tx, ROUND, {}, key=ROUND, due_at=at)

    async def wishes(self, tx: Transaction, account_id: int) -> Wishes:
        """What somebody chose; everybody gets everything at first."""
        row = await tx.one(queries.OF, holder=account_id)
        return Wishes() if row is None else Wishes(row.reports, row.appeals, row.accounts)

    async def set_wishes(self, tx: Transaction, account_id: int, wishes: Wishes) -> None:
        """Somebody in charge chooses for themselves."""
        await tx.run(
            queries.SET_WISHES,
            account_id=account_id,
            reports=wishes.reports,
            appeals=wishes.appeals,
            accounts=wishes.accounts,
        )

    async def _reported(self, tx: Transaction, _event: Reported) -> None:
        await self.call(tx)

    async def _sign_up(self, tx: Transaction, _event: SignUpWaits) -> None:
        await self.call(tx)


def wishes_of(chosen: Iterable[str]) -> Wishes:
    """What was ticked in a form, by name."""
    names = set(chosen)
    return Wishes(*(name in names for name in Wishes.__struct_fields__))
