"""Pages: drafts, which are saved by themselves while somebody writes."""

from __future__ import annotations

from typing import Any

from fedrse.core.errors import Invalid
from fedrse.features.access.model_authorization import safe_next
from fedrse.features.posts.model_drawing import Entity
from fedrse.features.posts.pages_compose_desk import COMPOSE, DRAFTS, WritingParts
from fedrse.features.posts.pages_compose_form import read_form, wrong_fields
from fedrse.features.posts.service_drafts import SavedDraft
from fedrse.http.reply import Reply, json_reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Transaction

EXCERPT = 240


class DraftPages:
    """``/drafts``, and ``/compose/draft`` for the script of the form."""

    def __init__(self, parts: WritingParts) -> None:
        self._parts = parts

    def routes(self) -> list[Route]:
        """The addresses of these pages."""
        page, user = Surface.PAGE, Auth.USER
        return [
            Route("GET", DRAFTS, self.listing, page, user),
            Route("POST", f"{DRAFTS}/{{id}}/delete", self.delete, page, user),
            Route("POST", f"{COMPOSE}/draft", self.save, page, user),
        ]

    async def listing(self, request: Request) -> Reply:
        """``GET /drafts``."""
        parts, viewer = self._parts, request.require_viewer()

        async def unit(tx: Transaction) -> tuple[list[SavedDraft], Entity | None, int]:
            _, me = await parts.drawing.read(tx, [], viewer)
            found = await parts.drafts.listing(tx, viewer)
            return found, me, await parts.later.count(tx, viewer)

        found, me, waiting = await parts.database.read(unit)
        return parts.renderer.render(
            request,
            "posts/drafts.html",
            viewer=None if me is None else parts.drawing.person(me),
            drafts=[_shown(one) for one in found],
            waiting=waiting,
            saved=request.text("saved") is not None,
        )

    async def delete(self, request: Request) -> Reply:
        """``POST /drafts/{id}/delete``."""
        viewer, draft_id = request.require_viewer(), request.path_id()
        await self._parts.database.write(self._parts.drafts.discard, viewer, draft_id)
        back = request.text("back")
        return redirect(safe_next(back) if back else DRAFTS, status=303)

    async def save(self, request: Request) -> Reply:
        """``POST /compose/draft``: saves what is typed; an empty form has no draft.

        JSON with ``words``: what to tell the person. 422 where it cannot be saved.
        """
        parts, viewer, form = self._parts, request.require_viewer(), read_form(request)
        say = parts.renderer.languages.catalogue(request.language).gettext

        async def unit(tx: Transaction) -> bool:
            if form.is_blank:
                await parts.drafts.finish(tx, viewer, form.key)
                return False
            await parts.drafts.save(tx, viewer, form, kept=False)
            return True

        try:
            saved = await parts.database.write(unit)
        except Invalid as error:
            (words,) = wrong_fields(error).values()
            return json_reply({"words": say(words)}, status=422)
        return json_reply({"words": say("Draft saved") if saved else ""})


def _shown(draft: SavedDraft) -> dict[str, Any]:
    form = draft.form
    return {
        "id": draft.id,
        "text": form.text.strip()[:EXCERPT],
        "warning": form.warning,
        "files": len(form.media),
        "has_poll": form.has_poll,
        "is_answer": form.reply_to is not None,
        "is_quote": form.quote is not None,
        "at": draft.updated_at,
        "path": f"{COMPOSE}?draft={draft.id}",
    }
