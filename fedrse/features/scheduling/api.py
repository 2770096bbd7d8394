"""Client API: scheduled posts (Mastodon API ``scheduled_statuses``)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fedrse.core.clock import from_iso
from fedrse.core.errors import Invalid, NotFound
from fedrse.core.ports import Protocol
from fedrse.features.accounts.model import Account
from fedrse.features.posts.model import Draft
from fedrse.features.scheduling.model import Scheduled
from fedrse.features.scheduling.service import Scheduling
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction

Entity = dict[str, Any]


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def by_id(self, tx: Transaction, account_id: int) -> Account | None: ...


class SchedulingApi:
    """Handlers; each opens one transaction."""

    def __init__(self, *, database: Database, scheduling: Scheduling, people: People) -> None:
        self._database = database
        self._scheduling = scheduling
        self._people = people

    def routes(self) -> list[Route]:
        """The addresses of this feature."""
        base = "/api/v1/scheduled_statuses"
        read, write = "read:statuses", "write:statuses"

        def route(method: str, path: str, handler: Handler, scope: str) -> Route:
            return Route(method, path, handler, Surface.API, Auth.USER, (scope,))

        return [
            route("GET", base, self.listing, read),
            route("GET", f"{base}/{{id}}", self.show, read),
            route("PUT", f"{base}/{{id}}", self.move, write),
            route("DELETE", f"{base}/{{id}}", self.cancel, write),
        ]

    async def schedule(self, viewer: int, draft: Draft, text: str) -> Entity:
        """``POST /api/v1/statuses`` with ``scheduled_at``; see ``posts.api.Schedule``."""
        at = _moment(text)

        async def work(tx: Transaction) -> Scheduled:
            author = await self._people.by_id(tx, viewer)
            if author is None:
                raise NotFound
            return await self._scheduling.schedule(tx, author, draft, at)

        return await self._answer(viewer, work)

    async def _answer(
        self, viewer: int, work: Callable[[Transaction], Awaitable[Scheduled]]
    ) -> Entity:
        async def unit(tx: Transaction) -> list[Entity]:
            return await self._scheduling.entities(tx, viewer, [await work(tx)])

        return (await self._database.write(unit))[0]

    async def listing(self, request: Request) -> Reply:
        """``GET /api/v1/scheduled_statuses``."""
        viewer, page = request.require_viewer(), request.page()

        async def unit(tx: Transaction) -> tuple[list[Scheduled], list[Entity]]:
            found = await self._scheduling.listing(tx, viewer, page)
            return found, await self._scheduling.entities(tx, viewer, found)

        found, entities = await self._database.read(unit)
        links = request.link(
            page,
            newest=found[0].id if found else None,
            oldest=found[-1].id if found else None,
            more=len(found) == page.limit,
        )
        return json_reply(entities, headers=links)

    async def show(self, request: Request) -> Reply:
        """``GET /api/v1/scheduled_statuses/:id``."""
        viewer, scheduled_id = request.require_viewer(), request.path_id()

        async def unit(tx: Transaction) -> list[Entity]:
            found = await self._scheduling.access_own(tx, viewer, scheduled_id)
            return await self._scheduling.entities(tx, viewer, [found])

        return json_reply((await self._database.read(unit))[0])

    async def move(self, request: Request) -> Reply:
        """``PUT /api/v1/scheduled_statuses/:id``; without ``scheduled_at`` nothing changes."""
        viewer, scheduled_id = request.require_viewer(), request.path_id()
        text = request.text("scheduled_at")
        if not text:
            return await self.show(request)
        at = _moment(text)

        async def work(tx: Transaction) -> Scheduled:
            return await self._scheduling.move(tx, viewer, scheduled_id, at)

        return json_reply(await self._answer(viewer, work))

    async def cancel(self, request: Request) -> Reply:
        """``DELETE /api/v1/scheduled_statuses/:id``."""
        viewer, scheduled_id = request.require_viewer(), request.path_id()
        await self._database.write(self._scheduling.cancel, viewer, scheduled_id)
        return json_reply({})


def _moment(text: str) -> int:
    """Milliseconds of ``scheduled_at``. Raises Invalid."""
    try:
        return from_iso(text)
    except ValueError:
        raise Invalid(
            "scheduled_at_invalid", "Validation failed: Scheduled at is invalid"
        ) from None
