"""Client API: collections of profiles (Mastodon API ``collections``)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from fedrse.core.errors import Invalid, Unauthenticated
from fedrse.core.ids import parse_id
from fedrse.core.language import normalise_language
from fedrse.core.ports import Protocol
from fedrse.features.accounts.model import Account
from fedrse.features.collections.model import (
    MOST_ITEMS,
    Collection,
    checked_description,
    checked_name,
    checked_tag,
    item_entity,
)
from fedrse.features.collections.service import Collections
from fedrse.features.collections.service_elsewhere import CollectionsElsewhere
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction

LIMIT, MOST = 40, 80
Listing = Callable[[Transaction, int, int, int, int], Awaitable[list[Collection]]]


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def access_account(
        self, tx: Transaction, viewer: int | None, account_id: int
    ) -> Account: ...

    async def entities(self, tx: Transaction, ids: list[int]) -> dict[int, dict[str, Any]]: ...


class CollectionParameters(Struct):
    """What a collection says of itself; what is absent stays, or has its usual value."""

    name: str | None = None
    description: str | None = None
    language: str | None = None
    tag_name: str | None = None
    sensitive: bool | None = None
    discoverable: bool | None = None
    account_ids: list[str] = []


class ItemParameters(Struct):
    """Who is put in."""

    account_id: str | None = None


class PartParameters(Struct):
    """Which part of a list."""

    limit: int = LIMIT
    offset: int = 0


Fetch = Callable[[int], Awaitable[None]]
"""Asks the site of an account which collections it shows, and waits for it a moment."""


class CollectionsApi:
    """Handlers; visitors read only where public pages are on."""

    def __init__(
        self,
        *,
        database: Database,
        collections: Collections,
        people: People,
        elsewhere: CollectionsElsewhere,
        fetch: Fetch,
        public_pages: bool,
    ) -> None:
        self._database = database
        self._collections = collections
        self._people = people
        self._elsewhere = elsewhere
        self._fetch = fetch
        self._public_pages = public_pages

    def routes(self) -> list[Route]:
        """The addresses of this interface."""
        base, one = "/api/v1/collections", "/api/v1/collections/{collection_id}"
        item = f"{one}/items/{{id}}"
        read, write = "read:collections", "write:collections"

        def route(
            method: str, path: str, handler: Handler, scope: str, auth: Auth = Auth.USER
        ) -> Route:
            return Route(method, path, handler, Surface.API, auth, scopes=(scope,))

        return [
            route("POST", base, self.create, write),
            route("GET", one, self.show, read, Auth.OPTIONAL),
            route("PATCH", one, self.change, write),
            route("PUT", one, self.change, write),
            route("DELETE", one, self.delete, write),
            route("POST", f"{one}/items", self.add, write),
            route("DELETE", item, self.remove, write),
            route("POST", f"{item}/revoke", self.revoke, write),
            *(
                one
                # The documentation leaves "accounts" out, Mastodon and its own app do not.
                for owner in ("/api/v1/accounts/{account_id}", "/api/v1/{account_id}")
                for one in (
                    route("GET", f"{owner}/collections", self.listing, read, Auth.OPTIONAL),
                    route("GET", f"{owner}/in_collections", self.containing, read),
                )
            ),
        ]

    def _reader(self, request: Request) -> int:
        """Who asks, 0 for a visitor. Raises Unauthenticated where visitors see nothing."""
        if request.viewer is None and not self._public_pages:
            raise Unauthenticated("login_required", "This method requires an authenticated user")
        return request.viewer or 0

    async def create(self, request: Request) -> Reply:
        """``POST /api/v1/collections``."""
        viewer, given = request.require_viewer(), request.bind(CollectionParameters)
        blank = Collection(0, viewer, "", "", None, None, False, True, 0, 0)
        wanted = _changed(blank, _with_name(given))
        people = [parse_id(one) or 0 for one in given.account_ids[: MOST_ITEMS + 1]]

        async def unit(tx: Transaction) -> dict[str, Any]:
            made = await self._collections.create(tx, viewer, wanted, people)
            return (await self._collections.entities(tx, viewer, [made]))[0]

        return json_reply({"collection": await self._database.write(unit)})

    async def show(self, request: Request) -> Reply:
        """``GET /api/v1/collections/:id``."""
        viewer, collection_id = self._reader(request), request.path_id("collection_id")

        async def unit(tx: Transaction) -> dict[str, Any]:
            found = await self._collections.access(tx, collection_id)
            entity = (await self._collections.entities(tx, viewer, [found]))[0]
            ids = [int(one["account_id"]) for one in entity["items"]]
            people = await self._people.entities(tx, [found.account_id, *ids])
            return {"accounts": list(people.values()), "collection": entity}

        return json_reply(await self._database.read(unit))

    async def change(self, request: Request) -> Reply:
        """``PATCH /api/v1/collections/:id``."""
        viewer, collection_id = request.require_viewer(), request.path_id("collection_id")
        given = request.bind(CollectionParameters)

        async def unit(tx: Transaction) -> dict[str, Any]:
            found = await self._collections.access_own(tx, viewer, collection_id)
            changed = await self._collections.change(tx, viewer, _changed(found, given))
            return (await self._collections.entities(tx, viewer, [changed]))[0]

        return json_reply({"collection": await self._database.write(unit)})

    async def delete(self, request: Request) -> Reply:
        """``DELETE /api/v1/collections/:id``."""
        viewer, collection_id = request.require_viewer(), request.path_id("collection_id")
        await self._database.write(self._collections.delete, viewer, collection_id)
        return json_reply({})

    async def add(self, request: Request) -> Reply:
        """``POST /api/v1/collections/:collection_id/items``."""
        viewer, collection_id = request.require_viewer(), request.path_id("collection_id")
        given = request.bind(ItemParameters).account_id
        if not given:
            raise Invalid("account_missing", "`account_id` parameter is missing")
        item = await self._database.write(
            self._collections.add, viewer, collection_id, parse_id(given) or 0
        )
        return json_reply({"collection_item": item_entity(item)})

    async def remove(self, request: Request) -> Reply:
        """``DELETE /api/v1/collections/:collection_id/items/:id``."""
        return await self._of_item(request, self._collections.remove)

    async def revoke(self, request: Request) -> Reply:
        """``POST /api/v1/collections/:collection_id/items/:id/revoke``."""
        return await self._of_item(request, self._collections.revoke)

    async def _of_item(
        self, request: Request, work: Callable[[Transaction, int, int, int], Awaitable[None]]
    ) -> Reply:
        viewer, collection_id = request.require_viewer(), request.path_id("collection_id")
        await self._database.write(work, viewer, collection_id, request.path_id())
        return json_reply({})

    async def listing(self, request: Request) -> Reply:
        """``GET /api/v1/accounts/:account_id/collections``; another site is asked for its own."""
        viewer, account_id = self._reader(request), request.path_id("account_id")

        async def due(tx: Transaction) -> bool:
            account = await self._people.access_account(tx, viewer or None, account_id)
            return bool(viewer) and await self._elsewhere.needs_fetch(tx, account)

        if await self._database.read(due):
            await self._fetch(account_id)
        return await self._list(request, self._collections.of_account)

    async def containing(self, request: Request) -> Reply:
        """``GET /api/v1/accounts/:account_id/in_collections``."""
        return await self._list(request, self._collections.with_account)

    async def _list(self, request: Request, source: Listing) -> Reply:
        viewer, account_id = self._reader(request), request.path_id("account_id")
        given = request.bind(PartParameters)
        limit, offset = min(max(given.limit, 1), MOST), min(max(given.offset, 0), 10_000)

        async def unit(tx: Transaction) -> list[dict[str, Any]]:
            await self._people.access_account(tx, viewer or None, account_id)
            # One more tells whether there is another page.
            found = await source(tx, viewer, account_id, limit + 1, offset)
            return await self._collections.entities(tx, viewer, found)

        found = await self._database.read(unit)
        links = []
        if len(found) > limit:
            links.append(f'<{request.url}?limit={limit}&offset={offset + limit}>; rel="next"')
        if offset:
            before = max(offset - limit, 0)
            links.append(f'<{request.url}?limit={limit}&offset={before}>; rel="prev"')
        headers = {"Link": ", ".join(links)} if links else {}
        return json_reply({"collections": found[:limit]}, headers=headers)


def _with_name(given: CollectionParameters) -> CollectionParameters:
    """A new collection needs a name."""
    return given if given.name is not None else replace(given, name="")


def _changed(collection: Collection, given: CollectionParameters) -> Collection:
    """The collection with what was given. Raises Invalid."""
    changes: dict[str, Any] = {}
    if given.name is not None:
        changes["name"] = checked_name(given.name)
    if given.description is not None:
        changes["description"] = checked_description(given.description)
    if given.language is not None:
        changes["language"] = normalise_language(given.language)
    if given.tag_name is not None:
        changes["tag"] = checked_tag(given.tag_name)
    for name in ("sensitive", "discoverable"):
        value = getattr(given, name)
        if value is not None:
            changes[name] = value
    return replace(collection, **changes)
