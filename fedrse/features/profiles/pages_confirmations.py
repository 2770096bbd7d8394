"""Pages: confirming what a colleague knows, and what others confirm of oneself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from fedrse.features.accounts.model import Account
from fedrse.features.profiles.model_confirmations import Received
from fedrse.features.profiles.service_confirmations import Confirmations
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.renderer import Renderer
from fedrse.web.viewers import Me
from fedrse.web.views import Person

PATH: Final = "/settings/card/confirmations"


class ConfirmationPages:
    """Draws and changes."""

    def __init__(
        self, *, database: Database, confirmations: Confirmations, renderer: Renderer, me: Me
    ) -> None:
        self._database = database
        self._confirmations = confirmations
        self._renderer = renderer
        self._me = me

    def routes(self) -> list[Route]:
        """The addresses."""
        page, user = Surface.PAGE, Auth.USER
        return [
            Route("POST", "/people/{id}/confirm", self.confirm, page, user),
            Route("POST", "/people/{id}/withdraw", self.withdraw, page, user),
            Route("GET", PATH, self.show, page, user),
            Route("POST", f"{PATH}/{{id}}/hide", self.hide, page, user),
            Route("POST", f"{PATH}/{{id}}/show", self.unhide, page, user),
        ]

    async def confirm(self, request: Request) -> Reply:
        """``POST /people/{id}/confirm``: that somebody knows ``skill``. Raises NotFound."""
        return await self._say(request, self._confirmations.confirm)

    async def withdraw(self, request: Request) -> Reply:
        """``POST /people/{id}/withdraw``. Raises NotFound."""
        return await self._say(request, self._confirmations.withdraw)

    async def _say(
        self, request: Request, act: Callable[[Transaction, int, int, str], Awaitable[Account]]
    ) -> Reply:
        viewer, skill = request.require_viewer(), request.text("skill") or ""
        account = await self._database.write(act, viewer, request.path_id(), skill)
        return redirect(f"/@{account.acct}#expertise")

    async def show(self, request: Request) -> Reply:
        """``GET /settings/card/confirmations``: who confirms what of oneself."""
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> tuple[list[Received], Person]:
            return await self._confirmations.received(tx, viewer), await self._me(tx, viewer)

        received, me = await self._database.read(unit)
        return self._renderer.render(
            request, "profiles/confirmations.html", viewer=me, received=received, path=PATH
        )

    async def hide(self, request: Request) -> Reply:
        """``POST .../{id}/hide``: nobody sees it any more; who said it is not told."""
        return await self._hide(request, hidden=True)

    async def unhide(self, request: Request) -> Reply:
        """``POST .../{id}/show``."""
        return await self._hide(request, hidden=False)

    async def _hide(self, request: Request, *, hidden: bool) -> Reply:
        viewer, identifier = request.require_viewer(), request.path_id()

        async def unit(tx: Transaction) -> None:
            await self._confirmations.hide(tx, viewer, identifier, hidden=hidden)

        await self._database.write(unit)
        return redirect(PATH)
