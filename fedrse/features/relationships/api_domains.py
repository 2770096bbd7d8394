"""Client API: domains that a person blocks (Mastodon API ``domain_blocks``)."""

from __future__ import annotations

from fedrse.features.relationships.service import Relationships
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database

DEFAULT_LIMIT = 100
MAX_LIMIT = 200


class DomainBlocksApi:
    """Handlers; each opens one transaction."""

    def __init__(self, *, database: Database, relationships: Relationships) -> None:
        self._database = database
        self._domains = relationships.domains

    def routes(self) -> list[Route]:
        """The list, and what an entry would do."""

        def route(method: str, handler: Handler, scope: str, more: str = "") -> Route:
            path, scopes = f"/api/v1/domain_blocks{more}", (scope, "follow")
            return Route(method, path, handler, Surface.API, Auth.USER, scopes)

        return [
            route("GET", self.listing, "read:blocks"),
            route("POST", self.block, "write:blocks"),
            route("DELETE", self.unblock, "write:blocks"),
            route("GET", self.preview, "write:blocks", "/preview"),
        ]

    async def listing(self, request: Request) -> Reply:
        """``GET /api/v1/domain_blocks``."""
        viewer = request.require_viewer()
        page = request.page(default=DEFAULT_LIMIT, cap=MAX_LIMIT)
        found = await self._database.read(self._domains.listing, viewer, page)
        links = request.link(
            page,
            newest=found[0].id if found else None,
            oldest=found[-1].id if found else None,
            more=len(found) == page.limit,
        )
        return json_reply([one.domain for one in found], headers=links)

    async def block(self, request: Request) -> Reply:
        """``POST /api/v1/domain_blocks``."""
        viewer, domain = request.require_viewer(), request.text("domain") or ""
        await self._database.write(self._domains.block, viewer, domain)
        return json_reply({})

    async def unblock(self, request: Request) -> Reply:
        """``DELETE /api/v1/domain_blocks``."""
        viewer, domain = request.require_viewer(), request.text("domain") or ""
        await self._database.write(self._domains.unblock, viewer, domain)
        return json_reply({})

    async def preview(self, request: Request) -> Reply:
        """``GET /api/v1/domain_blocks/preview``: whom one would lose.

        Nobody documents it, but Mastodon has it, and its app for Android asks before it blocks.
        """
        viewer, domain = request.require_viewer(), request.text("domain") or ""
        found = await self._database.read(self._domains.preview, viewer, domain)
        return json_reply({"following_count": found.following, "followers_count": found.followers})
