"""Mails about log-ins: noted as jobs in the transaction of their cause, written by ``jobs``."""

from __future__ import annotations

from fedrse.features.access.model import LONGEST_AGENT
from fedrse.features.access.model_security import Visitor
from fedrse.jobs.queue import Queue
from fedrse.store.database import Transaction

SEND = "access.mail"
CONFIRM, WELCOME, REJECTED = "confirm", "welcome", "rejected"
RESET, CHANGED, BROWSER = "reset", "changed", "browser"


class Letters:
    """Notes what has to be sent; ``is_on``: there is a mail server."""

    def __init__(self, *, queue: Queue, is_on: bool) -> None:
        self._queue = queue
        self.is_on = is_on

    async def confirm(self, tx: Transaction, registration_id: int) -> None:
        """Asks whoever signs up to confirm the address."""
        await self._note(tx, CONFIRM, registration=registration_id)

    async def welcome(self, tx: Transaction, account_id: int) -> None:
        """Tells somebody that the account is there."""
        await self._note(tx, WELCOME, account=account_id)

    async def rejected(self, tx: Transaction, email: str, locale: str, username: str) -> None:
        """Tells somebody that there will be no account; nothing else is left of the request."""
        await self._note(tx, REJECTED, email=email, locale=locale, username=username)

    async def forgotten(self, tx: Transaction, name: str, visitor: Visitor) -> None:
        """Sends a link to whoever has this name, if anybody has: found out by the job."""
        await self._note(
            tx, RESET, name=name, agent=visitor.user_agent[:LONGEST_AGENT], address=visitor.address
        )

    async def password_changed(self, tx: Transaction, account_id: int) -> None:
        """Tells somebody that the password was changed."""
        await self._note(tx, CHANGED, account=account_id)

    async def new_browser(self, tx: Transaction, account_id: int, visitor: Visitor) -> None:
        """Tells somebody of a browser that was never seen before."""
        agent = visitor.user_agent[:LONGEST_AGENT]
        await self._note(tx, BROWSER, account=account_id, agent=agent, address=visitor.address)

    async def _note(self, tx: Transaction, letter: str, **subject: int | str) -> None:
        if self.is_on:
            await self._queue.enqueue(tx, SEND, {"letter": letter} | subject)
