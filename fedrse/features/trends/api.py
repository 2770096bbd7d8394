"""Client API: trends (Mastodon API ``trends``), and the timeline of a link."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from fedrse.core.errors import NotFound, Unauthenticated
from fedrse.core.ports import Protocol
from fedrse.features.cards.model import Card
from fedrse.features.tags.model import Tag
from fedrse.features.trends.service import Trends
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction

Bounds = tuple[int, int]  # usual and largest number of items
TAGS: Bounds = (10, 20)
LINKS: Bounds = (10, 20)
STATUSES: Bounds = (20, 40)


class TagEntities(Protocol):
    """Renders tags; implemented by ``tags.service.Tags``."""

    async def entities(
        self, tx: Transaction, viewer: int | None, tags: Sequence[Tag]
    ) -> list[dict[str, Any]]: ...


class StatusEntities(Protocol):
    """Renders posts for a viewer; implemented by the feature ``posts``."""

    async def listed(self, tx: Transaction, ids: list[int], viewer_id: int | None) -> bytes: ...


class OffsetParameters(Struct):
    """Which part of a ranked list."""

    limit: int | None = None
    offset: int = 0


class TrendsApi:
    """Handlers; visitors get only statuses, and only where public pages are on."""

    def __init__(
        self,
        *,
        database: Database,
        trends: Trends,
        tags: TagEntities,
        statuses: StatusEntities,
        card: Callable[[Card], dict[str, object]],
        public_pages: bool,
    ) -> None:
        self._database = database
        self._trends = trends
        self._tags = tags
        self._statuses = statuses
        self._card = card
        self._public_pages = public_pages

    def routes(self) -> list[Route]:
        """The addresses of this interface."""
        base = "/api/v1/trends"

        def get(path: str, handler: Handler, *scopes: str) -> Route:
            return Route("GET", path, handler, Surface.API, Auth.OPTIONAL, scopes=scopes)

        return [
            get(base, self.tags),  # before there was more than one kind
            get(f"{base}/tags", self.tags),
            get(f"{base}/statuses", self.statuses),
            get(f"{base}/links", self.links),
            get("/api/v1/timelines/link", self.timeline, "read:statuses"),
        ]

    async def tags(self, request: Request) -> Reply:
        """``GET /api/v1/trends/tags``."""
        viewer, (limit, offset) = self._reader(request), _part(request, TAGS)

        async def unit(tx: Transaction) -> list[dict[str, Any]]:
            # How much people here use a tag is told to nobody outside.
            found = [] if viewer is None else await self._trends.tags(tx, limit, offset)
            return await self._tags.entities(tx, viewer, found)

        found = await self._database.read(unit)
        return json_reply(found, headers=_links(request, limit, offset, len(found)))

    async def links(self, request: Request) -> Reply:
        """``GET /api/v1/trends/links``."""
        viewer, (limit, offset) = self._reader(request), _part(request, LINKS)
        found = (
            [] if viewer is None else await self._database.read(self._trends.links, limit, offset)
        )
        entities = [self._card(card) | {"history": history} for card, history in found]
        return json_reply(entities, headers=_links(request, limit, offset, len(found)))

    async def statuses(self, request: Request) -> Reply:
        """``GET /api/v1/trends/statuses``."""
        viewer, (limit, offset) = self._reader(request), _part(request, STATUSES)

        async def unit(tx: Transaction) -> tuple[int, bytes]:
            ids = await self._trends.posts(tx, viewer, limit, offset)
            return len(ids), await self._statuses.listed(tx, ids, viewer)

        count, statuses = await self._database.read(unit)
        return Reply(statuses, headers=_links(request, limit, offset, count))

    async def timeline(self, request: Request) -> Reply:
        """``GET /api/v1/timelines/link``."""
        viewer, page = request.require_viewer(), request.page()
        url = request.text("url")
        if not url:
            raise NotFound

        async def unit(tx: Transaction) -> tuple[list[int], bytes]:
            ids = await self._trends.posts_with_link(tx, viewer, url, page)
            return ids, await self._statuses.listed(tx, ids, viewer)

        ids, statuses = await self._database.read(unit)
        links = request.link(page, newest=ids[0] if ids else None, oldest=ids[-1] if ids else None)
        return Reply(statuses, headers=links)

    def _reader(self, request: Request) -> int | None:
        """Who asks. Raises Unauthenticated where visitors see nothing."""
        if request.viewer is None and not self._public_pages:
            raise Unauthenticated("login_required", "This method requires an authenticated user")
        return request.viewer


def _part(request: Request, bounds: Bounds) -> tuple[int, int]:
    """Limit and offset, brought inside their bounds."""
    given = request.bind(OffsetParameters)
    usual, largest = bounds
    limit = usual if given.limit is None else min(max(given.limit, 1), largest)
    return limit, min(max(given.offset, 0), 10_000)


def _links(request: Request, limit: int, offset: int, count: int) -> dict[str, str]:
    """The Link header of a ranked list, which is paged by place."""
    parts = []
    if count == limit:
        parts.append(f'<{request.url}?limit={limit}&offset={offset + limit}>; rel="next"')
    if offset:
        before = max(offset - limit, 0)
        parts.append(f'<{request.url}?limit={limit}&offset={before}>; rel="prev"')
    return {"Link": ", ".join(parts)} if parts else {}
