"""A page of the console: all announcements of this site, with whom they reached; make and end."""

from __future__ import annotations

from typing import Any, Final

from fedrse.features.announcements.model import LONGEST
from fedrse.features.announcements.pages import AnnouncementPages, Desk
from fedrse.features.announcements.pages_form import NoticeForm
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.rights import Right
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Transaction
from fedrse.web.console import PATH as CONSOLE
from fedrse.web.console import Console
from fedrse.web.views import Person

PATH: Final = f"{CONSOLE}/announcements"


class ConsoleAnnouncements(AnnouncementPages):
    """``/admin/announcements``: the same acts as on the page that everybody sees."""

    path = PATH

    def __init__(self, *, console: Console, **parts: Any) -> None:
        """``parts`` are those of ``AnnouncementPages``."""
        super().__init__(**parts)
        self._console = console

    def routes(self) -> list[Route]:
        """The addresses of this page."""
        page, user, right = Surface.PAGE, Auth.USER, Right.MANAGE_ANNOUNCEMENTS
        return [
            Route("GET", PATH, self.show, page, user, right=right),
            Route("POST", PATH, self.announce, page, user, right=right),
            Route("POST", f"{PATH}/{{id}}/delete", self.take_back, page, user, right=right),
        ]

    async def _draw(self, request: Request, form: NoticeForm, *, status: int = 200) -> Reply:
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> tuple[Person, NoticeForm, Desk]:
            return await self._me(tx, viewer), *await self._desk(tx, form)

        me, checked, desk = await self._database.read(unit)
        return self._console.render(
            request,
            "announcements/console.html",
            viewer=me,
            status=status,
            desk=desk,
            all=[one for one in reversed(desk.made.values()) if one.host is None],
            now=self._clock.now(),
            form=checked,
            longest=LONGEST,
        )
