"""Pages of the console: the queue of reports, and one report."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from msgspec import Struct

from fedrse.core.errors import Invalid
from fedrse.core.paging import Page
from fedrse.features.audit.model import Actor, person
from fedrse.features.moderation.model import CLOSED, OPEN, Exhibit, Note, Report
from fedrse.features.moderation.model_decisions import ENDINGS, MEANINGS, NAMES, Action, Decision
from fedrse.features.moderation.service_decisions import Decisions
from fedrse.features.moderation.service_queue import ReportQueue
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.rights import Right
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.console import PATH as CONSOLE
from fedrse.web.console import Console
from fedrse.web.languages import translatable
from fedrse.web.viewers import Me
from fedrse.web.views import Person

PATH: Final = f"{CONSOLE}/reports"
AT_ONCE: Final = 30
CATEGORIES: Final = {
    "spam": translatable("Spam"),
    "legal": translatable("Against the law"),
    "violation": translatable("Breaks a rule"),
    "other": translatable("Something else"),
}
VIEWS: Final = {
    "open": translatable("Open reports"),
    "mine": translatable("Mine"),
    "closed": translatable("Closed"),
}
FILE_KINDS: Final = {
    "image": translatable("Picture"),
    "gifv": translatable("Film without sound"),
    "video": translatable("Film"),
    "audio": translatable("Sound"),
}
_EMPTY: Final = translatable("Write something first.")
_TOO_LONG: Final = translatable("This is too long: 2,000 characters are the most.")

Names = Callable[[Transaction, list[int]], Awaitable[dict[int, Person]]]
"""People as pages draw them, by account id."""

Work = Callable[[Transaction, Actor, int], Awaitable[object]]


class _One(Struct, frozen=True):
    me: Person
    report: Report
    people: dict[int, Person]
    posts: list[Exhibit]
    there: dict[str, int]
    notes: list[Note]
    decisions: list[Decision]
    others: int


class ReportDesk:
    """``/admin/reports`` and below."""

    def __init__(
        self,
        *,
        database: Database,
        queue: ReportQueue,
        decisions: Decisions,
        console: Console,
        me: Me,
        names: Names,
        rules: list[str],
    ) -> None:
        self._database = database
        self._queue = queue
        self._decisions = decisions
        self._console = console
        self._me = me
        self._names = names
        self._rules = rules

    def routes(self) -> list[Route]:
        """The addresses."""
        one = f"{PATH}/{{id}}"
        doing: dict[str, Work] = {
            "take": self._take,
            "leave": self._leave,
            "close": self._queue.close,
            "reopen": self._queue.reopen,
            "forward": self._queue.forward,
        }
        return [
            _route("GET", PATH, self.listing),
            _route("GET", one, self.show),
            _route("POST", f"{one}/note", self.note),
            *(_route("POST", f"{one}/{name}", self._doing(work)) for name, work in doing.items()),
        ]

    async def listing(self, request: Request) -> Reply:
        """``GET /admin/reports``: what waits, what oneself took on, what is closed."""
        viewer = request.require_viewer()
        view = request.text("view") or "open"
        view = view if view in VIEWS else "open"
        below = request.text("below") or ""
        page = Page(
            limit=AT_ONCE + 1,
            max_id=int(below) if below.isascii() and below.isdigit() and len(below) < 19 else None,
        )

        async def unit(tx: Transaction) -> tuple[Person, list[Report], dict[int, Person]]:
            found = await self._queue.page(
                tx,
                page,
                state=CLOSED if view == "closed" else OPEN,
                assigned=viewer if view == "mine" else None,
                viewer=viewer,
            )
            people = await self._names(tx, [key for one in found for key in _people_of(one)])
            return await self._me(tx, viewer), found, people

        me, found, people = await self._database.read(unit)
        older = f"{PATH}?view={view}&below={found[AT_ONCE - 1].id}" if len(found) > AT_ONCE else ""
        return self._console.render(
            request,
            "admin/reports.html",
            viewer=me,
            reports=found[:AT_ONCE],
            people=people,
            view=view,
            views=VIEWS,
            categories=CATEGORIES,
            older=older,
        )

    async def show(self, request: Request) -> Reply:
        """``GET /admin/reports/{id}``. Raises NotFound."""
        return await self._draw(request, note="", wrong="")

    async def note(self, request: Request) -> Reply:
        """``POST /admin/reports/{id}/note``: a note that is refused stays in the form."""
        by, key = person(request.require_viewer()), request.path_id()
        text = (request.text("text") or "").replace("\r\n", "\n")
        try:
            await self._database.write(self._queue.note, by, key, text)
        except Invalid as error:
            wrong = _EMPTY if error.code == "note_empty" else _TOO_LONG
            return await self._draw(request, note=text, wrong=wrong)
        return redirect(f"{PATH}/{key}#notes")

    async def _draw(self, request: Request, *, note: str, wrong: str) -> Reply:
        viewer, key = request.require_viewer(), request.path_id()

        async def unit(tx: Transaction) -> _One:
            report = await self._queue.access_for(tx, viewer, key)
            notes = await self._queue.notes(tx, key)
            named = [*_people_of(report), *(one.account_id for one in notes if one.account_id)]
            return _One(
                await self._me(tx, viewer),
                report,
                await self._names(tx, named),
                (await self._queue.evidence(tx, [key])).get(key, []),
                await self._queue.posts(tx, [report]),
                notes,
                await self._decisions.of_report(tx, key),
                len(await self._queue.open_about(tx, report.target_id)) - report.is_open,
            )

        found = await self._database.read(unit)
        return self._console.render(
            request,
            "admin/report.html",
            viewer=found.me,
            status=422 if wrong else 200,
            note=note,
            wrong=wrong,
            may_decide=request.has_right(Right.MANAGE_USERS),
            mine=found.report.assigned_id == viewer,
            **self._values(found),
        )

    def _values(self, found: _One) -> dict[str, Any]:
        report = found.report
        target = found.people.get(report.target_id)
        return {
            "report": report,
            "people": found.people,
            "posts": found.posts,
            "there": found.there,
            "notes": found.notes,
            "decisions": found.decisions,
            "others": found.others,
            "elsewhere": target is not None and "@" in target.path.removeprefix("/@"),
            "category": CATEGORIES[report.category],
            "rules": [self._rules[int(one) - 1] for one in report.rule_ids if self._has(one)],
            "choices": [(one, NAMES[one], MEANINGS[one]) for one in Action],
            "named": {one.value: words for one, words in NAMES.items()},
            "endings": ENDINGS,
            "kinds": FILE_KINDS,
        }

    def _has(self, rule: str) -> bool:
        return rule.isdigit() and 1 <= int(rule) <= len(self._rules)

    async def _take(self, tx: Transaction, by: Actor, report_id: int) -> None:
        await self._queue.assign(tx, by, report_id, int(by.id))

    async def _leave(self, tx: Transaction, by: Actor, report_id: int) -> None:
        await self._queue.assign(tx, by, report_id, None)

    def _doing(self, work: Work) -> Handler:
        async def handler(request: Request) -> Reply:
            by, key = person(request.require_viewer()), request.path_id()

            async def unit(tx: Transaction) -> None:
                await work(tx, by, key)

            await self._database.write(unit)
            return redirect(f"{PATH}/{key}")

        return handler


def _people_of(report: Report) -> list[int]:
    people = (report.account_id, report.target_id, report.assigned_id, report.closed_by_id)
    return [one for one in people if one is not None]


def _route(method: str, path: str, handler: Handler) -> Route:
    return Route(method, path, handler, Surface.PAGE, Auth.USER, right=Right.MANAGE_REPORTS)
