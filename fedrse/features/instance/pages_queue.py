"""A page of the console: what waits, what is not delivered and why; retry and drop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fedrse.core.clock import Clock
from fedrse.core.errors import Invalid
from fedrse.features.audit.model import person
from fedrse.features.instance.service_queues import NAMES, Queues, Trouble, Waiting
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

PATH: Final = f"{CONSOLE}/queue"
MOST: Final = 50
_TITLES: Final = {
    "inbox": translatable("Received messages"),
    "deliveries": translatable("Messages to other sites"),
    "jobs": translatable("Work in the background"),
}
STATES: Final = {
    "pending": translatable("waiting"),
    "fetching": translatable("waiting for something from another site"),
    "failed": translatable("given up"),
    "refused": translatable("refused"),
    "delayed": translatable("delayed by a rule"),
    "held": translatable("in quarantine"),
}


class QueuePages:
    """``/admin/queue``."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        queues: Queues,
        plain: Callable[[str], str],
        console: Console,
        me: Me,
    ) -> None:
        """``plain`` puts a reason as it was noted into words, marked ``translatable``."""
        self._database = database
        self._clock = clock
        self._queues = queues
        self._plain = plain
        self._console = console
        self._me = me

    def routes(self) -> list[Route]:
        """The addresses of this page."""
        return [
            _route("GET", PATH, self.show),
            _route("POST", f"{PATH}/retry", self.retry),
            _route("POST", f"{PATH}/drop", self.drop),
        ]

    async def show(self, request: Request) -> Reply:
        """``GET /admin/queue``; ``host`` shows what concerns one site only."""
        viewer, host = request.require_viewer(), (request.text("host") or "").strip()[:300]

        async def unit(tx: Transaction) -> tuple[Person, list[Waiting], list[Trouble]]:
            waiting = await self._queues.waiting(tx)
            return await self._me(tx, viewer), waiting, await self._queues.troubles(tx, MOST)

        me, waiting, troubles = await self._database.read(unit)
        if host:
            waiting = [one for one in waiting if host in one.subject]
            troubles = [one for one in troubles if host in one.who]
        # Most jobs are plans for later, such as what is done every hour.
        now = self._clock.now()
        due = [one for one in waiting if one.queue != "jobs" or one.given_up or _late(one, now)]
        return self._console.render(
            request,
            "instance/queue.html",
            viewer=me,
            titles=_TITLES,
            states=STATES,
            waiting={name: [one for one in due if one.queue == name] for name in NAMES},
            planned=len(waiting) - len(due),
            troubles={name: [one for one in troubles if one.queue == name] for name in NAMES},
            host=host,
            plain=self._plain,
            done=request.text("done") or "",
            most=MOST,
        )

    async def retry(self, request: Request) -> Reply:
        """``POST /admin/queue/retry``: one entry, a host, or everything that was given up."""
        actor, queue = person(request.require_viewer()), _queue(request)
        host, number = request.text("host") or "", _number(request)

        async def unit(tx: Transaction) -> None:
            if host and number is None:
                await self._queues.try_host(tx, actor, host[:300])
            else:
                await self._queues.retry(tx, actor, [queue], None if number is None else [number])

        await self._database.write(unit)
        return redirect(f"{PATH}?done=retried")

    async def drop(self, request: Request) -> Reply:
        """``POST /admin/queue/drop``: one entry."""
        actor, queue, number = person(request.require_viewer()), _queue(request), _number(request)
        if number is None:
            raise Invalid("id_missing", "Nothing was chosen.")
        await self._database.write(self._queues.drop, actor, [queue], [number])
        return redirect(f"{PATH}?done=dropped")


def _late(one: Waiting, now: int) -> bool:
    return one.oldest is not None and one.oldest <= now


def _queue(request: Request) -> str:
    queue = request.text("queue") or ""
    if queue not in NAMES:
        raise Invalid("queue_unknown", "This queue does not exist.")
    return queue


def _number(request: Request) -> int | None:
    text = request.text("id") or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def _route(method: str, path: str, handler: Handler) -> Route:
    return Route(method, path, handler, Surface.PAGE, Auth.USER, right=Right.VIEW_DEVOPS)
