"""Links with which somebody who forgot the password chooses a new one."""

from __future__ import annotations

from fedrse.core.clock import HOUR, Clock
from fedrse.core.errors import NotFound, TooMany
from fedrse.features.access import queries_security as queries
from fedrse.features.access.model import Login, hash_secret, new_secret
from fedrse.features.access.model_security import Happened, Visitor
from fedrse.features.access.service import Logins
from fedrse.features.access.service_letters import Letters
from fedrse.features.access.service_security_log import SecurityLog
from fedrse.http.rate_limits import Window
from fedrse.store.database import Transaction

MOST_LETTERS = 3  # to one name in an hour


class PasswordLinks:
    """The only writer of links; the newest one of somebody is good, once."""

    def __init__(
        self, *, clock: Clock, logins: Logins, log: SecurityLog, letters: Letters, origin: str
    ) -> None:
        self._clock = clock
        self._logins = logins
        self._log = log
        self._letters = letters
        self._origin = origin
        self._asked = Window(clock, limit=MOST_LETTERS, length=HOUR)

    @property
    def by_mail(self) -> bool:
        """Whether links can be sent; else those in charge hand them over."""
        return self._letters.is_on

    async def ask(self, tx: Transaction, name: str, visitor: Visitor) -> None:
        """Notes that somebody wants a link. Takes the same time whether the name exists or not."""
        try:
            self._asked.take(name.strip().lower()[:320])
        except TooMany:
            return
        await self._letters.forgotten(tx, name.strip()[:320], visitor)

    async def make(
        self, tx: Transaction, account_id: int, *, life: int, visitor: Visitor | None = None
    ) -> str:
        """A new link, known now only; those of before are void."""
        token = new_secret()
        await tx.run(queries.DROP_LINKS_OF, holder=account_id)
        await tx.run(
            queries.ADD_LINK,
            token=hash_secret(token),
            account_id=account_id,
            expires_at=self._clock.now() + life,
        )
        await self._log.note(tx, account_id, Happened.PASSWORD_RESET_ASKED, visitor)
        return f"{self._origin}/login/new-password/{token}"

    async def owner(self, tx: Transaction, token: str) -> Login:
        """Whose link this is. Raises NotFound for one that is void, or of somebody locked out."""
        account_id = await tx.value(queries.LINK, token=hash_secret(token), at=self._clock.now())
        login = None if account_id is None else await self._logins.by_account(tx, account_id)
        if login is None or not login.may_enter:
            raise NotFound
        return login

    async def use(self, tx: Transaction, token: str, password_hash: str, visitor: Visitor) -> None:
        """Sets the password and ends everything that was begun with the old one.

        Raises NotFound.
        """
        login = await self.owner(tx, token)
        await tx.run(queries.DROP_LINKS_OF, holder=login.account_id)
        await tx.run(queries.DROP_STEPS_OF, holder=login.account_id)
        await self._logins.set_password(tx, login.account_id, password_hash)
        await self._log.note(tx, login.account_id, Happened.PASSWORD_RESET, visitor)
        await self._letters.password_changed(tx, login.account_id)

    async def sweep(self, tx: Transaction) -> None:
        """Drops what is void."""
        await tx.run(queries.DROP_LINKS, at=self._clock.now())
