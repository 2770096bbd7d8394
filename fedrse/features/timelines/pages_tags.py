"""The page of a hashtag: what posts link to. People who are signed in only."""

from __future__ import annotations

from urllib.parse import quote

from fedrse.core.errors import NotFound
from fedrse.core.text import fold_hashtag, hashtag_name
from fedrse.features.posts.model_drawing import Drawing, Entity
from fedrse.features.relationships.model_buttons import FOLLOW, UNFOLLOW
from fedrse.features.tags.service import Tags
from fedrse.features.timelines.service import Timelines
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.renderer import Renderer


class TagPage:
    """``GET /tags/{name}``."""

    def __init__(
        self,
        *,
        database: Database,
        timelines: Timelines,
        tags: Tags,
        drawing: Drawing,
        renderer: Renderer,
    ) -> None:
        self._tags = tags
        self._database = database
        self._timelines = timelines
        self._drawing = drawing
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """The address of this page."""
        return [Route("GET", "/tags/{name}", self.show, Surface.PAGE, Auth.USER)]

    async def show(self, request: Request) -> Reply:
        """The newest posts with a tag that the viewer may read."""
        viewer, page = request.require_viewer(), request.page()
        name = hashtag_name(request.values["name"][:200])
        if name is None:
            raise NotFound
        folded = fold_hashtag(name)

        async def unit(tx: Transaction) -> tuple[list[int], bool, list[Entity], Entity | None]:
            ids = await self._timelines.tagged(tx, viewer, folded, page)
            follows = await self._tags.follows(tx, viewer, folded)
            return ids, follows, *await self._drawing.read(tx, ids, viewer)

        ids, follows, statuses, me = await self._database.read(unit)
        return self._renderer.render(
            request,
            "timelines/tag.html",
            viewer=None if me is None else self._drawing.person(me),
            name=name,
            follow=_follow_button(name, taken=follows),
            cards=self._drawing.cards(request, statuses, "public"),
            older=f"{request.path}?max_id={ids[-1]}" if len(ids) == page.limit else "",
        )


def _follow_button(name: str, *, taken: bool) -> dict[str, str | bool]:
    """As ``relationships.model_buttons.follow_button``, for a topic."""
    verb, label = ("unfollow", UNFOLLOW) if taken else ("follow", FOLLOW)
    return {"path": f"/tags/{quote(name)}/{verb}", "label": label, "taken": taken, "icon": "hash"}
