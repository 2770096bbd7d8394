"""A page of the console: what rules hold back, with the rule; release and drop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from fedrse.activitypub.quarantine import LAST, Held, Quarantine
from fedrse.core.errors import Invalid, NotFound
from fedrse.core.trace import trace_of
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

PATH: Final = f"{CONSOLE}/quarantine"
MOST: Final = 40
AUDIENCES: Final = {
    "public": translatable("public"),
    "network": translatable("for the network"),
    "group": translatable("for a group"),
    "followers": translatable("for followers"),
    "direct": translatable("for those who are named"),
}

Decide = Callable[[Transaction, int, Sequence[int]], Awaitable[int]]
"""Releases or drops for somebody, and says so in the log. Raises NotFound where none is held."""


class QuarantinePages:
    """``/admin/quarantine``; a constant number of queries, however much is held."""

    def __init__(
        self,
        *,
        database: Database,
        quarantine: Quarantine,
        release: Decide,
        drop: Decide,
        console: Console,
        me: Me,
    ) -> None:
        self._database = database
        self._quarantine = quarantine
        self._release = release
        self._drop = drop
        self._console = console
        self._me = me

    def routes(self) -> list[Route]:
        """The addresses of this page."""
        return [
            _route("GET", PATH, self.show),
            _route("POST", f"{PATH}/release", self.release),
            _route("POST", f"{PATH}/drop", self.drop),
        ]

    async def show(self, request: Request) -> Reply:
        """``GET /admin/quarantine``; ``below`` pages on."""
        viewer, below = request.require_viewer(), _number(request, "below")

        async def unit(tx: Transaction) -> tuple[Person, list[Held], int]:
            held = await self._quarantine.newest(tx, most=MOST + 1, below=below or LAST)
            return await self._me(tx, viewer), held, await self._quarantine.count(tx)

        me, held, count = await self._database.read(unit)
        older = f"{PATH}?below={held[MOST - 1].id}" if len(held) > MOST else ""
        return self._console.render(
            request,
            "policy/quarantine.html",
            viewer=me,
            held=held[:MOST],
            count=count,
            older=older,
            audiences=AUDIENCES,
            trace_of=trace_of,
            done=request.text("done") or "",
        )

    async def release(self, request: Request) -> Reply:
        """``POST /admin/quarantine/release``."""
        return await self._decide(request, self._release, "released")

    async def drop(self, request: Request) -> Reply:
        """``POST /admin/quarantine/drop``."""
        return await self._decide(request, self._drop, "dropped")

    async def _decide(self, request: Request, work: Decide, done: str) -> Reply:
        viewer, number = request.require_viewer(), _number(request, "id")
        if number is None:
            raise Invalid("id_missing", "Nothing was chosen.")
        try:
            await self._database.write(work, viewer, [number])
        except NotFound:
            done = "gone"  # somebody else has decided, or pressed twice
        return redirect(f"{PATH}?done={done}")


def _number(request: Request, name: str) -> int | None:
    text = request.text(name) or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def _route(method: str, path: str, handler: Handler) -> Route:
    return Route(method, path, handler, Surface.PAGE, Auth.USER, right=Right.MANAGE_FEDERATION)
