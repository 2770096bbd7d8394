"""Pages: moving to another site and back, and deleting the account."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from msgspec import Struct

from fedrse.core.errors import Conflict, Forbidden, Invalid, NotFound
from fedrse.features.access.model import BadCredentials
from fedrse.features.access.model_security import Visitor
from fedrse.features.access.service import Logins
from fedrse.features.access.service_security_log import SecurityLog
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.service import Accounts
from fedrse.features.migration.service_leaving import Leaving
from fedrse.http.principal import Held
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Limit, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer
from fedrse.web.viewers import Me
from fedrse.web.views import Person

PATH: Final = "/settings/account"
DELETE: Final = f"{PATH}/delete"
LONGEST: Final = 2_048
WRONG_PASSWORD: Final = translatable("This is not your password.")
NOT_FOUND: Final = translatable("Nobody was found under this name, or that site does not answer.")
OWN_ACCOUNT: Final = translatable("This is the account you are using.")
_LAST_OWNER = translatable(
    "You are the last owner of this site: make somebody else an owner first."
)
_REFUSED = {
    "move_to_self": OWN_ACCOUNT,
    "move_gone": translatable("That account does not exist any more."),
    "move_not_confirmed": translatable(
        "That account does not name this one yet: sign in there first and add this account as a"
        " former one."
    ),
    "move_onward": translatable("That account has moved on itself."),
    "move_too_soon": translatable("You moved less than seven days ago."),
}
_TOO_MANY = translatable("You have too many former accounts: remove some first.")
_DONE = {
    "alias": translatable("The former account is added. Now move it from there."),
    "removed": translatable("The former account is removed."),
    "moved": translatable("You have moved. Your followers are told."),
}

Lookup = Callable[[str], Awaitable[int | None]]
"""Asks the site of a handle or address what it says now; the account's id, None for nobody."""


class Alias(Struct, frozen=True):
    """A former account; without ``person`` it is not known here."""

    uri: str
    person: Person | None


class _Seen(Struct, frozen=True):
    me: Person
    account: Account
    aliases: list[Alias]
    moved_to: Person | None


class Wrong(Struct, frozen=True):
    """What is wrong by field, and what was typed."""

    sentences: dict[str, str] = {}
    alias: str = ""
    target: str = ""


class AccountPages:
    """``/settings/account``."""

    def __init__(
        self,
        *,
        database: Database,
        accounts: Accounts,
        logins: Logins,
        log: SecurityLog,
        leaving: Leaving,
        lookup: Lookup,
        renderer: Renderer,
        me: Me,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._logins = logins
        self._log = log
        self._leaving = leaving
        self._lookup = lookup
        self._renderer = renderer
        self._me = me

    def routes(self) -> list[Route]:
        """The addresses; what asks for the password is limited as signing in is."""
        page, user, login = Surface.PAGE, Auth.USER, Limit.LOGIN
        return [
            Route("GET", PATH, self.show, page, user),
            Route("POST", f"{PATH}/aliases", self.add_alias, page, user),
            Route("POST", f"{PATH}/aliases/remove", self.remove_alias, page, user),
            Route("POST", f"{PATH}/move", self.move, page, user, limit=login),
            Route("GET", DELETE, self.ask_delete, page, user),
            Route("POST", DELETE, self.delete, page, user, limit=login, open_to=Held.FROZEN),
        ]

    async def show(self, request: Request) -> Reply:
        """``GET /settings/account``."""
        return await self._draw(request, Wrong())

    # Moving

    async def add_alias(self, request: Request) -> Reply:
        """``POST .../aliases`` with ``alias``: a handle or address of a former account."""
        viewer, typed = request.require_viewer(), _typed(request, "alias")
        found = await self._lookup(typed) if typed else None
        if found is None or found == viewer:
            sentence = NOT_FOUND if found is None else OWN_ACCOUNT
            return await self._draw(request, Wrong({"alias": sentence}, alias=typed))

        async def unit(tx: Transaction) -> None:
            me = await self._accounts.access_account(tx, viewer, viewer)
            other = await self._accounts.access_account(tx, viewer, found)
            await self._accounts.set_aliases(tx, viewer, (*me.also_known_as, other.uri))

        try:
            await self._database.write(unit)
        except NotFound:
            return await self._draw(request, Wrong({"alias": NOT_FOUND}, alias=typed))
        except Invalid:
            return await self._draw(request, Wrong({"alias": _TOO_MANY}, alias=typed))
        return redirect(f"{PATH}?done=alias")

    async def remove_alias(self, request: Request) -> Reply:
        """``POST .../aliases/remove`` with ``uri``; one that is not there is fine."""
        viewer, uri = request.require_viewer(), _typed(request, "uri")

        async def unit(tx: Transaction) -> None:
            me = await self._accounts.access_account(tx, viewer, viewer)
            kept = (one for one in me.also_known_as if one != uri)
            await self._accounts.set_aliases(tx, viewer, kept)

        await self._database.write(unit)
        return redirect(f"{PATH}?done=removed")

    async def move(self, request: Request) -> Reply:
        """``POST .../move`` with ``target`` and ``password``."""
        viewer, typed = request.require_viewer(), _typed(request, "target")
        if not await self._knows_password(request):
            wrong = Wrong({"password": WRONG_PASSWORD}, target=typed)
            return await self._draw(request, wrong)
        target = await self._lookup(typed) if typed else None
        if target is None:
            return await self._draw(request, Wrong({"target": NOT_FOUND}, target=typed))
        try:
            await self._database.write(self._accounts.move, viewer, target)
        except (Invalid, NotFound) as error:
            sentence = _REFUSED.get(error.code, NOT_FOUND)
            return await self._draw(request, Wrong({"target": sentence}, target=typed))
        return redirect(f"{PATH}?done=moved")

    # Leaving

    async def ask_delete(self, request: Request) -> Reply:
        """``GET .../delete``: says what it means."""
        return await self._draw_delete(request, {})

    async def delete(self, request: Request) -> Reply:
        """``POST .../delete`` with ``password``."""
        viewer = request.require_viewer()
        if not await self._knows_password(request):
            return await self._draw_delete(request, {"password": WRONG_PASSWORD})
        try:
            await self._database.write(self._leaving.delete, viewer)
        except Conflict:
            return await self._draw_delete(request, {"form": _LAST_OWNER})
        language, request.principal = request.language, None
        request.language = language
        reply = self._renderer.render(request, "migration/deleted.html")
        reply.cookies.append(request.cookies.clear(request.cookies.session))
        return reply

    async def _knows_password(self, request: Request) -> bool:
        """Raises TooMany after too many attempts."""
        login = await self._database.read(self._logins.require, request.require_viewer())
        try:
            await self._logins.authenticate(
                self._database, login.email, request.text("password") or ""
            )
        except (BadCredentials, Forbidden):
            asks = Visitor(request.headers.get("User-Agent", ""), request.address)
            self._log.note_wrong_password(self._database, login.email, asks)
            return False
        return True

    # Drawing

    async def _draw_delete(self, request: Request, wrong: dict[str, str]) -> Reply:
        seen = await self._database.read(self._seen, request.require_viewer())
        return self._renderer.render(
            request,
            "migration/delete.html",
            status=422 if wrong else 200,
            viewer=seen.me,
            posts=seen.account.statuses_count,
            followers=seen.account.followers_count,
            wrong=wrong,
        )

    async def _draw(self, request: Request, wrong: Wrong) -> Reply:
        seen = await self._database.read(self._seen, request.require_viewer())
        return self._renderer.render(
            request,
            "migration/account.html",
            status=422 if wrong.sentences else 200,
            viewer=seen.me,
            handle=seen.me.handle,
            aliases=seen.aliases,
            moved_to=seen.moved_to,
            moved_at=seen.account.moved_at,
            wrong=wrong.sentences,
            typed=wrong,
            done=_DONE.get(request.text("done") or "", ""),
        )

    async def _seen(self, tx: Transaction, viewer: int) -> _Seen:
        account = await self._accounts.access_account(tx, viewer, viewer)
        known = await self._accounts.by_uris(
            tx, [*account.also_known_as, *([account.moved_to] if account.moved_to else [])]
        )
        entities = await self._accounts.entities(tx, [one.id for one in known.values()])
        people = {
            uri: self._renderer.faces.person(entities[one.id])
            for uri, one in known.items()
            if one.id in entities
        }
        aliases = [Alias(uri, people.get(uri)) for uri in account.also_known_as]
        moved_to = people.get(account.moved_to or "")
        return _Seen(await self._me(tx, viewer), account, aliases, moved_to)


def _typed(request: Request, name: str) -> str:
    return (request.text(name) or "").strip()[:LONGEST]
