"""Pages of the console: what a change of the rules would have done, before it is made."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from fedrse.core.errors import Conflict, FedrseError, Invalid, NotFound
from fedrse.features.policy.model_changes import Author, Change
from fedrse.features.policy.model_proposals import Kind, Proposed, State
from fedrse.features.policy.model_rehearsal_words import KINDS, OUTCOMES
from fedrse.features.policy.pages_desk import (
    PATH,
    REHEARSALS,
    Cost,
    CostsPeople,
    Desk,
    key_of,
    route,
    sentence,
)
from fedrse.features.policy.service_rules import Made
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Route
from fedrse.store.database import Transaction

MOST_CHANGES: Final = 50


class Outlook(Struct, frozen=True):
    """What making it now would change and cost; ``error`` says why it cannot be made."""

    version: int
    changes: tuple[Change, ...] = ()
    cost: Cost | None = None
    error: FedrseError | None = None


class RehearsalPages:
    """``/admin/policy/rehearsals``; a fixed number of statements, however much was found."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """The addresses of these pages."""
        return [
            route("GET", REHEARSALS, self.listing),
            route("GET", f"{REHEARSALS}/{{id}}", self.show),
            route("POST", f"{REHEARSALS}/{{id}}/again", self.again),
            route("POST", f"{REHEARSALS}/{{id}}/activate", self.activate),
            route("POST", f"{REHEARSALS}/{{id}}/discard", self.discard),
        ]

    async def listing(self, request: Request) -> Reply:
        """``GET /admin/policy/rehearsals``: those that are neither made nor discarded."""
        found = await self._desk.database.read(self._desk.proposals.all)
        return await self._desk.draw(request, "rehearsals.html", found=found, kinds=KINDS)

    async def show(self, request: Request) -> Reply:
        """``GET /admin/policy/rehearsals/{id}``: how far it is, or what it found."""
        return await self._draw(request)

    async def again(self, request: Request) -> Reply:
        """``POST …/again``: rehearses it with the rules as they are now. Raises NotFound."""
        number = request.path_id()
        await self._desk.database.write(self._desk.proposals.again, number)
        return redirect(f"{REHEARSALS}/{number}")

    async def activate(self, request: Request) -> Reply:
        """``POST …/activate``: makes what was rehearsed, as one version. Raises NotFound."""
        number = request.path_id()

        async def work(tx: Transaction, author: Author) -> Made:
            return await self._desk.proposals.make(tx, number, author)

        try:
            await self._desk.change(request, work)
        except CostsPeople:
            return await self._draw(request)  # with what it costs now
        except (Conflict, Invalid) as error:
            return await self._draw(request, refused=error)
        return redirect(PATH)

    async def discard(self, request: Request) -> Reply:
        """``POST …/discard``."""
        await self._desk.database.write(self._desk.proposals.discard, request.path_id())
        return redirect(REHEARSALS)

    async def _draw(self, request: Request, *, refused: FedrseError | None = None) -> Reply:
        number = request.path_id()

        async def unit(tx: Transaction) -> tuple[Proposed, Outlook | None]:
            one = await self._desk.proposals.by_id(tx, number)
            is_done = one.state == State.DONE
            return one, await self._outlook(tx, one) if is_done else None

        one, outlook = await self._desk.database.read(unit)
        cost = None if outlook is None else outlook.cost
        return await self._desk.draw(
            request,
            "rehearsal.html",
            status=200 if refused is None else 409,
            one=one,
            proposal=one.proposal,
            change_path=_change_path(one),
            told=one.told,
            outlook=outlook,
            changes=() if outlook is None else outlook.changes[:MOST_CHANGES],
            more=0 if outlook is None else max(0, len(outlook.changes) - MOST_CHANGES),
            asked=None if cost is None or not _is_costly(cost) else CostsPeople(cost),
            agreed="" if cost is None else key_of(cost),
            is_outdated=outlook is not None and outlook.version != one.version,
            refused="" if refused is None else sentence(refused),
            impossible="" if outlook is None or not outlook.error else sentence(outlook.error),
            failed=sentence(Conflict(one.error, "")) if one.error else "",
            kinds=KINDS,
            outcomes=OUTCOMES,
        )

    async def _outlook(self, tx: Transaction, one: Proposed) -> Outlook:
        try:
            planned = await self._desk.proposals.planned(tx, one)
        except (Conflict, Invalid, NotFound) as error:
            return Outlook(-1, error=error)
        cost = await self._desk.cost_of(tx, planned.rules)
        return Outlook(planned.version, planned.changes, cost)


def _is_costly(cost: Cost) -> bool:
    return bool(cost.people or cost.conversations)


def _change_path(one: Proposed) -> str:
    """Where what was proposed can be changed; nothing for what has no form."""
    proposal: Any = one.proposal
    match proposal.kind:
        case Kind.ADD:
            return f"{PATH}/new?rehearsal={one.id}" if len(proposal.rules) == 1 else ""
        case Kind.EDIT:
            return f"{PATH}/rules/{proposal.rules[0].id}?rehearsal={one.id}"
        case Kind.APPLY:
            return f"{PATH}/file?rehearsal={one.id}"
    return ""
