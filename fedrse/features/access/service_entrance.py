"""The door: from a proved name to a session, by a second step where one is set up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
from msgspec import Struct

from fedrse.core.errors import Forbidden
from fedrse.core.ports import Protocol
from fedrse.features.access.model_second_factor import WrongCode
from fedrse.features.access.model_security import Happened, Visitor
from fedrse.features.access.service import Logins
from fedrse.features.access.service_second_factor import SecondFactors
from fedrse.features.access.service_security_log import SecurityLog
from fedrse.features.access.service_sessions import Sessions
from fedrse.features.access.service_steps import Steps
from fedrse.store.database import Database, Transaction

SECOND_STEP = "second"
DECISIONS = "/decisions"
"""Where those begin who may see nothing else: drawn by the feature ``moderation``."""


class Entered(Struct, frozen=True):
    """Somebody is in: the cookie of the session, and the secret by which the browser is known.

    ``welcome`` is where whoever wants to go nowhere else begins; empty for the start page.
    """

    cookie: str
    browser: str
    welcome: str = ""


class Waiting(Struct, frozen=True):
    """The second step is missing; ``token`` names what was begun."""

    token: str


class Notice(Protocol):
    """Tells somebody by mail of a browser that was never seen before."""

    async def __call__(self, tx: Transaction, account_id: int, visitor: Visitor) -> None: ...


First = Callable[[Transaction, int], Awaitable[str]]
"""The path at which somebody begins who is new; empty for everybody else."""


class Entrance:
    """All ways to a session end here."""

    def __init__(
        self,
        *,
        logins: Logins,
        sessions: Sessions,
        second: SecondFactors,
        steps: Steps,
        log: SecurityLog,
        notice: Notice | None = None,
        first: First | None = None,
    ) -> None:
        self._first = first
        self._notice = notice
        self._logins = logins
        self._sessions = sessions
        self._steps = steps
        self.second = second
        self.log = log

    async def after_password(
        self, tx: Transaction, account_id: int, visitor: Visitor, target: str
    ) -> Entered | Waiting:
        """The password was right; ``target`` is where the person wants to go afterwards."""
        if await self.second.is_on(tx, account_id):
            state = msgspec.json.encode({"target": target}).decode()
            return Waiting(
                await self._steps.begin(tx, SECOND_STEP, account_id=account_id, state=state)
            )
        return await self.enter(tx, account_id, visitor, Happened.SIGNED_IN)

    async def target_of(self, tx: Transaction, token: str) -> str:
        """Where somebody wants to go whose second step is missing. Raises StepOver."""
        step = await self._steps.get(tx, SECOND_STEP, token)
        return str(msgspec.json.decode(step.state)["target"])

    async def after_code(
        self, database: Database, token: str, code: str, visitor: Visitor
    ) -> tuple[Entered, str]:
        """The session, and where to go. Raises StepOver, WrongCode, TooMany, Forbidden."""
        step = await database.read(self._steps.get, SECOND_STEP, token)
        account_id = step.account_id or 0
        self.second.count(account_id)

        async def unit(tx: Transaction) -> tuple[Entered, str]:
            target = await self.target_of(tx, token)
            await self.second.check(tx, account_id, code, visitor)
            await self._steps.end(tx, SECOND_STEP, token)
            return await self.enter(tx, account_id, visitor, Happened.SIGNED_IN), target

        async def missed(tx: Transaction) -> None:
            await self._steps.missed(tx, token)
            await self.log.note(tx, account_id, Happened.CODE_WRONG, visitor)

        try:
            return await database.write(unit)
        except WrongCode:
            await database.write(missed)
            raise

    async def enter(
        self, tx: Transaction, account_id: int, visitor: Visitor, how: Happened, *, detail: str = ""
    ) -> Entered:
        """Begins the session. Raises Forbidden for somebody who was locked out meanwhile."""
        login = await self._logins.by_account(tx, account_id)
        if login is None or not login.may_sign_in:
            raise Forbidden("login_disabled", "This account is disabled. Ask the admins why.")
        started = await self._sessions.start(
            tx, account_id, user_agent=visitor.user_agent, address=visitor.address
        )
        seen = await self.log.recognise(tx, account_id, visitor.browser)
        await self.log.note(tx, account_id, how, visitor, detail=detail)
        if seen.is_new and not seen.is_first and self._notice is not None:
            await self._notice(tx, account_id, visitor)
        if login.suspended:
            return Entered(started.cookie, seen.secret, DECISIONS)
        welcome = "" if self._first is None else await self._first(tx, account_id)
        return Entered(started.cookie, seen.secret, welcome)
