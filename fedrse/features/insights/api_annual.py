"""Client API: reports of the year (Mastodon API ``annual_reports``)."""

from __future__ import annotations

from typing import Any

from msgspec import Raw

from fedrse.core.errors import NotFound
from fedrse.core.ports import Protocol
from fedrse.features.insights.model_annual import SCHEMA
from fedrse.features.insights.service_annual import AnnualReport, AnnualReports
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction


class AccountEntities(Protocol):
    """Renders accounts; implemented by the feature ``accounts``."""

    async def entities(self, tx: Transaction, ids: list[int]) -> dict[int, dict[str, Any]]: ...


class StatusEntities(Protocol):
    """Renders posts for a viewer; implemented by the feature ``posts``."""

    async def entities(
        self, tx: Transaction, ids: list[int], viewer_id: int | None
    ) -> list[bytes]: ...


class AnnualReportsApi:
    """Handlers; everybody sees their own reports only."""

    def __init__(
        self,
        *,
        database: Database,
        reports: AnnualReports,
        accounts: AccountEntities,
        statuses: StatusEntities,
    ) -> None:
        self._database = database
        self._reports = reports
        self._accounts = accounts
        self._statuses = statuses

    def routes(self) -> list[Route]:
        """The addresses of this interface."""
        base, one = "/api/v1/annual_reports", "/api/v1/annual_reports/{year}"

        def route(method: str, path: str, handler: Handler, scope: str) -> Route:
            return Route(method, path, handler, Surface.API, Auth.USER, scopes=(scope,))

        return [
            route("GET", base, self.unread, "read:accounts"),
            route("GET", one, self.show, "read:accounts"),
            route("GET", f"{one}/state", self.state, "read:accounts"),
            route("POST", f"{one}/read", self.mark_read, "write:accounts"),
            route("POST", f"{one}/generate", self.generate, "write:accounts"),
        ]

    async def unread(self, request: Request) -> Reply:
        """``GET /api/v1/annual_reports``."""
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> dict[str, Any]:
            return await self._wrapped(tx, viewer, await self._reports.unread(tx, viewer))

        return json_reply(await self._database.read(unit))

    async def show(self, request: Request) -> Reply:
        """``GET /api/v1/annual_reports/:year``."""
        viewer, year = request.require_viewer(), _year(request)

        async def unit(tx: Transaction) -> dict[str, Any]:
            return await self._wrapped(tx, viewer, [await self._reports.one(tx, viewer, year)])

        return json_reply(await self._database.read(unit))

    async def state(self, request: Request) -> Reply:
        """``GET /api/v1/annual_reports/:year/state``."""
        viewer, year = request.require_viewer(), _year(request)
        state = await self._database.read(self._reports.state, viewer, year)
        return json_reply({"state": state})

    async def mark_read(self, request: Request) -> Reply:
        """``POST /api/v1/annual_reports/:year/read``."""
        viewer, year = request.require_viewer(), _year(request)
        await self._database.write(self._reports.mark_read, viewer, year)
        return json_reply({})

    async def generate(self, request: Request) -> Reply:
        """``POST /api/v1/annual_reports/:year/generate``; it is there when this answers."""
        viewer, year = request.require_viewer(), _year(request)
        await self._database.write(self._reports.generate, viewer, year)
        return json_reply({})

    async def _wrapped(
        self, tx: Transaction, viewer: int, found: list[AnnualReport]
    ) -> dict[str, Any]:
        """The Mastodon ``WrappedAnnualReports``."""
        named = {
            int(one)
            for report in found
            for one in report.content["top_statuses"].values()
            if one is not None
        }
        people = await self._accounts.entities(tx, [viewer] if found else [])
        statuses = await self._statuses.entities(tx, sorted(named, reverse=True), viewer)
        return {
            "annual_reports": [
                {
                    "year": one.year,
                    "data": one.content,
                    "schema_version": SCHEMA,
                    "share_url": None,  # nobody else can read it
                    "account_id": str(viewer),
                }
                for one in found
            ],
            "accounts": list(people.values()),
            "statuses": [Raw(one) for one in statuses],
        }


def _year(request: Request) -> int:
    """The year in the address. Raises NotFound."""
    text = request.values["year"]
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise NotFound
    return int(text)
