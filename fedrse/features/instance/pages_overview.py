"""The first page of the console: what needs attention now, and how the site does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from msgspec import Struct

from fedrse.core.clock import Clock
from fedrse.features.audit.model import Entry
from fedrse.features.audit.service import Audit, Wanted
from fedrse.features.instance.model_concerns import Concern, Figure
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.rights import Right
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.console import PATH as CONSOLE
from fedrse.web.console import Console
from fedrse.web.viewers import Me
from fedrse.web.views import Person

PATH: Final = f"{CONSOLE}/overview"
LATEST: Final = 5


Watch = Callable[[Transaction, int, int], Awaitable[Sequence[Concern]]]
"""What a feature finds to be looked at now (milliseconds), by whom (account id).

With a fixed number of statements.
"""

Figures = Callable[[Transaction], Awaitable[Sequence[Figure]]]


class _Found(Struct, frozen=True):
    me: Person
    concerns: list[Concern]
    figures: list[Figure]
    latest: list[Entry]


class OverviewPage:
    """``/admin/overview``."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        audit: Audit,
        label: Callable[[str], str],
        watches: Sequence[Watch],
        figures: Sequence[Figures],
        console: Console,
        me: Me,
    ) -> None:
        """``label`` says what an act of the log is called."""
        self._database = database
        self._clock = clock
        self._audit = audit
        self._label = label
        self._watches = watches
        self._figures = figures
        self._console = console
        self._me = me

    def routes(self) -> list[Route]:
        """The address of this page."""
        right = Right.VIEW_DASHBOARD
        return [Route("GET", PATH, self.show, Surface.PAGE, Auth.USER, right=right)]

    async def show(self, request: Request) -> Reply:
        """``GET /admin/overview``."""
        viewer, now = request.require_viewer(), self._clock.now()
        reads_log = request.has_right(Right.VIEW_AUDIT_LOG)

        async def unit(tx: Transaction) -> _Found:
            concerns = [one for watch in self._watches for one in await watch(tx, now, viewer)]
            figures = [one for part in self._figures for one in await part(tx)]
            latest = await self._audit.find(tx, Wanted(), most=LATEST) if reads_log else []
            return _Found(await self._me(tx, viewer), concerns, figures, latest)

        found = await self._database.read(unit)
        concerns = [one for one in found.concerns if request.has_right(one.right)]
        return self._console.render(
            request,
            "instance/overview.html",
            viewer=found.me,
            concerns=sorted(concerns, key=lambda one: _ORDER.index(one.kind)),
            figures=found.figures,
            latest=found.latest,
            label=self._label,
        )


_ORDER: Final = ("danger", "warning", "info")
