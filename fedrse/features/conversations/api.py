"""Client API: conversations (Mastodon API ``conversations``)."""

from __future__ import annotations

from typing import Any

from fedrse.features.conversations.model import Conversation
from fedrse.features.conversations.service import Conversations
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction


class ConversationsApi:
    """Handlers; each opens one transaction."""

    def __init__(self, *, database: Database, conversations: Conversations) -> None:
        self._database = database
        self._conversations = conversations

    def routes(self) -> list[Route]:
        """The addresses of this feature."""
        base = "/api/v1/conversations"
        write = "write:conversations"

        def route(method: str, path: str, handler: Handler, scope: str) -> Route:
            return Route(method, path, handler, Surface.API, Auth.USER, (scope,))

        return [
            route("GET", base, self.listing, "read:statuses"),
            route("DELETE", f"{base}/{{id}}", self.remove, write),
            route("POST", f"{base}/{{id}}/read", self.read, write),
            route("POST", f"{base}/{{id}}/unread", self.unread, write),
        ]

    async def listing(self, request: Request) -> Reply:
        """``GET /api/v1/conversations``; pages go by the ids of the last posts."""
        viewer, page = request.require_viewer(), request.page()

        async def unit(tx: Transaction) -> tuple[list[Conversation], list[dict[str, Any]]]:
            found = await self._conversations.listing(tx, viewer, page)
            return found, await self._conversations.entities(tx, viewer, found)

        found, entities = await self._database.read(unit)
        links = request.link(
            page,
            newest=found[0].last_post_id if found else None,
            oldest=found[-1].last_post_id if found else None,
            more=len(found) == page.limit,
        )
        return json_reply(entities, headers=links)

    async def remove(self, request: Request) -> Reply:
        """``DELETE /api/v1/conversations/:id``."""
        viewer, conversation_id = request.require_viewer(), request.path_id()
        await self._database.write(self._conversations.remove, viewer, conversation_id)
        return json_reply({})

    async def read(self, request: Request) -> Reply:
        """``POST /api/v1/conversations/:id/read``."""
        return await self._mark(request, unread=False)

    async def unread(self, request: Request) -> Reply:
        """``POST /api/v1/conversations/:id/unread``."""
        return await self._mark(request, unread=True)

    async def _mark(self, request: Request, *, unread: bool) -> Reply:
        viewer, conversation_id = request.require_viewer(), request.path_id()

        async def unit(tx: Transaction) -> list[dict[str, Any]]:
            marked = await self._conversations.mark(tx, viewer, conversation_id, unread=unread)
            return await self._conversations.entities(tx, viewer, [marked])

        return json_reply((await self._database.write(unit))[0])
