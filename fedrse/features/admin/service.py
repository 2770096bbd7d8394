"""Accounts for those in charge: found, let in, shut out, ended. Every act is in the log."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from fedrse.core.clock import DAY, Clock
from fedrse.core.errors import Forbidden, Invalid, NotFound
from fedrse.core.paging import Page
from fedrse.core.text import fold_hashtag
from fedrse.features.access.model import Role
from fedrse.features.access.model_registration import Registration
from fedrse.features.access.model_roles import may_give, require_right, rights_of
from fedrse.features.access.model_security import ADMIN_LINK_LIFE
from fedrse.features.access.service import Logins
from fedrse.features.access.service_links import PasswordLinks
from fedrse.features.access.service_oauth import OAuth
from fedrse.features.access.service_registration import KeyMaker, Registrations
from fedrse.features.access.service_sessions import Sessions
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.service import Accounts
from fedrse.features.admin import queries
from fedrse.features.admin.model import Address, Row, Status, Wanted
from fedrse.features.audit.model import Actor, Target
from fedrse.features.audit.model_acts import Act
from fedrse.features.audit.service import Audit
from fedrse.features.migration.service_leaving import Leaving
from fedrse.features.moderation.model_decisions import Action
from fedrse.features.moderation.service_decisions import Decisions, target_of
from fedrse.features.moderation.service_queue import account_of
from fedrse.http.rights import Right
from fedrse.store.database import Database, Transaction

NEWEST: Final = 1 << 62
MOST_ADDRESSES: Final = 20
MOST_USES: Final = 10_000
MOST_DAYS: Final = 3650
_SPECIAL: Final = re.compile(r"([\\%_])")


class People:
    """What those with ``manage_users`` do with accounts, apart from decisions about conduct."""

    def __init__(
        self,
        *,
        clock: Clock,
        audit: Audit,
        accounts: Accounts,
        logins: Logins,
        sessions: Sessions,
        oauth: OAuth,
        links: PasswordLinks,
        registrations: Registrations,
        leaving: Leaving,
        decisions: Decisions,
    ) -> None:
        self._clock = clock
        self._audit = audit
        self._accounts = accounts
        self._logins = logins
        self._sessions = sessions
        self._oauth = oauth
        self._links = links
        self._registrations = registrations
        self._leaving = leaving
        self._decisions = decisions

    # Reading

    async def page(self, tx: Transaction, wanted: Wanted, page: Page) -> list[Row]:
        """Accounts, the newest first. Those who wait are ``pending``."""
        rows = await tx.all(
            queries.PAGE[page.ascending],
            max_id=NEWEST if page.max_id is None else page.max_id,
            since_id=page.after or 0,
            limit=page.limit,
            **_parameters(wanted),
        )
        found = [Row(*row) for row in rows]
        return found[::-1] if page.ascending else found

    async def pending(self, tx: Transaction, wanted: Wanted, page: Page) -> list[Registration]:
        """Those who wait for an account, whoever asked last first."""
        low, high = page.after or 0, NEWEST if page.max_id is None else page.max_id
        found = [
            one
            for one in await self._registrations.all(tx)
            if low < one.id < high and _waits_as(one, wanted)
        ]
        found = found[: page.limit] if page.ascending else found[-page.limit :]
        return found[::-1]

    async def rows(self, tx: Transaction, ids: Iterable[int]) -> dict[int, Row]:
        """What those in charge see of accounts, by id."""
        rows = await tx.all(queries.BY_IDS, ids=list(dict.fromkeys(ids)))
        return {row.id: Row(*row) for row in rows}

    async def addresses(self, tx: Transaction, ids: Iterable[int]) -> dict[int, list[Address]]:
        """From where people were signed in, the last first."""
        found: dict[int, list[Address]] = {}
        for row in await tx.all(queries.ADDRESSES, ids=list(dict.fromkeys(ids))):
            known = found.setdefault(row[0], [])
            if len(known) < MOST_ADDRESSES:
                known.append(Address(*row))
        return found

    async def waiting(self, tx: Transaction, registration_id: int) -> Registration | None:
        """Somebody who waits."""
        return await self._registrations.by_id(tx, registration_id)

    # Those who wait

    async def approve(
        self, database: Database, by: Actor, registration_id: int, make_keys: KeyMaker
    ) -> int | None:
        """Agrees; the id of the account, None while the address is not confirmed.

        Raises NotFound, Forbidden (``not_pending``), Conflict.
        """

        async def note(tx: Transaction, known: Registration) -> None:
            await self._audit.record(tx, Act.REGISTRATION_APPROVED, by, _who(known))

        known = await database.read(self._require_waiting, registration_id)
        await self._registrations.approve(database, known.username, make_keys, note)

        async def find(tx: Transaction) -> int | None:
            login = await self._logins.named(tx, known.username)
            return None if login is None else login.account_id

        return await database.read(find)

    async def reject(self, tx: Transaction, by: Actor, registration_id: int) -> Registration:
        """Nothing of it stays. Raises NotFound, Forbidden (``not_pending``)."""
        known = await self._require_waiting(tx, registration_id)
        await self._registrations.reject(tx, known.username)
        await self._audit.record(tx, Act.REGISTRATION_REJECTED, by, _who(known))
        return known

    async def _require_waiting(self, tx: Transaction, registration_id: int) -> Registration:
        known = await self._registrations.by_id(tx, registration_id)
        if known is not None:
            return known
        if await self._accounts.by_id(tx, registration_id) is not None:
            raise Forbidden("not_pending", "This action is not allowed")
        raise NotFound

    # Log-ins

    async def disable(self, tx: Transaction, by: Actor, account_id: int, reason: str = "") -> None:
        """Nobody signs in any more; nothing is deleted.

        Raises NotFound, Forbidden, Conflict (``last_owner``).
        """
        account = await self._permitted(tx, by, account_id)
        await self._logins.disable(tx, account_id)
        await self._audit.record(tx, Act.ACCOUNT_DISABLED, by, target_of(account), reason=reason)

    async def enable(self, tx: Transaction, by: Actor, account_id: int, reason: str = "") -> None:
        """Undoes ``disable``, and a freeze.

        Raises NotFound, Forbidden (``right_missing``) for who may end a freeze only.
        """
        account = await self._permitted(tx, by, account_id)
        if account.frozen_at is not None:
            await self._decisions.undo(tx, by, account_id, Action.FREEZE)
        if (await self._logins.require(tx, account_id)).disabled_at is not None:
            await self._require(tx, by, Right.MANAGE_USER_ACCESS)
            await self._logins.enable(tx, account_id)
            await self._audit.record(tx, Act.ACCOUNT_ENABLED, by, target_of(account), reason=reason)

    async def set_role(self, tx: Transaction, by: Actor, account_id: int, role: Role) -> None:
        """Changes a role. Raises NotFound, Forbidden (``role_too_high``), Conflict."""
        account = await self._permitted(tx, by, account_id)
        known = (await self._logins.require(tx, account_id)).role
        author = account_of(by)
        if author is not None:
            mine = (await self._logins.require(tx, author)).role
            if not may_give(mine, known=known, wanted=role):
                raise Forbidden("role_too_high", "Nobody gives a role that they cannot give.")
        await self._logins.set_role(tx, account_id, role)
        before, after = {"role": known.value}, {"role": role.value}
        await self._audit.record(
            tx, Act.ACCOUNT_ROLE, by, target_of(account), before=before, after=after
        )

    async def password_link(self, tx: Transaction, by: Actor, account_id: int) -> str:
        """A link to hand over, good once and for a day. Raises NotFound, Forbidden."""
        account = await self._permitted(tx, by, account_id)
        await self._logins.require(tx, account_id)
        link = await self._links.make(tx, account_id, life=ADMIN_LINK_LIFE)
        await self._audit.record(tx, Act.ACCOUNT_PASSWORD_LINK, by, target_of(account))
        return link

    async def end_session(
        self, tx: Transaction, by: Actor, account_id: int, session_id: int
    ) -> None:
        """Ends one browser's session; 0: all of them. Raises NotFound, Forbidden."""
        account = await self._permitted(tx, by, account_id)
        if session_id:
            await self._sessions.end(tx, account_id, session_id)
        else:
            await self._sessions.end_others(tx, account_id, keep=0)
        await self._audit.record(tx, Act.ACCOUNT_SESSIONS_ENDED, by, target_of(account))

    async def revoke_app(self, tx: Transaction, by: Actor, account_id: int, app_id: int) -> None:
        """Takes from an application what it may do for somebody. Raises NotFound, Forbidden."""
        account = await self._permitted(tx, by, account_id)
        await self._oauth.revoke_app(tx, account_id, app_id)
        after = {"application": str(app_id)}
        await self._audit.record(tx, Act.TOKEN_REVOKED, by, target_of(account), after=after)

    async def delete(self, tx: Transaction, by: Actor, account_id: int) -> Account:
        """Deletes a suspended account for good; returns what it was.

        Raises NotFound, Forbidden (``not_suspended``), Conflict (``last_owner``).
        """
        account = await self._permitted(tx, by, account_id)
        if not account.suspended_here:
            raise Forbidden("not_suspended", "This action is not allowed")
        await self._audit.record(tx, Act.ACCOUNT_DELETED, by, target_of(account))
        if account.local:
            await self._leaving.delete(tx, account_id)
        else:
            await self._accounts.delete_remote(tx, account)
        return account

    async def _require(self, tx: Transaction, by: Actor, right: Right) -> None:
        """Raises Forbidden (``right_missing``) for who has not this right."""
        author = account_of(by)
        if author is not None:
            role = (await self._logins.require(tx, author)).role
            require_right(rights_of(role), right)

    async def in_reach(self, tx: Transaction, by: Actor, account_id: int) -> bool:
        """Whether somebody may act on an account at all. Raises NotFound."""
        try:
            await self._permitted(tx, by, account_id)
        except Forbidden:
            return False
        return True

    async def _permitted(self, tx: Transaction, by: Actor, account_id: int) -> Account:
        return await self._decisions.permitted(tx, by, account_id)

    # Invitations

    async def invite(self, tx: Transaction, by: Actor, *, uses: int, days: int) -> str:
        """The code of a new invitation, told once. Raises Invalid."""
        if not 1 <= uses <= MOST_USES or not 1 <= days <= MOST_DAYS:
            raise Invalid("invitation_bounds", "Up to 10000 people, and up to 3650 days.")
        code = await self._registrations.invite(
            tx, most_uses=uses, life=days * DAY, by=account_of(by)
        )
        after = {"uses": uses, "days": days}
        await self._audit.record(tx, Act.INVITATION_CREATED, by, after=after)
        return code

    async def withdraw(self, tx: Transaction, by: Actor, invitation_id: int) -> None:
        """Ends an invitation. Raises NotFound."""
        await self._registrations.withdraw(tx, invitation_id)
        target = Target("invitation", str(invitation_id))
        await self._audit.record(tx, Act.INVITATION_WITHDRAWN, by, target)


def _who(known: Registration) -> Target:
    return Target("registration", str(known.id), known.username)


def _like(text: str, *, inside: bool = False) -> str:
    """A LIKE pattern of what begins with a text, or has it somewhere; nothing for nothing."""
    text = text.lower()[:200]
    plain = _SPECIAL.sub(r"\\\1", text if inside else text.strip())
    return f"{'%' if inside else ''}{plain}%" if plain else ""


def _parameters(wanted: Wanted) -> dict[str, object]:
    title = " ".join(fold_hashtag(wanted.title).split())
    words = wanted.text.strip().removeprefix("@")
    folded = " ".join(fold_hashtag(words).split())
    origin = "" if wanted.local is None else "local" if wanted.local else "remote"
    return {
        "origin": origin,
        "status": wanted.status or "",
        "any_role": int(not wanted.roles),
        "roles": [one.value for one in wanted.roles],
        "invited_by": wanted.invited_by or 0,
        "name": _like(wanted.name.removeprefix("@")),
        "title": _like(f" {title}", inside=True) if title else "",
        "of_domain": wanted.domain.strip().lower()[:255],
        "email": _like(wanted.email),
        "ip": wanted.ip.strip()[:64],
        "words": _like(words),
        "word": _like(f" {folded}", inside=True) if folded else "",
    }


def _waits_as(one: Registration, wanted: Wanted) -> bool:
    if wanted.local is False or wanted.roles or wanted.domain or wanted.ip or wanted.title:
        return False
    name, email = wanted.name.lower().removeprefix("@"), wanted.email.lower()
    text = wanted.text.strip().lower().removeprefix("@")
    return (
        one.username_key.startswith(name)
        and one.email.startswith(email)
        and (one.username_key.startswith(text) or one.email.startswith(text))
        and wanted.invited_by in {None, one.invited_by_id}
    )


def words_of(status: str) -> Status | None:
    """A state as it was asked for. Raises Invalid."""
    try:
        return Status(status) if status else None
    except ValueError as error:
        raise Invalid("status_unknown", "Validation failed: Status is unknown") from error
