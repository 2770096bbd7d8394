"""Pages of the console: drafts and rules on trial, to be rehearsed and put in force together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

from fedrse.core.errors import Conflict, FedrseError, Invalid, NotFound
from fedrse.features.policy.model import Rule, State
from fedrse.features.policy.model_changes import Author
from fedrse.features.policy.model_proposals import Kind, Proposal
from fedrse.features.policy.pages import has_words
from fedrse.features.policy.pages_desk import DRAFTS, PATH, CostsPeople, Desk, route, sentence
from fedrse.features.policy.service_rules import Made
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Route
from fedrse.store.database import Transaction

AT_ONCE: Final = 100


class DraftPages:
    """``/admin/policy/drafts``: rules of this site, of files and of lists that do nothing yet."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """The addresses of these pages."""
        return [
            route("GET", DRAFTS, self.listing),
            route("POST", DRAFTS, self.decide),
        ]

    async def listing(self, request: Request) -> Reply:
        """``GET /admin/policy/drafts``; ``source`` and ``q`` narrow, ``before`` pages on."""
        return await self._draw(request, self._found(request))

    async def decide(self, request: Request) -> Reply:
        """``POST /admin/policy/drafts``: rehearses those that are ticked, or puts them in force.

        ``everything`` means all that ``source`` and ``q`` leave, also on other pages.
        """
        found = self._found(request)
        ids = [rule.id for rule in found] if request.text("everything") else _ticked(request)
        because = request.text("because") or ""
        proposal = Proposal(Kind.ADOPT, ids=tuple(ids), reason=because)
        if not ids:
            nothing = Invalid("policy_nothing_ticked", "Nothing was ticked.")
            return await self._draw(request, found, refused=nothing)
        try:
            if request.text("do") != "adopt":
                return await self._desk.rehearse(request, proposal)

            async def work(tx: Transaction, author: Author) -> Made:
                return await self._desk.rules.make(tx, proposal, author)

            await self._desk.change(request, work)
        except CostsPeople as asked:
            return await self._draw(request, found, ticked=ids, asked=asked)
        except (Conflict, Invalid, NotFound) as error:
            return await self._draw(request, found, ticked=ids, refused=error)
        return redirect(PATH)

    def _found(self, request: Request) -> list[Rule]:
        source, words = request.text("source") or "", (request.text("q") or "").strip().lower()
        return [
            rule
            for rule in sorted(self._desk.border.policy.rules, key=lambda rule: -rule.id)
            if rule.state is not State.ACTIVE
            and (not source or rule.source == source)
            and (not words or has_words(rule, words))
        ]

    async def _draw(
        self,
        request: Request,
        found: Sequence[Rule],
        *,
        ticked: Sequence[int] = (),
        asked: CostsPeople | None = None,
        refused: FedrseError | None = None,
    ) -> Reply:
        before = request.text("before") or ""
        last = int(before) if before.isdecimal() and len(before) < 19 else 1 << 62
        rest = [rule for rule in found if rule.id < last]
        shown, older = rest[:AT_ONCE], ""
        source, words = request.text("source") or "", (request.text("q") or "").strip()
        if len(rest) > AT_ONCE:
            asking = {"source": source, "q": words, "before": str(shown[-1].id)}
            older = f"{DRAFTS}?{urlencode(asking)}"
        return await self._desk.draw(
            request,
            "drafts.html",
            status=200 if refused is None else 422,
            rules=shown,
            total=len(found),
            ticked=frozenset(ticked),
            everything=bool(request.text("everything")),
            source=source,
            words=words,
            before=before,
            older=older,
            asked=asked,
            because=request.text("because") or "",
            refused="" if refused is None else sentence(refused),
        )


def _ticked(request: Request) -> list[int]:
    """Numbers of the boxes that are ticked, each once."""
    given = request.params.get("rule", [])
    texts = given if isinstance(given, list) else [given]
    return list(
        dict.fromkeys(
            int(text)
            for text in texts
            if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 19
        )
    )
