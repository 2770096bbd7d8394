"""For those who forgot their password: asking for a link, and choosing a new one with it."""

from __future__ import annotations

from fedrse.core.errors import Invalid, NotFound
from fedrse.features.access.pages import LOGIN
from fedrse.features.access.pages_door import visitor_of
from fedrse.features.access.pages_security import TWO_DIFFERENT, WEAK
from fedrse.features.access.service import Logins
from fedrse.features.access.service_links import PasswordLinks
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Limit, Route, Surface
from fedrse.store.database import Database
from fedrse.web.renderer import Renderer

FORGOTTEN = f"{LOGIN}/forgotten"
NEW = f"{LOGIN}/new-password/{{token}}"


class ForgottenPages:
    """``/login/forgotten`` and ``/login/new-password/:token``."""

    def __init__(
        self, *, database: Database, logins: Logins, links: PasswordLinks, renderer: Renderer
    ) -> None:
        self._database = database
        self._logins = logins
        self._links = links
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """The addresses of these pages."""
        page, anyone, limit = Surface.PAGE, Auth.OPTIONAL, Limit.LOGIN
        return [
            Route("GET", FORGOTTEN, self.show, page, anyone),
            Route("POST", FORGOTTEN, self.ask, page, anyone, limit=limit),
            Route("GET", NEW, self.choose, page, anyone, limit=limit),
            Route("POST", NEW, self.change, page, anyone, limit=limit),
        ]

    async def show(self, request: Request) -> Reply:
        """``GET /login/forgotten``."""
        state = "ask" if self._links.by_mail else "no mail"
        return self._page(request, state)

    async def ask(self, request: Request) -> Reply:
        """``POST /login/forgotten``: the same answer whatever the name."""
        name = request.text("name") or ""
        if not name.strip():
            return redirect(FORGOTTEN)
        if not self._links.by_mail:
            return self._page(request, "no mail")
        await self._database.write(self._links.ask, name, visitor_of(request))
        return self._page(request, "sent")

    async def choose(self, request: Request) -> Reply:
        """``GET /login/new-password/:token``."""
        return await self._form(request, {})

    async def change(self, request: Request) -> Reply:
        """``POST /login/new-password/:token``; the second step is asked for as ever."""
        token, new = request.values["token"], request.text("new") or ""
        try:
            login = await self._database.read(self._links.owner, token)
        except NotFound:
            return self._page(request, "void")
        if new != (request.text("again") or ""):
            return await self._form(request, {"again": TWO_DIFFERENT})
        try:
            names = (login.username, login.email)
            password_hash = await self._logins.prepare_password(new, names=names)
        except Invalid as error:
            return await self._form(request, {"new": WEAK.get(error.code, WEAK["password_simple"])})
        try:
            await self._database.write(self._links.use, token, password_hash, visitor_of(request))
        except NotFound:  # used meanwhile
            return self._page(request, "void")
        return redirect(f"{LOGIN}?done=password")

    async def _form(self, request: Request, wrong: dict[str, str]) -> Reply:
        try:
            login = await self._database.read(self._links.owner, request.values["token"])
        except NotFound:
            return self._page(request, "void")
        return self._page(request, "choose", wrong=wrong, username=login.username)

    def _page(
        self,
        request: Request,
        state: str,
        *,
        wrong: dict[str, str] | None = None,
        username: str = "",
    ) -> Reply:
        return self._renderer.render(
            request,
            "access/forgotten.html",
            status=422 if wrong else 200,
            state=state,
            action=request.path,
            again=FORGOTTEN,
            username=username,
            wrong=wrong or {},
        )
