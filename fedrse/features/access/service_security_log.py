"""What happened to a log-in, for the person whose it is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import structlog

from fedrse.core.clock import Clock
from fedrse.core.ids import IdMaker
from fedrse.features.access import queries_security as queries
from fedrse.features.access.model import LONGEST_AGENT, hash_secret, new_secret
from fedrse.features.access.model_security import (
    BROWSERS_KEPT,
    EVENTS_KEPT,
    Happened,
    SecurityEvent,
    Visitor,
)
from fedrse.features.access.service import Logins
from fedrse.store.database import Database, Transaction

LONGEST_DETAIL = 200
log = structlog.get_logger(__name__)


class Seen(NamedTuple):
    """``secret`` is that by which the browser is known from now on."""

    secret: str
    is_new: bool
    is_first: bool


class SecurityLog:
    """The only writer of security events and of browsers that are known."""

    def __init__(self, *, clock: Clock, ids: IdMaker, logins: Logins) -> None:
        self._clock = clock
        self._ids = ids
        self._logins = logins
        self._notes: set[asyncio.Task[None]] = set()

    async def note(
        self,
        tx: Transaction,
        account_id: int,
        kind: Happened,
        visitor: Visitor | None = None,
        *,
        detail: str = "",
    ) -> None:
        """Writes a line, in the transaction of its cause."""
        visitor = visitor or Visitor()
        await tx.run(
            queries.ADD_EVENT,
            id=self._ids.new(),
            account_id=account_id,
            kind=kind.value,
            detail=detail[:LONGEST_DETAIL],
            user_agent=visitor.user_agent[:LONGEST_AGENT],
            address=visitor.address,
            created_at=self._clock.now(),
        )

    def note_wrong_password(self, database: Database, name: str, visitor: Visitor) -> None:
        """Notes it for whoever has this name, if anybody has.

        Nobody waits for it: the answer takes the same time whether the name exists or not.
        """

        async def unit(tx: Transaction) -> None:
            login = await self._logins.named(tx, name)
            if login is not None:
                await self.note(tx, login.account_id, Happened.PASSWORD_WRONG, visitor)

        task = asyncio.create_task(_quietly(database, unit))
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)

    async def close(self) -> None:
        """Waits for what is being written."""
        await asyncio.gather(*self._notes, return_exceptions=True)

    async def of_account(
        self, tx: Transaction, account_id: int, *, most: int = 100
    ) -> list[SecurityEvent]:
        """The last events of somebody, newest first."""
        since = self._clock.now() - EVENTS_KEPT
        rows = await tx.all(queries.EVENTS, holder=account_id, at=since, most=most)
        return [SecurityEvent(*row) for row in rows]

    async def recognise(self, tx: Transaction, account_id: int, browser: str) -> Seen:
        """Remembers the browser in which somebody signs in."""
        known = {row.token for row in await tx.all(queries.BROWSERS, holder=account_id)}
        is_known = bool(browser) and hash_secret(browser) in known
        secret = browser if is_known else new_secret()
        await tx.run(
            queries.NOTE_BROWSER,
            account_id=account_id,
            token=hash_secret(secret),
            last_used_at=self._clock.now(),
        )
        return Seen(secret, is_new=not is_known, is_first=not known)

    async def sweep(self, tx: Transaction) -> None:
        """Drops what is older than 90 days, and browsers that did not come back."""
        now = self._clock.now()
        await tx.run(queries.DROP_EVENTS, at=now - EVENTS_KEPT)
        await tx.run(queries.DROP_BROWSERS, at=now - BROWSERS_KEPT)


async def _quietly(database: Database, unit: Callable[[Transaction], Awaitable[None]]) -> None:
    try:
        await database.write(unit)
    except Exception:
        log.exception("security_event_not_written")
