"""A page of the console: what happened with a message, a person or a site, and why."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from fedrse.core.errors import NotFound
from fedrse.features.instance.pages_queue import PATH as QUEUE
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.rights import Right
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database
from fedrse.web.console import Console
from fedrse.web.languages import translatable
from fedrse.web.viewers import Me

PATH: Final = f"{QUEUE}/why"
LONGEST: Final = 2000

Explain = Callable[[str], Awaitable[Mapping[str, Any]]]
"""What is known of an id, address, handle or host, as ``fedrse why`` knows it. Raises NotFound."""

STATES: Final = {
    "pending": translatable("waits to be processed"),
    "fetching": translatable("waits for something from another site"),
    "done": translatable("processed"),
    "ignored": translatable("there was nothing to do"),
    "refused": translatable("refused"),
    "failed": translatable("could not be processed"),
    "held": translatable("in quarantine"),
    "delayed": translatable("delayed by a rule"),
    "waiting": translatable("waits to be sent"),
    "given up": translatable("could not be sent"),
    "expanding": translatable("is about to be sent"),
    "passed": translatable("passed"),
    "altered": translatable("passed, altered"),
    "capped": translatable("too many at a time"),
    "denied": translatable("refused by a rule"),
}
"""States of messages, and outcomes in the ledger."""

GOOD: Final = frozenset({"done", "ignored", "passed", "altered"})


class WhyPage:
    """``/admin/queue/why``."""

    def __init__(
        self,
        *,
        database: Database,
        explain: Explain,
        plain: Callable[[str], str],
        console: Console,
        me: Me,
    ) -> None:
        """``plain`` puts a reason as it was noted into words, marked ``translatable``."""
        self._database = database
        self._explain = explain
        self._plain = plain
        self._console = console
        self._me = me

    def routes(self) -> list[Route]:
        """The address of this page."""
        return [
            Route("GET", PATH, self.show, Surface.PAGE, Auth.USER, right=Right.VIEW_DEVOPS),
        ]

    async def show(self, request: Request) -> Reply:
        """``GET /admin/queue/why``; ``asked`` is an id, an address, a handle or a host."""
        asked = (request.text("asked") or "").strip()
        found: Mapping[str, Any] | None = None
        if asked and len(asked) <= LONGEST:
            try:
                found = await self._explain(asked)
            except NotFound:
                found = None
        me = await self._database.read(self._me, request.require_viewer())
        return self._console.render(
            request,
            "instance/why.html",
            viewer=me,
            asked=asked[:LONGEST],
            found=found,
            states=STATES,
            good=GOOD,
            plain=self._plain,
        )
