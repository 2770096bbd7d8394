"""Client API: announcements (Mastodon API ``announcements``)."""

from __future__ import annotations

from msgspec import Struct

from fedrse.features.announcements.service import Announcements
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database


class ListParameters(Struct):
    """Whether those that were put away are listed, too."""

    with_dismissed: bool = False


class AnnouncementsApi:
    """Handlers; each opens one transaction."""

    def __init__(self, *, database: Database, announcements: Announcements) -> None:
        self._database = database
        self._announcements = announcements

    def routes(self) -> list[Route]:
        """The addresses of this interface."""
        base = "/api/v1/announcements"
        one, reaction = f"{base}/{{id}}", f"{base}/{{id}}/reactions/{{name}}"

        def route(method: str, path: str, handler: Handler, *scopes: str) -> Route:
            return Route(method, path, handler, Surface.API, Auth.USER, scopes=scopes)

        return [
            route("GET", base, self.listing),
            route("POST", f"{one}/dismiss", self.dismiss, "write:accounts"),
            route("POST", f"{one}/confirm", self.confirm, "write:accounts"),
            route("PUT", reaction, self.react, "write:favourites"),
            route("DELETE", reaction, self.unreact, "write:favourites"),
        ]

    async def listing(self, request: Request) -> Reply:
        """``GET /api/v1/announcements``."""
        viewer, given = request.require_viewer(), request.bind(ListParameters)
        found = await self._database.read(
            self._announcements.listing, viewer, with_dismissed=given.with_dismissed
        )
        return json_reply(found)

    async def dismiss(self, request: Request) -> Reply:
        """``POST /api/v1/announcements/:id/dismiss``."""
        await self._database.write(
            self._announcements.dismiss, request.require_viewer(), request.path_id()
        )
        return json_reply({})

    async def confirm(self, request: Request) -> Reply:
        """``POST /api/v1/announcements/:id/confirm``, ours: "I have read this"."""
        await self._database.write(
            self._announcements.confirm, request.require_viewer(), request.path_id()
        )
        return json_reply({})

    async def react(self, request: Request) -> Reply:
        """``PUT /api/v1/announcements/:id/reactions/:name``."""
        viewer, name = request.require_viewer(), request.values["name"]
        await self._database.write(self._announcements.react, viewer, request.path_id(), name)
        return json_reply({})

    async def unreact(self, request: Request) -> Reply:
        """``DELETE /api/v1/announcements/:id/reactions/:name``."""
        viewer, name = request.require_viewer(), request.values["name"]
        await self._database.write(self._announcements.unreact, viewer, request.path_id(), name)
        return json_reply({})
