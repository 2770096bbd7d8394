"""Client API: ``admin/reports`` of the Mastodon API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from msgspec import UNSET, Struct, UnsetType

from fedrse.core.paging import parse_page
from fedrse.features.admin.api_accounts import AT_ONCE, MOST, paged
from fedrse.features.admin.service_entities import AdminEntities, Entity
from fedrse.features.audit.model import Actor, person
from fedrse.features.moderation.model import CLOSED, OPEN, Category, Report
from fedrse.features.moderation.service_queue import ReportQueue
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.rights import Right
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction

PATH: Final = "/api/v1/admin/reports"
Work = Callable[[Transaction, Actor, int], Awaitable[Report]]


class ListParameters(Struct):
    """Which reports; nobody says otherwise: those that are open."""

    resolved: bool = False
    account_id: int | None = None
    target_account_id: int | None = None


class ChangeParameters(Struct):
    """What a report is about."""

    category: Category | UnsetType = UNSET
    rule_ids: list[int] | UnsetType = UNSET


class AdminReportsApi:
    """Handlers."""

    def __init__(
        self, *, database: Database, reports: ReportQueue, entities: AdminEntities, origin: str
    ) -> None:
        self._database = database
        self._reports = reports
        self._entities = entities
        self._origin = origin

    def routes(self) -> list[Route]:
        """The addresses of this interface."""
        one = f"{PATH}/{{id}}"
        doing: dict[str, Work] = {
            "assign_to_self": self._assign,
            "unassign": self._unassign,
            "resolve": self._reports.close,
            "reopen": self._reports.reopen,
        }
        return [
            _route("GET", PATH, self.listing, "read"),
            _route("GET", one, self.show, "read"),
            _route("PUT", one, self.change, "write"),
            *(
                _route("POST", f"{one}/{name}", self._doing(work), "write")
                for name, work in doing.items()
            ),
        ]

    async def listing(self, request: Request) -> Reply:
        """``GET /api/v1/admin/reports``."""
        wanted = request.bind(ListParameters)
        page = parse_page(request.params, default=AT_ONCE, cap=MOST)
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> list[Entity]:
            found = await self._reports.page(
                tx,
                page,
                state=CLOSED if wanted.resolved else OPEN,
                by=wanted.account_id,
                about=wanted.target_account_id,
                viewer=viewer,
            )
            return await self._entities.reports(tx, found)

        return paged(request, self._origin + PATH, page, await self._database.read(unit))

    async def show(self, request: Request) -> Reply:
        """``GET /api/v1/admin/reports/:id``."""
        viewer, key = request.require_viewer(), request.path_id()

        async def unit(tx: Transaction) -> Entity:
            return await self._entity(tx, await self._reports.access_for(tx, viewer, key))

        return json_reply(await self._database.read(unit))

    async def change(self, request: Request) -> Reply:
        """``PUT /api/v1/admin/reports/:id``."""
        by, key = person(request.require_viewer()), request.path_id()
        wanted = request.bind(ChangeParameters)
        category = None if wanted.category is UNSET else wanted.category
        rules = None if wanted.rule_ids is UNSET else wanted.rule_ids

        async def unit(tx: Transaction) -> Entity:
            return await self._entity(
                tx, await self._reports.classify(tx, by, key, category, rules)
            )

        return json_reply(await self._database.write(unit))

    async def _assign(self, tx: Transaction, by: Actor, report_id: int) -> Report:
        return await self._reports.assign(tx, by, report_id, int(by.id))

    async def _unassign(self, tx: Transaction, by: Actor, report_id: int) -> Report:
        return await self._reports.assign(tx, by, report_id, None)

    def _doing(self, work: Work) -> Handler:
        async def handler(request: Request) -> Reply:
            by, key = person(request.require_viewer()), request.path_id()

            async def unit(tx: Transaction) -> Entity:
                return await self._entity(tx, await work(tx, by, key))

            return json_reply(await self._database.write(unit))

        return handler

    async def _entity(self, tx: Transaction, report: Report) -> Entity:
        return (await self._entities.reports(tx, [report]))[0]


def _route(method: str, path: str, handler: Handler, verb: str) -> Route:
    return Route(
        method,
        path,
        handler,
        Surface.API,
        Auth.USER,
        scopes=(f"admin:{verb}:reports",),
        right=Right.MANAGE_REPORTS,
    )
