"""The first page: the home timeline of whoever is signed in."""

from __future__ import annotations

from msgspec import Struct

from fedrse.core.ids import parse_id
from fedrse.core.paging import Page
from fedrse.features.posts.model_drawing import Drawing, Entity
from fedrse.features.timelines.model_home import Around, Beside, why
from fedrse.features.timelines.service import Timelines
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.renderer import SIGN_IN_PATH, Renderer
from fedrse.web.views import Post, Why

IN_PLACE = "X-In-Place"


class _Home(Struct, frozen=True):
    """What the page shows, as entities; ``beside`` and ``read_until`` only on the newest part."""

    ids: list[int]
    statuses: list[Entity]
    me: Entity | None
    followed: set[str]
    tags: set[str]
    read_until: int = 0
    beside: Beside = Beside()


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
        cards = self._drawing.cards(request, home.statuses, "home", reasons)
        return self._renderer.render(
            request,
            "timelines/home.html",
            viewer=None if home.me is None else self._drawing.person(home.me),
            cards=cards,
            first_read=_first_read(cards, home.read_until),
            newest=home.ids[0] if home.ids and page.max_id is None else 0,
            read_until=home.read_until,
            beside=home.beside,
            older=f"/?max_id={home.ids[-1]}" if len(home.ids) == page.limit else "",
        )

    async def _read(self, tx: Transaction, viewer: int, page: Page) -> _Home:
        ids = await self._timelines.home(tx, viewer, page)
        statuses, me = await self._drawing.read(tx, ids, viewer)
        authors = {int(status["account"]["id"]) for status in statuses}
        followed, tags = await self._around.reasons(tx, viewer, authors)
        if page.max_id is not None or page.after:
            return _Home(ids, statuses, me, followed, tags)
        until = await self._around.read_until(tx, viewer)
        beside = await self._around.beside(tx, viewer)
        return _Home(ids, statuses, me, followed, tags, until, beside)

    def _reasons(self, request: Request, home: _Home, viewer: int) -> dict[str, Why]:
        sentence = self._renderer.languages.gettext(request.language, "You follow %(name)s")
        found = {}
        for status in home.statuses:
            reason = why(status, viewer, home.followed, home.tags)
            if reason is not None:
                kind, name = reason
                words = sentence % {"name": name}
                found[status["id"]] = Why(words, name if kind == "tag" else "")
        return found

    async def mark_read(self, request: Request) -> Reply:
        """``POST /home/read`` with ``until``, the newest post that was seen."""
        viewer, until = request.require_viewer(), parse_id(request.text("until") or "") or 0
        if until:
            await self._database.write(self._around.set_read, viewer, until)
        return Reply(status=204) if request.headers.get(IN_PLACE) else redirect("/")


def _first_read(cards: list[Post], read_until: int) -> str:
    """The key of the first post that was read before, where newer ones stand above it."""
    for place, card in enumerate(cards):
        if int(card.key) <= read_until:
            return card.key if place else ""
    return ""
