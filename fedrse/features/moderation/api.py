"""Client API: reports (Mastodon API ``reports``)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from fedrse.core.errors import Invalid
from fedrse.core.ports import Protocol
from fedrse.features.moderation.model import Category, entity
from fedrse.features.moderation.service import Reports
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction


class AccountEntities(Protocol):
    """Renders accounts; implemented by the feature ``accounts``."""

    async def entities(self, tx: Transaction, ids: list[int]) -> dict[int, dict[str, Any]]: ...


class ReportParameters(Struct):
    """Parameters of a report."""

    account_id: int
    status_ids: list[int] = []
    comment: str = ""
    forward: bool = False
    category: Category = Category.OTHER
    rule_ids: list[int] = []
    collection_ids: list[int] = []


class ReportsApi:
    """One handler."""

    def __init__(
        self, *, database: Database, reports: Reports, accounts: AccountEntities, rules: int
    ) -> None:
        """``rules``: how many this site has; their ids are their places."""
        self._rules = range(1, rules + 1)
        self._database = database
        self._reports = reports
        self._accounts = accounts

    def routes(self) -> list[Route]:
        """The addresses of this interface."""
        scopes = ("write:reports",)
        return [
            Route("POST", "/api/v1/reports", self.create, Surface.API, Auth.USER, scopes=scopes)
        ]

    async def create(self, request: Request) -> Reply:
        """``POST /api/v1/reports``."""
        viewer, wanted = request.require_viewer(), request.bind(ReportParameters)
        rules = wanted.rule_ids if wanted.category is Category.VIOLATION else []
        if not set(rules) <= set(self._rules):
            raise Invalid("rule_unknown", "Validation failed: Rules does not reference valid rules")

        async def unit(tx: Transaction) -> dict[str, Any]:
            report, posts = await self._reports.report(
                tx,
                viewer,
                wanted.account_id,
                post_ids=wanted.status_ids,
                comment=wanted.comment,
                category=wanted.category,
                forward=wanted.forward,
                rules=sorted(set(rules)),
                collection_ids=wanted.collection_ids,
            )
            target = (await self._accounts.entities(tx, [report.target_id]))[report.target_id]
            return entity(report, posts, target)

        return json_reply(await self._database.write(unit))
