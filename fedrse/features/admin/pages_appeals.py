"""Pages of the console: appeals, and the texts that those in charge use again."""

from __future__ import annotations

from typing import Final

from fedrse.core.errors import Conflict, FedrseError, Forbidden, Invalid
from fedrse.features.admin.pages_reports import PATH as REPORTS
from fedrse.features.admin.pages_reports import Names
from fedrse.features.audit.model import person
from fedrse.features.moderation.model_decisions import NAMES, Action, Decision
from fedrse.features.moderation.service_appeals import Appeals, Preset, Presets
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.rights import Right
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.console import Console
from fedrse.web.languages import translatable
from fedrse.web.viewers import Me
from fedrse.web.views import Person

PATH: Final = f"{REPORTS}/appeals"
TEMPLATES: Final = f"{REPORTS}/templates"
AT_ONCE: Final = 30
_WRONG: Final = {
    "appeal_own": translatable("Somebody else has to answer this appeal."),
    "appeal_answered": translatable("This appeal was answered already."),
    "answer_too_long": translatable("This is too long: 2,000 characters are the most."),
    "preset_incomplete": translatable("A template has a short title and a text."),
    "presets_many": translatable("There are too many templates already."),
}


class AppealDesk:
    """``/admin/reports/appeals`` and ``/admin/reports/templates``."""

    def __init__(
        self,
        *,
        database: Database,
        appeals: Appeals,
        presets: Presets,
        console: Console,
        me: Me,
        names: Names,
    ) -> None:
        self._database = database
        self._appeals = appeals
        self._presets = presets
        self._console = console
        self._me = me
        self._names = names

    def routes(self) -> list[Route]:
        """The addresses."""
        appeals, reports = Right.MANAGE_APPEALS, Right.MANAGE_REPORTS
        return [
            _route("GET", PATH, self.listing, appeals),
            _route("POST", f"{PATH}/{{id}}", self.answer, appeals),
            _route("GET", TEMPLATES, self.templates, reports),
            _route("POST", TEMPLATES, self.add, reports),
            _route("POST", f"{TEMPLATES}/{{id}}/remove", self.remove, reports),
        ]

    async def listing(self, request: Request) -> Reply:
        """``GET /admin/reports/appeals``: those that wait, or all."""
        return await self._draw(request)

    async def answer(self, request: Request) -> Reply:
        """``POST /admin/reports/appeals/{id}``: what is refused stays in the form."""
        by, key = person(request.require_viewer()), request.path_id()
        text = (request.text("text") or "").replace("\r\n", "\n")
        approved = request.text("verdict") == "right"

        async def unit(tx: Transaction) -> None:
            await self._appeals.answer(tx, by, key, approved=approved, text=text)

        try:
            await self._database.write(unit)
        except (Invalid, Conflict, Forbidden) as error:
            return await self._draw(request, key=key, text=text, error=error)
        return redirect(PATH)

    async def _draw(
        self, request: Request, *, key: int = 0, text: str = "", error: FedrseError | None = None
    ) -> Reply:
        viewer = request.require_viewer()
        everything = request.text("view") == "all"

        async def unit(
            tx: Transaction,
        ) -> tuple[Person, list[Decision], dict[int, Person], set[int]]:
            found = await self._appeals.page(tx, below=None, limit=AT_ONCE, everything=everything)
            named = [one.account_id for one in found]
            named += [one.author_id for one in found if one.author_id is not None]
            mine = {one.id for one in found if await self._appeals.may_answer(tx, viewer, one)}
            return await self._me(tx, viewer), found, await self._names(tx, named), mine

        me, found, people, mine = await self._database.read(unit)
        return self._console.render(
            request,
            "admin/appeals.html",
            viewer=me,
            status=200 if error is None else error.status,
            decisions=found,
            people=people,
            mine=mine,
            asking=viewer,
            everything=everything,
            action=Action,
            actions=NAMES,
            key=key,
            text=text,
            wrong="" if error is None else _WRONG.get(error.code, error.message),
        )

    async def templates(self, request: Request) -> Reply:
        """``GET /admin/reports/templates``."""
        return await self._draw_templates(request)

    async def add(self, request: Request) -> Reply:
        """``POST /admin/reports/templates``: what is refused stays in the form."""
        by = person(request.require_viewer())
        title = request.text("title") or ""
        text = (request.text("text") or "").replace("\r\n", "\n")
        try:
            await self._database.write(self._presets.add, by, title, text)
        except (Invalid, Conflict) as error:
            return await self._draw_templates(request, title=title, text=text, error=error)
        return redirect(TEMPLATES)

    async def remove(self, request: Request) -> Reply:
        """``POST /admin/reports/templates/{id}/remove``."""
        by, key = person(request.require_viewer()), request.path_id()
        await self._database.write(self._presets.remove, by, key)
        return redirect(TEMPLATES)

    async def _draw_templates(
        self,
        request: Request,
        *,
        title: str = "",
        text: str = "",
        error: FedrseError | None = None,
    ) -> Reply:
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> tuple[Person, list[Preset]]:
            return await self._me(tx, viewer), list(await self._presets.all(tx))

        me, found = await self._database.read(unit)
        return self._console.render(
            request,
            "admin/templates.html",
            viewer=me,
            status=200 if error is None else error.status,
            presets=found,
            title_typed=title,
            text=text,
            wrong="" if error is None else _WRONG.get(error.code, error.message),
        )


def _route(method: str, path: str, handler: Handler, right: Right) -> Route:
    return Route(method, path, handler, Surface.PAGE, Auth.USER, right=right)
