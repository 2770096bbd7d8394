"""Pages: posts that wait for their time. The form for writing changes them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fedrse.features.posts.model import Audience
from fedrse.features.posts.model_drawing import Drawing, Entity
from fedrse.features.scheduling.model import Scheduled
from fedrse.features.scheduling.service import Scheduling
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer

PATH = "/scheduled"
EXCERPT = 240
CountDrafts = Callable[[Transaction, int], Awaitable[int]]
Faces = Callable[[Audience | None], tuple[str, str]]
"""Icon and words of an audience; of None, those of the default of the site."""

_REFUSED = translatable("What it answers or quotes, or a file of it, is not there any more.")


class ScheduledPages:
    """``/scheduled``."""

    def __init__(
        self,
        *,
        database: Database,
        scheduling: Scheduling,
        drawing: Drawing,
        renderer: Renderer,
        drafts: CountDrafts,
        faces: Faces,
    ) -> None:
        self._database = database
        self._scheduling = scheduling
        self._drawing = drawing
        self._renderer = renderer
        self._drafts = drafts
        self._faces = faces

    def routes(self) -> list[Route]:
        """The addresses of these pages."""
        page, user = Surface.PAGE, Auth.USER
        return [
            Route("GET", PATH, self.listing, page, user),
            Route("POST", f"{PATH}/{{id}}/delete", self.delete, page, user),
        ]

    async def listing(self, request: Request) -> Reply:
        """``GET /scheduled``: what was written last comes first."""
        viewer, page = request.require_viewer(), request.page()

        async def unit(tx: Transaction) -> tuple[list[Scheduled], Entity | None, int, int]:
            _, me = await self._drawing.read(tx, [], viewer)
            found = await self._scheduling.listing(tx, viewer, page)
            drafts = await self._drafts(tx, viewer)
            return found, me, drafts, await self._scheduling.count(tx, viewer)

        found, me, drafts, total = await self._database.read(unit)
        return self._renderer.render(
            request,
            "scheduling/scheduled.html",
            viewer=None if me is None else self._drawing.person(me),
            waiting=[self._shown(one) for one in found],
            drafts=drafts,
            total=total,
            older=f"{PATH}?max_id={found[-1].id}" if len(found) == page.limit else "",
            saved=request.text("saved") is not None,
        )

    async def delete(self, request: Request) -> Reply:
        """``POST /scheduled/{id}/delete``."""
        viewer, scheduled_id = request.require_viewer(), request.path_id()
        await self._database.write(self._scheduling.cancel, viewer, scheduled_id)
        return redirect(PATH, status=303)

    def _shown(self, scheduled: Scheduled) -> dict[str, Any]:
        draft = scheduled.content.draft
        icon, label = self._faces(draft.audience)
        return {
            "id": scheduled.id,
            "at": scheduled.scheduled_at,
            "text": draft.text.strip()[:EXCERPT],
            "warning": draft.summary,
            "files": len(draft.media_ids),
            "has_poll": draft.poll is not None,
            "audience_icon": icon,
            "audience_label": label,
            "failure": _REFUSED if scheduled.failure else "",
            "path": f"/compose?scheduled={scheduled.id}",
        }
