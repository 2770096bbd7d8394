"""The page to which the link in a mail leads: a button, because programs open links too."""

from __future__ import annotations

from fedrse.core.errors import Conflict, Invalid, NotFound
from fedrse.features.access.service_registration import KeyMaker, Registrations
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Limit, Route, Surface
from fedrse.store.database import Database
from fedrse.web.renderer import Renderer

PATH = "/auth/confirm/{id}/{token}"


class ConfirmPages:
    """``/auth/confirm/:id/:token``."""

    def __init__(
        self,
        *,
        database: Database,
        registrations: Registrations,
        renderer: Renderer,
        make_keys: KeyMaker,
    ) -> None:
        self._database = database
        self._registrations = registrations
        self._renderer = renderer
        self._make_keys = make_keys

    def routes(self) -> list[Route]:
        """The address of this page."""
        page, anyone, limit = Surface.PAGE, Auth.OPTIONAL, Limit.LOGIN
        return [
            Route("GET", PATH, self.ask, page, anyone, limit=limit),
            Route("POST", PATH, self.confirm, page, anyone, limit=limit),
        ]

    async def ask(self, request: Request) -> Reply:
        """Shows whose address it is."""
        try:
            known = await self._database.read(
                self._registrations.by_link, request.path_id(), request.values["token"]
            )
        except NotFound:
            return self._show(request, "gone")
        if known.confirmed_at is not None:
            return self._show(request, "taken" if known.is_ready else "waiting")
        return self._show(request, "ask", username=known.username, email=known.email)

    async def confirm(self, request: Request) -> Reply:
        """Confirms it, and makes the account where nobody has to decide."""
        try:
            ready = await self._registrations.confirm(
                self._database, request.path_id(), request.values["token"], self._make_keys
            )
        except NotFound:
            return self._show(request, "gone")
        except (Conflict, Invalid):
            return self._show(request, "taken")
        return self._show(request, "ready" if ready else "waiting")

    def _show(self, request: Request, state: str, *, username: str = "", email: str = "") -> Reply:
        return self._renderer.render(
            request,
            "access/confirm.html",
            status=404 if state == "gone" else 200,
            state=state,
            action=request.target,
            username=username,
            email=email,
        )
