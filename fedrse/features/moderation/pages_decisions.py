"""Pages: what was decided about oneself, why, and the appeal; and what became of own reports."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from fedrse.core.clock import Clock
from fedrse.core.errors import Conflict, Invalid
from fedrse.features.moderation.model import Exhibit, Report
from fedrse.features.moderation.model_decisions import (
    APPEAL_TIME,
    ENDINGS,
    EXPLAINED,
    LONGEST_TEXT,
    Action,
    Decision,
)
from fedrse.features.moderation.service_appeals import Appeals
from fedrse.features.moderation.service_decisions import Decisions
from fedrse.features.moderation.service_queue import ReportQueue
from fedrse.http.principal import Held
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer
from fedrse.web.viewers import Me
from fedrse.web.views import Person

PATH: Final = "/decisions"
_EMPTY: Final = translatable("Say why you think that the decision is wrong.")
_TOO_LONG: Final = translatable("This is too long: 2,000 characters are the most.")
_OVER: Final = translatable("There is no appeal against this decision any more.")
_WRONG: Final = {"appeal_empty": _EMPTY, "appeal_too_long": _TOO_LONG}


class _Listing(Struct, frozen=True):
    me: Person
    decisions: list[Decision]
    reports: list[Report]
    acted: set[int]


class _One(Struct, frozen=True):
    me: Person
    decision: Decision
    posts: list[Exhibit]


class DecisionPages:
    """``/decisions`` and below: for those who are held back, too."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        decisions: Decisions,
        appeals: Appeals,
        queue: ReportQueue,
        renderer: Renderer,
        me: Me,
    ) -> None:
        self._database = database
        self._clock = clock
        self._decisions = decisions
        self._appeals = appeals
        self._queue = queue
        self._renderer = renderer
        self._me = me

    def routes(self) -> list[Route]:
        """The addresses."""
        page, user, held = Surface.PAGE, Auth.USER, Held.SUSPENDED
        one = f"{PATH}/{{id}}"
        return [
            Route("GET", PATH, self.listing, page, user, open_to=held),
            Route("GET", one, self.show, page, user, open_to=held),
            Route("POST", f"{one}/appeal", self.appeal, page, user, open_to=held),
        ]

    async def listing(self, request: Request) -> Reply:
        """``GET /decisions``."""
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> _Listing:
            reports = await self._queue.made_by(tx, viewer)
            return _Listing(
                await self._me(tx, viewer),
                await self._decisions.about(tx, viewer),
                reports,
                await self._queue.acted(tx, reports),
            )

        found = await self._database.read(unit)
        return self._renderer.render(
            request,
            "moderation/decisions.html",
            viewer=found.me,
            decisions=found.decisions,
            reports=found.reports,
            explained=EXPLAINED,
            action=Action,
            endings=ENDINGS,
            acted=found.acted,
        )

    async def show(self, request: Request) -> Reply:
        """``GET /decisions/{id}``. Raises NotFound for those about others."""
        return await self._draw(request, text="", wrong="")

    async def appeal(self, request: Request) -> Reply:
        """``POST /decisions/{id}/appeal``: what is refused stays in the form."""
        viewer, key = request.require_viewer(), request.path_id()
        text = (request.text("text") or "").replace("\r\n", "\n")
        try:
            await self._database.write(self._appeals.appeal, viewer, key, text)
        except Invalid as error:
            return await self._draw(request, text=text, wrong=_WRONG.get(error.code, _OVER))
        except Conflict:
            return await self._draw(request, text=text, wrong=_OVER)
        return redirect(f"{PATH}/{key}")

    async def _draw(self, request: Request, *, text: str, wrong: str) -> Reply:
        viewer, key = request.require_viewer(), request.path_id()

        async def unit(tx: Transaction) -> _One:
            decision = await self._decisions.access_own(tx, viewer, key)
            return _One(await self._me(tx, viewer), decision, await self._posts(tx, decision))

        found = await self._database.read(unit)
        values: dict[str, Any] = {
            "decision": found.decision,
            "posts": found.posts,
            "what": EXPLAINED[Action(found.decision.action)],
            "may_appeal": found.decision.may_be_appealed(self._clock.now()),
            "appeal_until": found.decision.created_at + APPEAL_TIME,
            "text": text,
            "wrong": wrong,
            "endings": ENDINGS,
            "most": LONGEST_TEXT,
        }
        return self._renderer.render(
            request,
            "moderation/decision.html",
            status=422 if wrong else 200,
            viewer=found.me,
            **values,
        )

    async def _posts(self, tx: Transaction, decision: Decision) -> list[Exhibit]:
        """What own posts said that it is about."""
        if decision.report_id is None or not decision.post_ids:
            return []
        kept = await self._queue.evidence(tx, [decision.report_id])
        return [one for one in kept.get(decision.report_id, []) if one.post_id in decision.post_ids]
