"""Page of the console: invitations to sign up, with how many may use them and for how long."""

from __future__ import annotations

from typing import Final

from fedrse.core.errors import FedrseError, Invalid
from fedrse.core.ids import parse_id
from fedrse.features.access.model_registration import Invitation
from fedrse.features.access.service_registration import Registrations
from fedrse.features.admin.pages_decide import ACCOUNTS
from fedrse.features.admin.service import People
from fedrse.features.audit.model import person
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.rights import Right
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.console import Console
from fedrse.web.languages import translatable
from fedrse.web.viewers import Me
from fedrse.web.views import Person

PATH: Final = f"{ACCOUNTS}/invitations"
_BOUNDS: Final = translatable("Up to 10,000 people, and up to 3,650 days.")


class InvitationDesk:
    """``/admin/accounts/invitations``."""

    def __init__(
        self,
        *,
        database: Database,
        people: People,
        registrations: Registrations,
        console: Console,
        me: Me,
        origin: str,
    ) -> None:
        self._database = database
        self._people = people
        self._registrations = registrations
        self._console = console
        self._me = me
        self._origin = origin

    def routes(self) -> list[Route]:
        """The addresses."""
        return [
            _route("GET", PATH, self.listing),
            _route("POST", PATH, self.invite),
            _route("POST", f"{PATH}/{{id}}/withdraw", self.withdraw),
        ]

    async def listing(self, request: Request) -> Reply:
        """``GET /admin/accounts/invitations``: those that are good still."""
        return await self._draw(request)

    async def invite(self, request: Request) -> Reply:
        """``POST /admin/accounts/invitations``: the page shows the link, once."""
        by = person(request.require_viewer())
        uses = parse_id(request.text("uses") or "") or 0
        days = parse_id(request.text("days") or "") or 0

        async def unit(tx: Transaction) -> str:
            return await self._people.invite(tx, by, uses=uses, days=days)

        try:
            code = await self._database.write(unit)
        except Invalid as error:
            return await self._draw(request, error=error)
        return await self._draw(request, link=f"{self._origin}/join?invite={code}")

    async def withdraw(self, request: Request) -> Reply:
        """``POST /admin/accounts/invitations/{id}/withdraw``."""
        by, key = person(request.require_viewer()), request.path_id()
        await self._database.write(self._people.withdraw, by, key)
        return redirect(PATH)

    async def _draw(
        self, request: Request, *, link: str = "", error: FedrseError | None = None
    ) -> Reply:
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> tuple[Person, list[Invitation]]:
            return await self._me(tx, viewer), await self._registrations.invitations(tx)

        me, found = await self._database.read(unit)
        return self._console.render(
            request,
            "admin/invitations.html",
            viewer=me,
            status=200 if error is None else error.status,
            invitations=found,
            link=link,
            uses=request.text("uses") or "1",
            days=request.text("days") or "7",
            wrong="" if error is None else _BOUNDS,
        )


def _route(method: str, path: str, handler: Handler) -> Route:
    return Route(method, path, handler, Surface.PAGE, Auth.USER, right=Right.MANAGE_INVITES)
