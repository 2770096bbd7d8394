"""Client API: lists of people (followers, requests, blocks, mutes) and search for people."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct

from fedrse.core.clock import to_iso
from fedrse.core.errors import BadRequest
from fedrse.core.paging import Page
from fedrse.features.accounts.service import Accounts
from fedrse.features.relationships.model import Listed
from fedrse.features.relationships.service import Relationships
from fedrse.features.relationships.service_search import PeopleSearch
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction

DEFAULT_LIMIT = 40
MAX_LIMIT = 80

Listing = Callable[[Transaction, int, Page], Awaitable[list[Listed]]]
Entity = dict[str, Any]

Lookup = Callable[[str], Awaitable[int | None]]
"""Asks other sites whom a handle or address names; the account's id, None for nobody. Never raises
for what cannot be found."""


class SearchParameters(Struct):
    """Parameters of ``accounts/search``."""

    q: str = ""
    limit: int = DEFAULT_LIMIT
    offset: int = 0
    resolve: bool = False
    following: bool = False


def routes(
    *,
    database: Database,
    accounts: Accounts,
    relationships: Relationships,
    lookup: Lookup,
) -> list[Route]:
    """Lists of people."""
    api = PeopleListsApi(database, accounts, relationships, lookup)

    def get(path: str, handler: Handler, *scopes: str, auth: Auth = Auth.USER) -> Route:
        return Route("GET", f"/api/v1/{path}", handler, Surface.API, auth, scopes)

    return [
        get("accounts/search", api.search, "read:accounts"),
        get("accounts/{id}/followers", api.followers, "read:accounts", auth=Auth.OPTIONAL),
        get("accounts/{id}/following", api.following, "read:accounts", auth=Auth.OPTIONAL),
        get("follow_requests", api.follow_requests, "read:follows", "follow"),
        get("blocks", api.blocks, "read:blocks", "follow"),
        get("mutes", api.mutes, "read:mutes", "follow"),
        get("endorsements", api.endorsements, "read:accounts"),
        get("accounts/{id}/endorsements", api.endorsements_of, "read:accounts", auth=Auth.OPTIONAL),
    ]


class PeopleListsApi:
    """Handlers; each opens one transaction."""

    def __init__(
        self,
        database: Database,
        accounts: Accounts,
        relationships: Relationships,
        lookup: Lookup,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._relationships = relationships
        self._people = PeopleSearch(accounts=accounts, relationships=relationships)
        self._lookup = lookup

    async def followers(self, request: Request) -> Reply:
        """``GET /api/v1/accounts/:id/followers``."""
        return await self._of_account(request, self._relationships.followers)

    async def following(self, request: Request) -> Reply:
        """``GET /api/v1/accounts/:id/following``."""
        return await self._of_account(request, self._relationships.following)

    async def _of_account(self, request: Request, listing: Listing) -> Reply:
        viewer, account_id = request.viewer, request.path_id()
        page = request.page(default=DEFAULT_LIMIT, cap=MAX_LIMIT)

        async def unit(tx: Transaction) -> tuple[list[Listed], list[Entity]]:
            account = await self._accounts.access_account(tx, viewer, account_id)
            if not await self._relationships.shows_lists(tx, account, viewer):
                return [], []
            return await self._render(tx, await listing(tx, account_id, page), viewer)

        return _answer(request, page, *await self._database.read(unit))

    async def _render(
        self, tx: Transaction, listed: list[Listed], viewer: int | None
    ) -> tuple[list[Listed], list[Entity]]:
        ids = [one.account_id for one in listed]
        if viewer is None:
            # Visitors see in lists, too, only who agreed to be seen.
            known = await self._accounts.by_ids(tx, ids)
            ids = [one for one in ids if self._accounts.is_visible_to(None, known[one])]
        return listed, list((await self._accounts.entities(tx, ids)).values())

    async def follow_requests(self, request: Request) -> Reply:
        """``GET /api/v1/follow_requests``."""
        return await self._own(request, self._relationships.requests)

    async def blocks(self, request: Request) -> Reply:
        """``GET /api/v1/blocks``."""
        return await self._own(request, self._relationships.blocked)

    async def _own(self, request: Request, listing: Listing) -> Reply:
        viewer = request.require_viewer()
        page = request.page(default=DEFAULT_LIMIT, cap=MAX_LIMIT)

        async def unit(tx: Transaction) -> tuple[list[Listed], list[Entity]]:
            return await self._render(tx, await listing(tx, viewer, page), viewer)

        return _answer(request, page, *await self._database.read(unit))

    async def endorsements(self, request: Request) -> Reply:
        """``GET /api/v1/endorsements``."""
        return await self._own(request, self._relationships.endorsements.listing)

    async def endorsements_of(self, request: Request) -> Reply:
        """``GET /api/v1/accounts/:id/endorsements``."""
        viewer, account_id = request.viewer, request.path_id()
        page = request.page(default=DEFAULT_LIMIT, cap=MAX_LIMIT)

        async def unit(tx: Transaction) -> tuple[list[Listed], list[Entity]]:
            account = await self._accounts.access_account(tx, viewer, account_id)
            if account.is_gone:
                return [], []
            listed = await self._relationships.endorsements.listing(tx, account_id, page)
            return await self._render(tx, listed, viewer)

        return _answer(request, page, *await self._database.read(unit))

    async def mutes(self, request: Request) -> Reply:
        """``GET /api/v1/mutes``: with the end of each."""
        viewer = request.require_viewer()
        page = request.page(default=DEFAULT_LIMIT, cap=MAX_LIMIT)

        async def unit(tx: Transaction) -> tuple[list[Listed], list[Entity]]:
            listed = await self._relationships.muted(tx, viewer, page)
            entities = await self._accounts.entities(tx, [one.account_id for one in listed])
            return listed, [
                entities[one.account_id]
                | {"mute_expires_at": None if one.expires_at is None else to_iso(one.expires_at)}
                for one in listed
                if one.account_id in entities
            ]

        return _answer(request, page, *await self._database.read(unit))

    async def search(self, request: Request) -> Reply:
        """``GET /api/v1/accounts/search``."""
        viewer = request.require_viewer()
        wanted = request.bind(SearchParameters)
        if "q" not in request.params:
            raise BadRequest("blank_parameter", "param is missing or the value is empty: q")
        limit = min(max(wanted.limit, 1), MAX_LIMIT)
        found: int | None = None
        if wanted.resolve and wanted.offset == 0 and "@" in wanted.q.strip().removeprefix("@"):
            found = await self._lookup(wanted.q.strip())

        async def unit(tx: Transaction) -> list[Entity]:
            ids = await self._people.search(
                tx,
                wanted.q,
                viewer=viewer,
                limit=limit,
                offset=wanted.offset,
                following=wanted.following,
            )
            if found is not None and not wanted.following:
                ids = [found, *(one for one in ids if one != found)]
            return list((await self._people.entities(tx, ids[:limit])).values())

        return json_reply(await self._database.read(unit))


def _answer(request: Request, page: Page, listed: list[Listed], entities: list[Entity]) -> Reply:
    """The page with its Link header, which counts in the ids of the list, not of accounts."""
    headers = request.link(
        page,
        newest=listed[0].id if listed else None,
        oldest=listed[-1].id if listed else None,
        more=len(listed) == page.limit,
    )
    return json_reply(entities, headers=headers)
