"""Client API: directory and suggestions (Mastodon API ``directory``, ``suggestions``)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from fedrse.core.errors import Unauthenticated
from fedrse.core.ids import parse_id
from fedrse.core.ports import Protocol
from fedrse.features.directory.service import Directory, Suggestion
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction

DEFAULT_LIMIT = 40
MAX_LIMIT = 80
Entity = dict[str, Any]


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    @property
    def has_public_pages(self) -> bool: ...

    async def entities(self, tx: Transaction, ids: Iterable[int]) -> dict[int, Entity]: ...


class DirectoryParameters(Struct):
    """Parameters of ``directory``."""

    limit: int = DEFAULT_LIMIT
    offset: int = 0
    order: str = "active"
    local: bool = False


class DirectoryApi:
    """Handlers; each opens one transaction."""

    def __init__(self, *, database: Database, directory: Directory, people: People) -> None:
        self._database = database
        self._directory = directory
        self._people = people

    def routes(self) -> list[Route]:
        """The addresses of this feature."""

        def route(method: str, path: str, handler: Handler) -> Route:
            return Route(method, path, handler, Surface.API, Auth.USER, ("read",))

        return [
            Route("GET", "/api/v1/directory", self.directory, Surface.API, Auth.OPTIONAL),
            route("GET", "/api/v2/suggestions", self.suggestions),
            route("GET", "/api/v1/suggestions", self.suggested_accounts),
            route("DELETE", "/api/v1/suggestions/{id}", self.dismiss),
        ]

    async def directory(self, request: Request) -> Reply:
        """``GET /api/v1/directory``; visitors see people of this site."""
        viewer = request.viewer
        if viewer is None and not self._people.has_public_pages:
            raise Unauthenticated("login_required", "This method requires an authenticated user")
        wanted = request.bind(DirectoryParameters)

        async def unit(tx: Transaction) -> list[Entity]:
            ids = await self._directory.people(
                tx,
                viewer,
                newest=wanted.order == "new",
                local=wanted.local or viewer is None,
                limit=min(max(wanted.limit, 1), MAX_LIMIT),
                offset=wanted.offset,
            )
            return list((await self._people.entities(tx, ids)).values())

        return json_reply(await self._database.read(unit))

    async def suggestions(self, request: Request) -> Reply:
        """``GET /api/v2/suggestions``."""
        found, people = await self._suggested(request)
        return json_reply(
            [
                {
                    "source": one.source,
                    "sources": list(one.sources),
                    "account": people[one.account_id],
                }
                for one in found
                if one.account_id in people
            ]
        )

    async def suggested_accounts(self, request: Request) -> Reply:
        """``GET /api/v1/suggestions``."""
        found, people = await self._suggested(request)
        return json_reply([people[one.account_id] for one in found if one.account_id in people])

    async def _suggested(self, request: Request) -> tuple[list[Suggestion], dict[int, Entity]]:
        viewer = request.require_viewer()
        limit = request.page(default=DEFAULT_LIMIT, cap=MAX_LIMIT).limit

        async def unit(tx: Transaction) -> tuple[list[Suggestion], dict[int, Entity]]:
            found = await self._directory.suggestions(tx, viewer, limit)
            return found, await self._people.entities(tx, [one.account_id for one in found])

        return await self._database.read(unit)

    async def dismiss(self, request: Request) -> Reply:
        """``DELETE /api/v1/suggestions/:account_id``; whatever the id is."""
        viewer, other = request.require_viewer(), parse_id(request.values["id"])
        if other is not None:
            await self._database.write(self._directory.dismiss, viewer, other)
        return json_reply({})
