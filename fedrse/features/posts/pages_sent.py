"""Pages: taking back what was just sent, while it waits for its moment."""

from __future__ import annotations

from fedrse.features.posts import service_choices
from fedrse.features.posts.model_form import form_of
from fedrse.features.posts.pages_compose_desk import COMPOSE, WritingParts
from fedrse.features.posts.pages_compose_form import LONGEST_KEY
from fedrse.http.reply import Reply, json_reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Transaction

HELD = f"{COMPOSE}/held"
SETTING = "/settings/writing"


class SentPages:
    """``/compose/held``: the bar of scripts, and its button; ``/settings/writing``."""

    def __init__(self, parts: WritingParts) -> None:
        self._parts = parts

    def routes(self) -> list[Route]:
        """The addresses of these pages."""
        page, user = Surface.PAGE, Auth.USER
        return [
            Route("GET", HELD, self.show, page, user),
            Route("POST", f"{HELD}/undo", self.undo, page, user),
            Route("GET", SETTING, self.setting, page, user),
            Route("POST", SETTING, self.save, page, user),
        ]

    async def show(self, request: Request) -> Reply:
        """``GET /compose/held?key=``: a part of a page that says how long the post waits.

        JSON with ``bar``, empty where nothing waits: it was published, taken back, or refused.
        """
        parts, viewer, key = self._parts, request.require_viewer(), _key(request)
        found = await parts.database.read(parts.later.of_request, viewer, key)
        if found is None:
            return json_reply({"bar": ""})
        left = max(0, found[1] - parts.clock.now())
        bar = parts.renderer.render(request, "posts/held.html", key=key, left=left)
        return json_reply({"bar": bar.body.decode()})

    async def undo(self, request: Request) -> Reply:
        """``POST /compose/held/undo``: back to the form; too late leads to the own posts."""
        parts, viewer, key = self._parts, request.require_viewer(), _key(request)

        async def unit(tx: Transaction) -> str:
            author = await parts.author(tx, viewer)
            found = await parts.later.of_request(tx, viewer, key)
            if found is None:
                return f"/@{author.username}"
            draft = await parts.later.take_back(tx, viewer, found[0])
            saved = await parts.drafts.save(tx, viewer, form_of(draft, key), kept=False)
            return f"{COMPOSE}?draft={saved}"

        return redirect(await parts.database.write(unit), status=303)

    async def setting(self, request: Request) -> Reply:
        """``GET /settings/writing``."""
        parts, viewer = self._parts, request.require_viewer()

        async def unit(tx: Transaction) -> tuple[object, bool]:
            _, me = await parts.drawing.read(tx, [], viewer)
            return me, await service_choices.can_undo(tx, viewer)

        me, can_undo = await parts.database.read(unit)
        return parts.renderer.render(
            request,
            "posts/writing.html",
            viewer=parts.drawing.person(me) if isinstance(me, dict) else None,
            can_undo=can_undo,
            saved=request.text("saved") is not None,
            action=SETTING,
        )

    async def save(self, request: Request) -> Reply:
        """``POST /settings/writing``."""
        viewer, wanted = request.require_viewer(), bool(request.text("undo_send"))

        async def unit(tx: Transaction) -> None:
            await service_choices.set_undo(tx, viewer, wanted=wanted)

        await self._parts.database.write(unit)
        return redirect(f"{SETTING}?saved=1", status=303)


def _key(request: Request) -> str:
    return (request.text("key") or "")[:LONGEST_KEY]
