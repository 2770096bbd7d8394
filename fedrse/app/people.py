"""What admins do with people's accounts and tokens from the command line."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from msgspec import Struct

from fedrse.app.context import AccessServices, access_services, accounts_service, ready_database
from fedrse.app.operator import commands_log, operator
from fedrse.core.clock import to_iso_seconds
from fedrse.core.errors import Invalid, NotFound
from fedrse.core.languages import AVAILABLE
from fedrse.core.settings import Settings
from fedrse.features.access.model import Login, Role
from fedrse.features.access.model_scopes import parse_scopes
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.service_keys import generate_key_pair
from fedrse.features.audit.model import Target
from fedrse.features.audit.model_acts import Act
from fedrse.store.database import Database, Transaction

Facts = dict[str, object]
# Without letters and digits that look alike.
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


class NewPerson(Struct, frozen=True, kw_only=True):
    """Somebody to create, as typed; without ``password`` one is made and told."""

    username: str
    email: str
    display_name: str = ""
    role: str = "member"
    locale: str = "fr"
    password: str | None = None


def read_role(text: str) -> Role:
    """A role as typed. Raises Invalid."""
    try:
        return Role(text.strip().lower())
    except ValueError as error:
        known = ", ".join(Role)
        raise Invalid("role_unknown", f"{text!r} is no role; known are: {known}.") from error


def generate_password() -> str:
    """Five groups of four characters: 100 bits, easy to read out."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(5))
    return "-".join(groups)


async def create(settings: Settings, person: NewPerson) -> Facts:
    """Creates an account with its log-in. Raises Invalid, Conflict."""
    async with ready_database(settings) as database, _access(settings) as access:
        return await create_in(database, settings, access, person)


async def create_in(
    database: Database, settings: Settings, access: AccessServices, person: NewPerson
) -> Facts:
    """The same in a database that is open already."""
    if person.locale not in AVAILABLE:
        raise Invalid("locale_unknown", f"The language is one of {', '.join(AVAILABLE)}.")
    role = read_role(person.role)
    password = person.password or generate_password()
    accounts = accounts_service(settings)
    password_hash = await access.logins.prepare_password(
        password, names=(person.username, person.email)
    )
    keys = await asyncio.to_thread(generate_key_pair)

    async def unit(tx: Transaction) -> Account:
        account = await accounts.create_local(
            tx,
            username=person.username,
            display_name=person.display_name,
            keys=keys,
            reserved_too=role.is_staff,
        )
        await access.logins.create(
            tx,
            account_id=account.id,
            email=person.email,
            password_hash=password_hash,
            role=role,
            locale=person.locale,
        )
        after = {"role": role.value, "email": person.email}
        await _record(tx, Act.ACCOUNT_CREATED, account.id, account.username, after=after)
        return account

    facts = _created(await database.write(unit), person)
    if person.password is None:
        facts["password"] = password
    return facts


def _created(account: Account, person: NewPerson) -> Facts:
    return {
        "id": str(account.id),
        "username": account.username,
        "handle": f"@{account.handle}",
        "email": person.email,
        "role": read_role(person.role).value,
    }


async def list_all(settings: Settings) -> list[Facts]:
    """Everybody who can log in, or could."""
    async with ready_database(settings) as database, _access(settings) as access:
        return [_facts(login) for login in await database.read(access.logins.all)]


async def show(settings: Settings, name: str) -> Facts:
    """Everything about one person. Raises NotFound."""
    async with ready_database(settings) as database, _access(settings) as access:
        accounts = accounts_service(settings)

        async def unit(tx: Transaction) -> Facts:
            login = await _find(tx, settings, access, name)
            account = await accounts.by_id(tx, login.account_id)
            if account is None:
                raise NotFound
            sessions = await access.sessions.of_account(tx, account.id)
            apps = await access.oauth.authorized_apps(tx, account.id)
            return {
                **_facts(login),
                "name": account.display_name,
                "handle": f"@{account.handle}",
                "uri": account.uri,
                "language": login.locale,
                "posts": account.statuses_count,
                "followers": account.followers_count,
                "following": account.following_count,
                "sessions": len(sessions),
                "applications": [app.name for app in apps],
            }

        return await database.read(unit)


async def disable(settings: Settings, name: str, reason: str = "") -> None:
    """Lets somebody in no more. Raises NotFound, Conflict."""
    async with ready_database(settings) as database, _access(settings) as access:

        async def unit(tx: Transaction) -> None:
            login = await _find(tx, settings, access, name)
            await access.logins.disable(tx, login.account_id)
            await _record_for(tx, Act.ACCOUNT_DISABLED, login, reason=reason)

        await database.write(unit)


async def enable(settings: Settings, name: str, reason: str = "") -> None:
    """Undoes ``disable``. Raises NotFound."""
    async with ready_database(settings) as database, _access(settings) as access:

        async def unit(tx: Transaction) -> None:
            login = await _find(tx, settings, access, name)
            await access.logins.enable(tx, login.account_id)
            await _record_for(tx, Act.ACCOUNT_ENABLED, login, reason=reason)

        await database.write(unit)


async def set_role(settings: Settings, name: str, role_text: str, reason: str = "") -> None:
    """Changes a role. Raises NotFound, Conflict, Invalid (unknown role)."""
    role = read_role(role_text)
    async with ready_database(settings) as database, _access(settings) as access:

        async def unit(tx: Transaction) -> None:
            login = await _find(tx, settings, access, name)
            await access.logins.set_role(tx, login.account_id, role)
            before, after = {"role": login.role.value}, {"role": role.value}
            await _record_for(
                tx, Act.ACCOUNT_ROLE, login, before=before, after=after, reason=reason
            )

        await database.write(unit)


async def reset_password(settings: Settings, name: str, password: str | None) -> Facts:
    """A new password; everywhere logged out. Raises NotFound, Invalid."""
    async with ready_database(settings) as database, _access(settings) as access:

        async def find(tx: Transaction) -> Login:
            return await _find(tx, settings, access, name)

        login = await database.read(find)
        chosen = password or generate_password()
        names = (login.username, login.email)
        password_hash = await access.logins.prepare_password(chosen, names=names)

        async def unit(tx: Transaction) -> None:
            await access.logins.set_password(tx, login.account_id, password_hash)
            await _record_for(tx, Act.ACCOUNT_PASSWORD_RESET, login)

        await database.write(unit)
        facts: Facts = {"username": login.username, "email": login.email}
        if password is None:
            facts["password"] = chosen
        return facts


async def create_token(settings: Settings, name: str, scope_text: str) -> Facts:
    """A token for a script. Raises NotFound, Invalid (unknown scope)."""
    scopes = parse_scopes(scope_text.replace(",", " "))
    async with ready_database(settings) as database, _access(settings) as access:

        async def unit(tx: Transaction) -> Facts:
            login = await _find(tx, settings, access, name)
            issued = await access.oauth.issue_for_script(tx, login.account_id, scopes)
            after = {"scopes": list(issued.scopes)}
            await _record_for(tx, Act.TOKEN_CREATED, login, after=after)
            return {
                "account": login.username,
                "access_token": issued.token,
                "token_type": "Bearer",
                "scope": " ".join(issued.scopes),
                "created_at": issued.created_at,
            }

        return await database.write(unit)


async def _record_for(
    tx: Transaction,
    act: Act,
    login: Login,
    *,
    before: Any = None,
    after: Any = None,
    reason: str = "",
) -> None:
    await _record(
        tx, act, login.account_id, login.username, before=before, after=after, reason=reason
    )


async def _record(
    tx: Transaction,
    act: Act,
    account_id: int,
    username: str,
    *,
    before: Any = None,
    after: Any = None,
    reason: str = "",
) -> None:
    target = Target("account", str(account_id), username)
    await commands_log().record(
        tx, act, operator(), target, before=before, after=after, reason=reason
    )


@asynccontextmanager
async def _access(settings: Settings) -> AsyncIterator[AccessServices]:
    services = access_services(settings)
    try:
        yield services
    finally:
        services.passwords.close()


async def _find(tx: Transaction, settings: Settings, access: AccessServices, name: str) -> Login:
    """The log-in with this user name, handle or e-mail address. Raises NotFound."""
    found = await access.logins.named(tx, name)
    if found is None:
        raise NotFound("login_unknown", f"Nobody of {settings.origin} is called {name!r}.")
    return found


def _facts(login: Login) -> Facts:
    last = login.last_active_at
    state = "suspended" if login.suspended else "disabled" if login.disabled_at else "active"
    return {
        "id": str(login.account_id),
        "username": login.username,
        "email": login.email,
        "role": login.role.value,
        "state": state,
        "created": to_iso_seconds(login.created_at),
        "last_active": None if last is None else to_iso_seconds(last),
    }
