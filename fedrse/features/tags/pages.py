"""Pages: the topics that somebody follows, and following one from its page or by its name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import quote

from fedrse.core.errors import NotFound
from fedrse.core.paging import Page
from fedrse.features.access.model_authorization import safe_next
from fedrse.features.tags.model import Followed, Tag
from fedrse.features.tags.service import Tags
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer
from fedrse.web.viewers import Me
from fedrse.web.views import Person

PATH: Final = "/tags"
Work = Callable[[Transaction, int, str], Awaitable[Tag]]
LONGEST: Final = 200
PER_PAGE: Final = 80
_NO_TOPIC = translatable("This is no topic: one word of letters and digits, such as #safety.")


class TopicPages:
    """``/tags`` and the forms that follow a topic; everything works without script."""

    def __init__(self, *, database: Database, tags: Tags, renderer: Renderer, me: Me) -> None:
        self._database = database
        self._tags = tags
        self._renderer = renderer
        self._me = me

    def routes(self) -> list[Route]:
        """The addresses."""
        one = f"{PATH}/{{name}}"
        return [
            _route("GET", PATH, self.show),
            _route("POST", PATH, self.add),
            _route("POST", f"{one}/follow", self.follow),
            _route("POST", f"{one}/unfollow", self.unfollow),
        ]

    async def show(self, request: Request) -> Reply:
        """``GET /tags``: the topics that the viewer follows, the latest first."""
        return await self._draw(request)

    async def add(self, request: Request) -> Reply:
        """``POST /tags`` with ``topic``, as somebody writes it; on to the page of the topic."""
        viewer, typed = request.require_viewer(), request.text("topic") or ""
        try:
            tag = await self._database.write(
                self._tags.follow, viewer, typed.strip().removeprefix("#")[: LONGEST + 1]
            )
        except NotFound:
            return await self._draw(request, typed=typed, error=_NO_TOPIC)
        return redirect(page_of(tag), status=303)

    async def follow(self, request: Request) -> Reply:
        """``POST /tags/{name}/follow``; a second time changes nothing. Raises NotFound."""
        return await self._act(request, self._tags.follow)

    async def unfollow(self, request: Request) -> Reply:
        """``POST /tags/{name}/unfollow``. Raises NotFound."""
        return await self._act(request, self._tags.unfollow)

    async def _act(self, request: Request, work: Work) -> Reply:
        name = request.values["name"][:LONGEST]
        tag = await self._database.write(work, request.require_viewer(), name)
        back = request.text("back")
        return redirect(safe_next(back) if back else page_of(tag), status=303)

    async def _draw(self, request: Request, *, typed: str = "", error: str = "") -> Reply:
        viewer, page = request.require_viewer(), request.page(default=PER_PAGE, cap=PER_PAGE)

        async def unit(tx: Transaction) -> tuple[Person, list[Followed]]:
            wanted = page if not error else Page(limit=PER_PAGE)
            return await self._me(tx, viewer), await self._tags.followed(tx, viewer, wanted)

        me, found = await self._database.read(unit)
        more = len(found) == page.limit
        return self._renderer.render(
            request,
            "tags/followed.html",
            status=422 if error else 200,
            viewer=me,
            topics=[(one.tag.display, page_of(one.tag)) for one in found],
            typed=typed,
            error=error,
            older=f"{PATH}?max_id={found[-1].id}" if more else "",
        )


def page_of(tag: Tag) -> str:
    """The path of the page of a topic."""
    return f"{PATH}/{quote(tag.display)}"


def _route(method: str, path: str, handler: Handler) -> Route:
    return Route(method, path, handler, Surface.PAGE, Auth.USER)
