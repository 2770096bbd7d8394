"""Client API: aliases and moving (an extension; Mastodon has pages for it, no API).

A move needs both sides: the new account first names the old one as its alias, then the old one
moves.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fedrse.core.errors import Invalid, NotFound
from fedrse.core.urls import BadUrl, split_url
from fedrse.features.accounts.service import Accounts
from fedrse.features.accounts.service_entities import Entity
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction

Refresh = Callable[[str], Awaitable[int | None]]
"""Asks the site of a handle or address what it says now; the account's id, None for nobody."""


def routes(*, database: Database, accounts: Accounts, refresh: Refresh) -> list[Route]:
    """``accounts/aliases`` and ``accounts/move``."""
    api = MovesApi(database, accounts, refresh)

    def route(method: str, path: str, handler: Handler, scope: str) -> Route:
        return Route(method, f"/api/v1/accounts/{path}", handler, Surface.API, Auth.USER, (scope,))

    return [
        route("GET", "aliases", api.aliases, "read:accounts"),
        route("POST", "aliases", api.add_alias, "write:accounts"),
        route("DELETE", "aliases", api.remove_alias, "write:accounts"),
        route("POST", "move", api.move, "write:accounts"),
    ]


class MovesApi:
    """Handlers."""

    def __init__(self, database: Database, accounts: Accounts, refresh: Refresh) -> None:
        self._database = database
        self._accounts = accounts
        self._refresh = refresh

    async def aliases(self, request: Request) -> Reply:
        """``GET /api/v1/accounts/aliases``: the URIs of the other accounts."""
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> tuple[str, ...]:
            account = await self._accounts.access_account(tx, viewer, viewer)
            return account.also_known_as

        return json_reply(await self._database.read(unit))

    async def add_alias(self, request: Request) -> Reply:
        """``POST /api/v1/accounts/aliases``: ``uri`` is the id of the other account."""
        uri = _uri(request)
        return await self._change(request, lambda known: (*known, uri))

    async def remove_alias(self, request: Request) -> Reply:
        """``DELETE /api/v1/accounts/aliases``."""
        uri = _uri(request)
        return await self._change(request, lambda known: tuple(one for one in known if one != uri))

    async def _change(
        self, request: Request, change: Callable[[tuple[str, ...]], tuple[str, ...]]
    ) -> Reply:
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> tuple[str, ...]:
            account = await self._accounts.access_account(tx, viewer, viewer)
            changed = change(account.also_known_as)
            return (await self._accounts.set_aliases(tx, viewer, changed)).also_known_as

        return json_reply(await self._database.write(unit))

    async def move(self, request: Request) -> Reply:
        """``POST /api/v1/accounts/move``: ``acct`` is the handle or address of the new account.

        Followers inside the network go along; answers with the moved account.
        """
        viewer = request.require_viewer()
        acct = (request.text("acct") or "").strip()
        # What is known of the other account may be older than its alias.
        target = await self._refresh(acct) if acct else None

        async def unit(tx: Transaction) -> Entity:
            if target is None:
                raise NotFound
            await self._accounts.move(tx, viewer, target)
            return (await self._accounts.entities(tx, [viewer]))[viewer]

        return json_reply(await self._database.write(unit))


def _uri(request: Request) -> str:
    uri = (request.text("uri") or "").strip()
    try:
        return split_url(uri).text
    except BadUrl as error:
        raise Invalid("alias_malformed", f"Validation failed: Uri: {error.message}") from error
