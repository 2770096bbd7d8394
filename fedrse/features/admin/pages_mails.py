"""Page of the console: about what somebody in charge gets mails."""

from __future__ import annotations

from typing import Final

from fedrse.features.admin.pages_reports import PATH as REPORTS
from fedrse.features.moderation.service_alerts import Alerts, Wishes, wishes_of
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.rights import Right
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.console import Console
from fedrse.web.viewers import Me
from fedrse.web.views import Person

PATH: Final = f"{REPORTS}/mails"


class MailDesk:
    """``/admin/reports/mails``: everybody for themselves."""

    def __init__(self, *, database: Database, alerts: Alerts, console: Console, me: Me) -> None:
        self._database = database
        self._alerts = alerts
        self._console = console
        self._me = me

    def routes(self) -> list[Route]:
        """The addresses."""
        page, user, right = Surface.PAGE, Auth.USER, Right.MANAGE_REPORTS
        return [
            Route("GET", PATH, self.show, page, user, right=right),
            Route("POST", PATH, self.choose, page, user, right=right),
        ]

    async def show(self, request: Request) -> Reply:
        """``GET /admin/reports/mails``."""
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> tuple[Person, Wishes]:
            return await self._me(tx, viewer), await self._alerts.wishes(tx, viewer)

        me, wishes = await self._database.read(unit)
        return self._console.render(
            request,
            "admin/mails.html",
            viewer=me,
            wishes=wishes,
            is_on=self._alerts.is_on,
            saved=request.text("saved") == "1",
        )

    async def choose(self, request: Request) -> Reply:
        """``POST /admin/reports/mails``: what is ticked."""
        viewer = request.require_viewer()
        wishes = wishes_of(name for name in Wishes.__struct_fields__ if request.text(name) == "1")

        async def unit(tx: Transaction) -> None:
            await self._alerts.set_wishes(tx, viewer, wishes)

        await self._database.write(unit)
        return redirect(f"{PATH}?saved=1")
