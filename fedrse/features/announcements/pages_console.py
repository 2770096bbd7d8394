"""A page of the console: all announcements of this site, with whom they reached; make and end."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from fedrse.features.accounts.service_sites import names_of_sites
from fedrse.features.announcements.model import LONGEST, Announcement, Totals
from fedrse.features.announcements.pages import AnnouncementPages, NoticeForm
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.rights import Right
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Transaction
from fedrse.web.console import PATH as CONSOLE
from fedrse.web.console import Console
from fedrse.web.views import Person

PATH: Final = f"{CONSOLE}/announcements"


class _Board(Struct, frozen=True):
    me: Person
    all: list[Announcement]
    totals: dict[int, Totals]
    elsewhere: dict[int, dict[str, Totals]]
    names: dict[str, str]


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

        async def unit(tx: Transaction) -> _Board:
            own = [one for one in await self._announcements.all(tx) if one.host is None]
            return _Board(
                await self._me(tx, viewer),
                own[::-1],
                await self._announcements.totals(tx, own),
                await self._announcements.totals_elsewhere(tx, [one.id for one in own]),
                await names_of_sites(tx, self._hosts()),
            )

        board = await self._database.read(unit)
        return self._console.render(
            request,
            "announcements/console.html",
            viewer=board.me,
            status=status,
            board=board,
            now=self._clock.now(),
            hosts={one: board.names.get(one, one) for one in sorted(self._hosts())},
            form=form,
            longest=LONGEST,
        )
