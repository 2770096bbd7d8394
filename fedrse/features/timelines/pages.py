"""The first page: the home timeline of whoever is signed in."""

from __future__ import annotations

from msgspec import Struct

from fedrse.core.ids import parse_id
from fedrse.core.paging import Page
from fedrse.features.posts.model_drawing import Card, Drawing, Entity, Status
from fedrse.features.timelines.model_home import Around, Surroundings, why
from fedrse.features.timelines.service import Timelines
from fedrse.http.pieces import Piece
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.renderer import SIGN_IN_PATH, Renderer
from fedrse.web.views import Why

IN_PLACE = "X-In-Place"


class _Home(Struct, frozen=True):
    """What the page shows, as entities."""

    ids: list[int]
    statuses: list[Status]
    me: Entity | None
    around: Surroundings


class HomePage:
    """``GET /``, and how far it was read."""

    def __init__(
        self,
        *,
        database: Database,
        timelines: Timelines,
        drawing: Drawing,
        renderer: Renderer,
        around: Around,
    ) -> None:
        self._database = database
        self._timelines = timelines
        self._drawing = drawing
        self._renderer = renderer
        self._around = around

    def routes(self) -> list[Route]:
        """The addresses of this page."""
        return [
            Route("GET", "/", self.show, Surface.PAGE, Auth.OPTIONAL),
            Route("POST", "/home/read", self.mark_read, Surface.PAGE, Auth.USER),
        ]

    async def show(self, request: Request) -> Reply:
        """The newest posts of those one follows; visitors are asked to sign in."""
        viewer, page = request.viewer, request.page()
        if viewer is None:
            return redirect(SIGN_IN_PATH)
        home = await self._database.read(self._read, viewer, page)
        reasons = self._reasons(request, home, viewer)
        cards = self._drawing.drawn(request, home.statuses, "home", reasons)
        on_top = page.max_id is None
        newest = home.ids[0] if home.ids and on_top else 0
        return self._renderer.render_around(
            request,
            "timelines/home.html",
            {
                "feed": self._feed(request, cards, home.around.read_until),
                "newest": [_number(newest)],
                "oldest": [_number(home.ids[-1] if home.ids else 0)],
                "read_until": [_number(home.around.read_until)],
            },
            viewer=None if home.me is None else self._drawing.person(home.me),
            is_empty=not cards,
            on_top=on_top,
            has_new=newest > home.around.read_until,
            has_older=len(home.ids) == page.limit,
            beside=home.around.beside,
        )

    def _feed(self, request: Request, cards: list[Card], read_until: int) -> list[Piece]:
        """The cards, with a line above the first that was read before if newer ones stand there."""
        found: list[Piece] = []
        newer = bool(read_until)
        for card in cards:
            if newer and int(card.key) <= read_until:
                newer = False
                if found:
                    found.append(self._renderer.draw_line(request))
            found += card.html
        return found

    async def _read(self, tx: Transaction, viewer: int, page: Page) -> _Home:
        ids = await self._timelines.home(tx, viewer, page)
        statuses, me = await self._drawing.recall(tx, ids, viewer)
        authors = {int(status["account"]["id"]) for status in statuses}
        on_top = page.max_id is None and not page.after
        around = await self._around.surroundings(tx, viewer, authors, on_top=on_top)
        return _Home(ids, statuses, me, around)

    def _reasons(self, request: Request, home: _Home, viewer: int) -> dict[str, Why]:
        sentence = self._renderer.languages.gettext(request.language, "You follow %(name)s")
        followed, tags, me = home.around.followed, home.around.tags, str(viewer)
        said: dict[tuple[str, str], Why] = {}
        found = {}
        for status in home.statuses:
            reason = why(status, me, followed, tags)
            if reason is not None:
                known = said.get(reason)
                if known is None:
                    kind, name = reason
                    words = sentence % {"name": name}
                    known = said[reason] = Why(words, name if kind == "tag" else "")
                found[status["id"]] = known
        return found

    async def mark_read(self, request: Request) -> Reply:
        """``POST /home/read`` with ``until``, the newest post that was seen."""
        viewer, until = request.require_viewer(), parse_id(request.text("until") or "") or 0
        if until:
            await self._database.write(self._around.set_read, viewer, until)
        return Reply(status=204) if request.headers.get(IN_PLACE) else redirect("/")


def _number(number: int) -> Piece:
    return Piece(b"%d" % number)
