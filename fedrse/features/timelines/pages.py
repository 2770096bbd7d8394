"""The first page: the home timeline of whoever is signed in."""

from __future__ import annotations

from fedrse.features.posts.model_drawing import Drawing, Entity
from fedrse.features.timelines.service import Timelines
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.renderer import SIGN_IN_PATH, Renderer


class HomePage:
    """``GET /``."""

    def __init__(
        self, *, database: Database, timelines: Timelines, drawing: Drawing, renderer: Renderer
    ) -> None:
        self._database = database
        self._timelines = timelines
        self._drawing = drawing
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """The address of this page."""
        return [Route("GET", "/", self.show, Surface.PAGE, Auth.OPTIONAL)]

    async def show(self, request: Request) -> Reply:
        """The newest posts of those one follows; visitors are asked to sign in."""
        viewer, page = request.viewer, request.page()
        if viewer is None:
            return redirect(SIGN_IN_PATH)

        async def unit(tx: Transaction) -> tuple[list[int], list[Entity], Entity | None]:
            ids = await self._timelines.home(tx, viewer, page)
            return ids, *await self._drawing.read(tx, ids, viewer)

        ids, statuses, me = await self._database.read(unit)
        return self._renderer.render(
            request,
            "timelines/home.html",
            viewer=None if me is None else self._drawing.person(me),
            cards=self._drawing.cards(request, statuses),
            older=f"/?max_id={ids[-1]}" if len(ids) == page.limit else "",
        )
