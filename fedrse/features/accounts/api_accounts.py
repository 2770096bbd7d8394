"""Client API: accounts (Mastodon API ``accounts``); one's own is in ``api_profile``."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from fedrse.core.errors import NotFound, Unauthenticated
from fedrse.core.ids import parse_id
from fedrse.features.accounts.model_handles import parse_handle
from fedrse.features.accounts.service import Accounts
from fedrse.features.accounts.service_entities import Entity
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction

MOST_IDS = 80
READ = ("read:accounts",)

Opened = Callable[[int], None]
"""Told the id of the account whose profile a person of this site looks at."""


class ManyParameters(Struct):
    """``id[]``."""

    id: list[str] = []


def routes(
    *,
    database: Database,
    accounts: Accounts,
    opened: Opened | None = None,
) -> list[Route]:
    """``opened`` is told whose profile somebody looks at."""
    api = AccountsApi(database, accounts, opened=opened)

    def route(
        method: str,
        path: str,
        handler: Handler,
        auth: Auth = Auth.OPTIONAL,
        scopes: tuple[str, ...] = (),
    ) -> Route:
        return Route(method, f"/api/v1/{path}", handler, Surface.API, auth, scopes)

    return [
        route("GET", "accounts/lookup", api.lookup, scopes=READ),
        route("GET", "accounts", api.many, scopes=READ),
        route("GET", "accounts/{id}", api.show, scopes=READ),
    ]


class AccountsApi:
    """Handlers; each opens one transaction."""

    def __init__(
        self,
        database: Database,
        accounts: Accounts,
        *,
        opened: Opened | None,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._opened = opened

    async def show(self, request: Request) -> Reply:
        """``GET /api/v1/accounts/:id``."""
        viewer, account_id = request.viewer, request.path_id()

        async def unit(tx: Transaction) -> Entity:
            account = await self._accounts.access_account(tx, viewer, account_id)
            return (await self._accounts.entities(tx, [account.id]))[account.id]

        entity = await self._database.read(unit)
        if self._opened is not None and viewer is not None:
            self._opened(account_id)
        return json_reply(entity)

    async def many(self, request: Request) -> Reply:
        """``GET /api/v1/accounts?id[]=``: those of them that there are."""
        viewer = request.viewer
        texts = request.bind(ManyParameters).id[:MOST_IDS]
        ids = list(dict.fromkeys(number for text in texts if (number := parse_id(text))))

        async def unit(tx: Transaction) -> list[Entity]:
            found = await self._accounts.by_ids(tx, ids)
            visible = [
                account_id
                for account_id in ids
                if account_id in found and self._accounts.is_visible_to(viewer, found[account_id])
            ]
            return list((await self._accounts.entities(tx, visible)).values())

        if viewer is None and not self._accounts.has_public_pages:
            raise _login_required()
        return json_reply(await self._database.read(unit))

    async def lookup(self, request: Request) -> Reply:
        """``GET /api/v1/accounts/lookup?acct=``: an account that is known already."""
        viewer = request.viewer
        acct = (request.text("acct") or "").strip().removeprefix("@")
        handle = parse_handle(acct) if "@" in acct else None
        username, domain = handle or (acct, None)
        if "@" in username:
            raise NotFound

        async def unit(tx: Transaction) -> Entity:
            account = await self._accounts.by_handle(tx, username, domain)
            account_id = 0 if account is None else account.id
            await self._accounts.access_account(tx, viewer, account_id)
            return (await self._accounts.entities(tx, [account_id]))[account_id]

        return json_reply(await self._database.read(unit))


def _login_required() -> Unauthenticated:
    return Unauthenticated("login_required", "This method requires an authenticated user")
