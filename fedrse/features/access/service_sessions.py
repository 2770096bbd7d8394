"""Sessions: browsers in which somebody is logged in."""

from __future__ import annotations

from typing import NamedTuple

from fedrse.core.clock import Clock
from fedrse.core.errors import NotFound
from fedrse.core.ids import IdMaker
from fedrse.features.access import queries
from fedrse.features.access.model import (
    LONGEST_AGENT,
    SESSION_LIFE,
    SessionInfo,
    hash_secret,
    new_secret,
)
from fedrse.features.access.service_revocation import Revocations
from fedrse.features.access.service_visits import note_visit
from fedrse.store.database import Transaction


class NewSession(NamedTuple):
    """A session just begun; ``cookie`` is known now only."""

    id: int
    cookie: str


class Sessions:
    """The only writer of sessions, apart from logging everything out (``Logins``)."""

    def __init__(self, *, clock: Clock, ids: IdMaker, revocations: Revocations) -> None:
        self._clock = clock
        self._ids = ids
        self._revocations = revocations

    async def start(
        self, tx: Transaction, account_id: int, *, user_agent: str, address: str
    ) -> NewSession:
        """Logs somebody in on a browser; who it is was proved before."""
        now = self._clock.now()
        started = NewSession(self._ids.new(), new_secret())
        await tx.run(
            queries.INSERT_SESSION,
            id=started.id,
            token=hash_secret(started.cookie),
            account_id=account_id,
            csrf=new_secret(),
            user_agent=user_agent[:LONGEST_AGENT],
            address=address,
            created_at=now,
            last_used_at=now,
            expires_at=now + SESSION_LIFE,
        )
        await note_visit(tx, account_id, now)
        return started

    async def of_account(self, tx: Transaction, account_id: int) -> list[SessionInfo]:
        """The sessions of somebody, the one used last first."""
        rows = await tx.all(queries.SESSIONS_OF, account_id=account_id, now=self._clock.now())
        return [SessionInfo(*row) for row in rows]

    async def end(self, tx: Transaction, account_id: int, session_id: int) -> None:
        """Ends a session of this person. Raises NotFound for one of somebody else."""
        token = await tx.value(queries.END_SESSION, id=session_id, account_id=account_id)
        if token is None:
            raise NotFound("session_unknown", "This session has ended already.")
        self._revocations.announce(tx, "session", token)

    async def end_others(self, tx: Transaction, account_id: int, keep: int) -> None:
        """Ends all sessions of somebody but one."""
        await tx.run(queries.END_SESSIONS_BUT, account_id=account_id, keep=keep)
        self._revocations.announce(tx, "account", account_id)
