"""Log-ins: who may enter, with which password, in which role."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fedrse.core.clock import MINUTE, Clock
from fedrse.core.errors import Conflict, Forbidden, Invalid, NotFound
from fedrse.core.settings import LimitSettings
from fedrse.features.access import queries, queries_leaving, queries_oauth
from fedrse.features.access.model import (
    BadCredentials,
    Login,
    Role,
    check_password,
    normalise_email,
)
from fedrse.features.access.model_roles import holders
from fedrse.features.access.service_passwords import Passwords
from fedrse.features.access.service_revocation import Revocations
from fedrse.features.accounts.service_badges import Badges
from fedrse.http.rate_limits import Window
from fedrse.http.rights import Right
from fedrse.store.database import Database, Transaction, UniqueViolation

VISIBILITIES = ("public", "unlisted", "private", "direct")
QUOTE_POLICIES = ("public", "followers", "nobody")


class Logins:
    """The only writer of log-ins."""

    def __init__(
        self,
        *,
        clock: Clock,
        passwords: Passwords,
        revocations: Revocations,
        limits: LimitSettings,
        handle_domain: str,
        site_name: str = "",
        badges: Badges | None = None,
    ) -> None:
        """``badges`` hears which roles profiles name."""
        self._badges = badges
        self._site_name = site_name
        self._clock = clock
        self._passwords = passwords
        self._revocations = revocations
        self._handle_domain = handle_domain.lower()
        # By account; attempts from one address are counted by the frame (Limit.LOGIN).
        self._attempts = (
            Window(clock, limit=limits.logins_per_5_minutes, length=5 * MINUTE)
            if limits.enabled
            else None
        )

    # reading

    async def by_account(self, tx: Transaction, account_id: int) -> Login | None:
        """The log-in of an account; None for accounts that nobody logs in to."""
        row = await tx.one(queries.LOGIN_BY_ACCOUNT, account_id=account_id)
        return None if row is None else _login(row)

    async def by_email(self, tx: Transaction, email: str) -> Login | None:
        """The log-in with this e-mail address. Raises Invalid for what is none."""
        row = await tx.one(queries.LOGIN_BY_EMAIL, email=normalise_email(email))
        return None if row is None else _login(row)

    async def named(self, tx: Transaction, name: str) -> Login | None:
        """The log-in with this e-mail address, user name or handle of this site."""
        row = await _credentials(tx, *self._names(name))
        return None if row is None else _login(row)

    async def all(self, tx: Transaction) -> list[Login]:
        """All log-ins of this site, oldest account first."""
        return [_login(row) for row in await tx.all(queries.LOGINS)]

    async def time_zone(self, tx: Transaction, account_id: int) -> str:
        """The time zone of somebody; UTC for accounts that nobody logs in to."""
        login = await self.by_account(tx, account_id)
        return "UTC" if login is None else login.time_zone

    async def holders(self, tx: Transaction, right: Right) -> list[int]:
        """The accounts of those who have a right on this site and may log in."""
        return await self.with_roles(tx, holders(right))

    async def with_roles(self, tx: Transaction, roles: Sequence[Role]) -> list[int]:
        """The accounts of those who have one of these roles and may log in."""
        names = [role.value for role in roles]
        return [row.account_id for row in await tx.all(queries.STAFF, roles=names)]

    async def count_active(self, tx: Transaction, since: int) -> int:
        """How many people were here since then (milliseconds)."""
        return int(await tx.value(queries.COUNT_ACTIVE, since=since))

    async def active_times(self, tx: Transaction) -> list[tuple[int, int]]:
        """When each person was here last (milliseconds) and who, in ascending order."""
        rows = await tx.all(queries.ACTIVE_TIMES)
        return [(int(row.last_active_at), row.account_id) for row in rows]

    # entering

    async def authenticate(self, database: Database, name: str, password: str) -> Login:
        """Who logs in with an e-mail address or user name (or handle of this site).

        Takes the same time whether the name exists or not. Raises TooMany after too many attempts
        on one log-in, BadCredentials, Forbidden (``login_disabled``, only after the right
        password), Unavailable where too many people log in at once.
        """
        email, username = self._names(name)
        row = await database.read(_credentials, email, username)
        if self._attempts is not None:
            self._attempts.take(email if row is None else row.account_id)
        stored = None if row is None else row.password_hash
        if not await self._passwords.verify(stored, password) or row is None:
            raise BadCredentials
        login = _login(row)
        if not login.may_sign_in:
            raise Forbidden("login_disabled", "This account is disabled. Ask the admins why.")
        if self._passwords.is_outdated(row.password_hash):
            renewed = await self._passwords.hash(password)
            await database.write(_set_password, login.account_id, renewed)
        return login

    def _names(self, text: str) -> tuple[str, str]:
        """What was typed as an e-mail address and as a user name; both always have a value."""
        name = text.strip().lower()[:320]
        plain = name.removeprefix("@")
        username, at, domain = plain.partition("@")
        return name, username if not at or domain == self._handle_domain else plain

    # writing

    async def prepare_password(self, password: str, *, names: tuple[str, ...] = ()) -> str:
        """The hash of a password that may be chosen; outside of any transaction, it takes time.

        ``names`` are those of the person. Raises Invalid (see ``model.check_password``),
        Unavailable where too many people log in at once.
        """
        known = [name for name in (*names, self._site_name) if name]
        checked = check_password(password, names=known)
        await self._passwords.check_strength(checked, known)
        return await self._passwords.hash(checked)

    async def create(
        self,
        tx: Transaction,
        *,
        account_id: int,
        email: str,
        password_hash: str,
        role: Role = Role.MEMBER,
        locale: str = "fr",
        invited_by_id: int | None = None,
    ) -> None:
        """Gives a local account a log-in; ``password_hash`` is from ``prepare_password``.

        Raises Invalid for a malformed address, Conflict (``email_taken``) for one in use.
        """
        values = {
            "account_id": account_id,
            "email": normalise_email(email),
            "password_hash": password_hash,
            "role": role.value,
            "locale": locale,
            "time_zone": "Europe/Paris",
            "default_language": None,
            "default_sensitive": False,
            "default_visibility": "public",
            "default_quote_policy": "public",
            "look": "",
            "disabled_at": None,
            "last_active_at": None,
            "created_at": self._clock.now(),
            "invited_by_id": invited_by_id,
        }
        try:
            async with tx.savepoint():
                await tx.run(queries.INSERT_LOGIN, **values)
        except UniqueViolation as error:
            raise _email_taken() from error
        if role.is_shown:
            await self._show_role(tx, account_id, role)

    async def set_password(
        self,
        tx: Transaction,
        account_id: int,
        password_hash: str,
        *,
        keep_session: int = 0,
        keep_sessions: bool = False,
        keep_apps: bool = False,
    ) -> None:
        """Changes the password; whoever is logged in elsewhere, apps included, is logged out.

        ``keep_session`` is the session in which the person did this; ``keep_sessions`` and
        ``keep_apps`` leave all other browsers, or all applications, as they are.
        """
        await self.require(tx, account_id)
        await _set_password(tx, account_id, password_hash)
        await self._log_out(
            tx,
            account_id,
            keep_session=keep_session,
            keep_sessions=keep_sessions,
            keep_apps=keep_apps,
        )

    async def set_email(self, tx: Transaction, account_id: int, email: str) -> None:
        """Changes the e-mail address. Raises Invalid, Conflict (``email_taken``)."""
        await self.require(tx, account_id)
        try:
            async with tx.savepoint():
                await tx.run(
                    queries.SET_EMAIL, login_id=account_id, new_email=normalise_email(email)
                )
        except UniqueViolation as error:
            raise _email_taken() from error

    async def set_role(self, tx: Transaction, account_id: int, role: Role) -> None:
        """Changes the role. Raises Conflict (``last_owner``) for the last owner's."""
        login = await self.require(tx, account_id)
        if role is not Role.OWNER:
            await self._keep_an_owner(tx, login)
        await tx.run(queries.SET_ROLE, login_id=account_id, new_role=role.value)
        await self._show_role(tx, account_id, role)
        self._revocations.announce(tx, "account", account_id)

    async def _show_role(self, tx: Transaction, account_id: int, role: Role) -> None:
        if self._badges is not None:
            await self._badges.show(tx, account_id, role.value if role.is_shown else "")

    async def set_preferences(
        self,
        tx: Transaction,
        account_id: int,
        *,
        locale: str,
        time_zone: str,
        default_language: str | None,
        default_sensitive: bool,
        default_visibility: str,
        default_quote_policy: str,
    ) -> None:
        """Changes language, time zone and the defaults of new posts. Raises Invalid."""
        if default_visibility not in VISIBILITIES:
            raise Invalid("visibility_unknown", "Validation failed: Visibility is unknown")
        if default_quote_policy not in QUOTE_POLICIES:
            raise Invalid(
                "quote_policy_unknown",
                "Validation failed: Quote policy is not included in the list",
            )
        await tx.run(
            queries.SET_PREFERENCES,
            login_id=account_id,
            new_locale=locale,
            new_time_zone=time_zone,
            new_language=default_language,
            new_sensitive=default_sensitive,
            new_visibility=default_visibility,
            new_quote_policy=default_quote_policy,
        )
        self._revocations.announce(tx, "account", account_id)

    async def set_interface(
        self, tx: Transaction, account_id: int, *, locale: str, time_zone: str, look: str
    ) -> None:
        """Changes how pages appear to somebody: language, time zone, and the words of a look."""
        await tx.run(
            queries.SET_INTERFACE,
            login_id=account_id,
            new_locale=locale,
            new_time_zone=time_zone,
            new_look=look,
        )
        self._revocations.announce(tx, "account", account_id)

    async def disable(self, tx: Transaction, account_id: int) -> None:
        """Nobody can log in any more and whoever is, is logged out; nothing is deleted.

        Raises Conflict (``last_owner``).
        """
        login = await self.require(tx, account_id)
        await self._keep_an_owner(tx, login)
        if login.disabled_at is None:
            await tx.run(queries.SET_DISABLED, login_id=account_id, at=self._clock.now())
        await self._log_out(tx, account_id)

    async def enable(self, tx: Transaction, account_id: int) -> None:
        """Undoes ``disable``; sessions and tokens of before stay ended."""
        await self.require(tx, account_id)
        await tx.run(queries.SET_DISABLED, login_id=account_id, at=None)
        self._revocations.announce(tx, "account", account_id)

    async def remove(self, tx: Transaction, account_id: int) -> None:
        """Forgets the log-in of somebody who leaves: sessions, applications, second steps.

        Raises NotFound, Conflict (``last_owner``).
        """
        await self._keep_an_owner(tx, await self.require(tx, account_id))
        for statement in queries_leaving.FORGET_ALL:
            await tx.run(statement, holder=account_id)
        self._revocations.announce(tx, "account", account_id)

    def forget_entries(self, tx: Transaction, account_id: int) -> None:
        """What is remembered of sessions and tokens of somebody is looked up anew."""
        self._revocations.announce(tx, "account", account_id)

    async def require(self, tx: Transaction, account_id: int) -> Login:
        """The log-in of an account. Raises NotFound."""
        login = await self.by_account(tx, account_id)
        if login is None:
            raise NotFound("login_unknown", "This account has no log-in.")
        return login

    async def keep_an_owner(self, tx: Transaction, account_id: int) -> None:
        """For whatever shuts an account out. Raises Conflict (``last_owner``) for the last owner.

        Nothing happens for accounts that nobody logs in to.
        """
        login = await self.by_account(tx, account_id)
        if login is not None:
            await self._keep_an_owner(tx, login)

    async def _keep_an_owner(self, tx: Transaction, login: Login) -> None:
        if login.role is not Role.OWNER or not login.may_enter:
            return
        owners = {row.account_id for row in await tx.all(queries.OWNERS)}
        if not owners - {login.account_id}:
            raise Conflict("last_owner", "This is the last owner: name another one first.")

    async def _log_out(
        self,
        tx: Transaction,
        account_id: int,
        *,
        keep_session: int = 0,
        keep_sessions: bool = False,
        keep_apps: bool = False,
    ) -> None:
        now = self._clock.now()
        if not keep_sessions:
            await tx.run(queries.END_SESSIONS_BUT, account_id=account_id, keep=keep_session)
        if not keep_apps:
            await tx.run(queries_oauth.REVOKE_OF_ACCOUNT, holder=account_id, at=now)
            await tx.run(queries_oauth.DROP_CODES_OF, account_id=account_id)
        self._revocations.announce(tx, "account", account_id)


async def _credentials(tx: Transaction, email: str, username: str) -> Any:
    return await tx.one(queries.CREDENTIALS, email=email, username=username)


async def _set_password(tx: Transaction, account_id: int, password_hash: str) -> None:
    await tx.run(queries.SET_PASSWORD, login_id=account_id, password_hash=password_hash)


def _email_taken() -> Conflict:
    return Conflict("email_taken", "Validation failed: Email has already been taken")


def _login(row: Any) -> Login:
    return Login(
        account_id=row.account_id,
        username=row.username,
        email=row.email,
        role=Role(row.role),
        locale=row.locale,
        time_zone=row.time_zone,
        default_language=row.default_language,
        default_sensitive=row.default_sensitive,
        default_visibility=row.default_visibility,
        default_quote_policy=row.default_quote_policy,
        disabled_at=row.disabled_at,
        last_active_at=row.last_active_at,
        created_at=row.created_at,
        suspended=row.suspended_at is not None or row.deleted_at is not None,
        look=row.look,
    )
