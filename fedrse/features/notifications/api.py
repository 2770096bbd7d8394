"""Client API: notifications and markers (Mastodon API ``notifications``, ``markers``)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import msgspec

from fedrse.core.clock import to_iso
from fedrse.core.errors import NotFound
from fedrse.core.ids import parse_id
from fedrse.core.json_pieces import JsonPieces, json_list
from fedrse.core.ports import Protocol
from fedrse.features.notifications.model import Notification, Wanted
from fedrse.features.notifications.model_fallback import Fallbacks
from fedrse.features.notifications.service import Notifications
from fedrse.features.notifications.service_entities import AccountEntities, entity
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Row, Transaction

TIMELINES = ("home", "notifications")


class StatusEntities(Protocol):
    """Renders posts for a viewer; implemented by the feature ``posts``."""

    async def pieces_by_id(
        self, tx: Transaction, ids: list[int], viewer_id: int | None
    ) -> dict[int, JsonPieces]: ...


Speech = Callable[[str, str], str]
"""A sentence of the interface in a language: ``web.languages.Languages.gettext``."""


def as_written(_language: str, sentence: str) -> str:
    """Nobody translates."""
    return sentence


ReportEntities = Callable[[Transaction, list[int]], Awaitable[dict[int, dict[str, Any]]]]
"""Renders reports; implemented by the feature ``moderation``."""


class ListParameters(msgspec.Struct):
    """Which notifications are asked for."""

    types: list[str] = []
    exclude_types: list[str] = []
    account_id: str = ""
    include_filtered: bool = False
    supported_types: list[str] | None = None

    def wanted(self) -> Wanted:
        """As the service understands it; an account that does not exist has done nothing."""
        return Wanted(
            kinds=tuple(self.types),
            without=tuple(self.exclude_types),
            by=(parse_id(self.account_id) or 0) if self.account_id else None,
            filtered_too=self.include_filtered,
        )


class NotificationsApi:
    """Handlers; each opens one transaction."""

    def __init__(
        self,
        database: Database,
        notifications: Notifications,
        accounts: AccountEntities,
        statuses: StatusEntities,
        reports: ReportEntities | None = None,
        *,
        say: Speech = as_written,
    ) -> None:
        self._database = database
        self._notifications = notifications
        self._accounts = accounts
        self._statuses = statuses
        self._reports = reports
        self._say = say

    def _fallbacks(self, request: Request, given: ListParameters) -> Fallbacks:
        return Fallbacks(given.supported_types, partial(self._say, request.language))

    async def _entities(
        self, tx: Transaction, viewer: int, found: list[Notification], fallbacks: Fallbacks
    ) -> list[JsonPieces]:
        people = await self._accounts.rendered(tx, list({item.from_id for item in found}))
        ids = list({item.post_id for item in found if item.post_id is not None})
        statuses = await self._statuses.pieces_by_id(tx, ids, viewer)
        told = list({item.report_id for item in found if item.report_id is not None})
        reports = await self._reports(tx, told) if self._reports and told else {}
        return [
            entity(
                item,
                people[item.from_id][1],
                statuses.get(item.post_id or 0),
                reports.get(item.report_id or 0),
                fallback=partial(fallbacks.of, item.kind, people[item.from_id][0]),
            )
            for item in found
            if item.from_id in people and (item.post_id is None or item.post_id in statuses)
        ]

    async def listing(self, request: Request) -> Reply:
        """``GET /api/v1/notifications``."""
        viewer, page = request.require_viewer(), request.page(default=40, cap=80)
        given = request.bind(ListParameters)
        wanted, fallbacks = given.wanted(), self._fallbacks(request, given)

        async def unit(tx: Transaction) -> tuple[list[Notification], bytes]:
            found = await self._notifications.listing(tx, viewer, page, wanted)
            return found, json_list(await self._entities(tx, viewer, found, fallbacks))

        found, body = await self._database.read(unit)
        links = request.link(
            page, newest=found[0].id if found else None, oldest=found[-1].id if found else None
        )
        return Reply(body, headers=links)

    async def one(self, request: Request) -> Reply:
        """``GET /api/v1/notifications/:id``."""
        viewer, identifier = request.require_viewer(), request.path_id()
        fallbacks = self._fallbacks(request, request.bind(ListParameters))

        async def unit(tx: Transaction) -> list[JsonPieces]:
            found = await self._notifications.access_notification(tx, viewer, identifier)
            return await self._entities(tx, viewer, [found], fallbacks)

        entities = await self._database.read(unit)
        if not entities:
            raise NotFound
        return Reply(b"".join(entities[0]))

    async def clear(self, request: Request) -> Reply:
        """``POST /api/v1/notifications/clear``."""
        await self._database.write(self._notifications.clear, request.require_viewer())
        return json_reply({})

    async def dismiss(self, request: Request) -> Reply:
        """``POST /api/v1/notifications/:id/dismiss``."""
        viewer, identifier = request.require_viewer(), request.path_id()
        await self._database.write(self._notifications.dismiss, viewer, identifier)
        return json_reply({})

    async def unread_count(self, request: Request) -> Reply:
        """``GET /api/v1/notifications/unread_count``."""
        limit = request.page(default=100, cap=1000).limit
        wanted = request.bind(ListParameters).wanted()
        count = await self._database.read(
            self._notifications.unread_count, request.require_viewer(), limit, wanted
        )
        return json_reply({"count": count})

    async def markers(self, request: Request) -> Reply:
        """``GET /api/v1/markers``; without ``timeline[]`` an empty object."""
        wanted = request.params.get("timeline")
        names = wanted if isinstance(wanted, list) else [wanted]
        found = await self._database.read(self._notifications.markers, request.require_viewer())
        return json_reply({name: _marker(row) for name, row in found.items() if name in names})

    async def set_markers(self, request: Request) -> Reply:
        """``POST /api/v1/markers`` with ``home[last_read_id]``, ``notifications[...]``."""
        viewer = request.require_viewer()
        told: dict[str, int] = {}
        for name in TIMELINES:
            value = request.params.get(name)
            read = parse_id(str(value.get("last_read_id"))) if isinstance(value, dict) else None
            if read is not None:
                told[name] = read

        async def unit(tx: Transaction) -> dict[str, Row]:
            for name, read in told.items():
                await self._notifications.set_marker(tx, viewer, name, read)
            return await self._notifications.markers(tx, viewer)

        found = await self._database.write(unit)
        return json_reply({name: _marker(row) for name, row in found.items() if name in told})


def _marker(row: Row) -> dict[str, Any]:
    return {
        "last_read_id": str(row.last_read_id),
        "version": row.version,
        "updated_at": to_iso(row.updated_at),
    }


def routes(api: NotificationsApi) -> list[Route]:
    """The addresses of this feature."""
    base = "/api/v1/notifications"

    def route(method: str, path: str, handler: Handler, scope: str) -> Route:
        return Route(method, path, handler, Surface.API, Auth.USER, scopes=(scope,))

    return [
        route("GET", base, api.listing, "read:notifications"),
        route("GET", f"{base}/unread_count", api.unread_count, "read:notifications"),
        route("POST", f"{base}/clear", api.clear, "write:notifications"),
        route("GET", f"{base}/{{id}}", api.one, "read:notifications"),
        route("POST", f"{base}/{{id}}/dismiss", api.dismiss, "write:notifications"),
        route("GET", "/api/v1/markers", api.markers, "read:statuses"),
        route("POST", "/api/v1/markers", api.set_markers, "write:statuses"),
    ]
