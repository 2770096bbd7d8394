"""Mails about decisions and reports: noted in the transaction of their cause, sent by ``jobs``."""

from __future__ import annotations

from fedrse.jobs.queue import Queue
from fedrse.store.database import Transaction

SEND = "moderation.mail"
DECIDED, ANSWERED, LOOKED_AT = "decided", "answered", "looked_at"
ENDED, WAITING = "ended", "waiting"


class Letters:
    """Notes what has to be sent; ``is_on``: there is a mail server."""

    def __init__(self, *, queue: Queue, is_on: bool) -> None:
        self._queue = queue
        self.is_on = is_on

    async def decided(self, tx: Transaction, decision_id: int) -> None:
        """Tells somebody what was decided about them."""
        await self._note(tx, DECIDED, decision=decision_id)

    async def answered(self, tx: Transaction, decision_id: int) -> None:
        """Tells somebody what became of their appeal."""
        await self._note(tx, ANSWERED, decision=decision_id)

    async def waiting(
        self, tx: Transaction, account_id: int, *, reports: int, appeals: int, accounts: int
    ) -> None:
        """Tells one of those in charge how much is new; nothing of what it says."""
        numbers = {"reports": reports, "appeals": appeals, "accounts": accounts}
        await self._note(tx, WAITING, account=account_id, **numbers)

    async def ended(self, tx: Transaction, decision_id: int) -> None:
        """Tells somebody that what was decided about them holds no longer."""
        await self._note(tx, ENDED, decision=decision_id)

    async def report_closed(
        self, tx: Transaction, account_id: int, report_id: int, *, acted: bool
    ) -> None:
        """Tells whoever reported that somebody looked at it, and whether anything was done."""
        await self._note(tx, LOOKED_AT, account=account_id, report=report_id, acted=acted)

    async def _note(self, tx: Transaction, letter: str, **subject: int) -> None:
        if self.is_on:
            await self._queue.enqueue(tx, SEND, {"letter": letter} | subject)
