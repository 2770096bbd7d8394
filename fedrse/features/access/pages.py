"""Pages for signing in and out."""

from __future__ import annotations

from contextlib import suppress

from fedrse.core.errors import Forbidden, NotFound
from fedrse.features.access.model import BadCredentials, Login
from fedrse.features.access.model_authorization import (
    AuthorizationRequest,
    NotForUs,
    safe_next,
)
from fedrse.features.access.model_oauth import OAuthApp
from fedrse.features.access.pages_door import let_in, visitor_of, with_step
from fedrse.features.access.service import Logins
from fedrse.features.access.service_entrance import Entered, Entrance, Waiting
from fedrse.features.access.service_oauth import OAuth
from fedrse.features.access.service_sessions import Sessions
from fedrse.http.headers import page_policy
from fedrse.http.principal import Held
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Limit, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.languages import translatable
from fedrse.web.renderer import SIGN_IN_PATH, Renderer

LOGIN = "/login"
LOGOUT = "/logout"
SECOND = "/login/second"
_WRONG = translatable("The name or the password is wrong.")
_OVER = translatable("This took too long. Please sign in again.")
_RESET = translatable("Your new password is set. Sign in with it.")
_DISABLED = translatable("This account is disabled. Ask the people in charge of this site why.")


class SignInPages:
    """Draws the sign-in form and starts and ends sessions."""

    def __init__(
        self,
        *,
        database: Database,
        logins: Logins,
        sessions: Sessions,
        entrance: Entrance,
        oauth: OAuth,
        renderer: Renderer,
        media_origin: str | None = None,
        has_passkeys: bool = False,
    ) -> None:
        """``media_origin`` is the separate origin of media, where there is one."""
        self._has_passkeys = has_passkeys
        self._entrance = entrance
        self._media_origin = media_origin
        self._database = database
        self._logins = logins
        self._sessions = sessions
        self._oauth = oauth
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """The addresses of these pages."""
        page, anyone = Surface.PAGE, Auth.OPTIONAL
        routes = [
            Route("GET", LOGIN, self.show, page, anyone, open_to=Held.SUSPENDED),
            Route(
                "POST",
                LOGIN,
                self.sign_in,
                page,
                anyone,
                limit=Limit.LOGIN,
                open_to=Held.SUSPENDED,
            ),
            Route("GET", LOGOUT, self.ask_sign_out, page, anyone, open_to=Held.SUSPENDED),
            Route("POST", LOGOUT, self.sign_out, page, anyone, open_to=Held.SUSPENDED),
        ]
        if SIGN_IN_PATH != LOGIN:
            routes.append(Route("GET", SIGN_IN_PATH, self.show, page, anyone))
        return routes

    async def show(self, request: Request) -> Reply:
        """``GET /login``; whoever is signed in goes on."""
        target = safe_next(request.text("next"))
        if request.viewer is not None:
            return redirect(target)
        notice = _OVER if request.text("over") else ""
        done = _RESET if request.text("done") == "password" else ""
        return await self.form(request, target, notice=notice, done=done)

    async def form(
        self,
        request: Request,
        target: str,
        *,
        name: str = "",
        error: str = "",
        notice: str = "",
        done: str = "",
    ) -> Reply:
        """The sign-in form; ``target`` is a path of this site to go to afterwards.

        Where that is the request of an application, the page says so and lets its form lead there.
        """
        app, policy = await self.destination(target)
        return self._renderer.render(
            request,
            "access/sign_in.html",
            status=422 if error else 200,
            headers=policy,
            action=LOGIN,
            target=target,
            name=name,
            error=error,
            notice=notice,
            done=done,
            has_passkeys=self._has_passkeys,
            app=app,
        )

    async def destination(self, target: str) -> tuple[OAuthApp | None, dict[str, str]]:
        """The application to which this path leads, and the header that permits it."""
        asked = AuthorizationRequest.of_path(target)
        if asked is None:
            return None, {}
        app = await self._database.read(self._oauth.app, asked.get("client_id"))
        try:
            app = asked.check_address(app)
        except NotForUs:
            return None, {}
        return app, self.policy(asked)

    def policy(self, asked: AuthorizationRequest) -> dict[str, str]:
        """The header that lets forms lead to the application; its address must be checked."""
        targets = asked.form_targets()
        policy = page_policy(media_origin=self._media_origin, form_targets=targets)
        return {"Content-Security-Policy": policy}

    async def sign_in(self, request: Request) -> Reply:
        """``POST /login``."""
        target = safe_next(request.text("next"))
        name, password = request.text("name") or "", request.text("password") or ""
        try:
            login = await self._logins.authenticate(self._database, name, password)
        except BadCredentials:
            self._entrance.log.note_wrong_password(self._database, name, visitor_of(request))
            return await self.form(request, target, name=name[:320], error=_WRONG)
        except Forbidden:
            return await self.form(request, target, name=name[:320], error=_DISABLED)
        outcome = await self._database.write(self._after_password, request, login, target)
        if isinstance(outcome, Waiting):
            return with_step(request, redirect(SECOND), outcome.token)
        return let_in(request, outcome, target)

    async def _after_password(
        self, tx: Transaction, request: Request, login: Login, target: str
    ) -> Entered | Waiting:
        outcome = await self._entrance.after_password(
            tx, login.account_id, visitor_of(request), target
        )
        if isinstance(outcome, Entered):
            await self.end_session(tx, request)
        return outcome

    async def end_session(self, tx: Transaction, request: Request) -> None:
        """Ends the session in which the browser has been until now, if any."""
        principal = request.principal
        if principal is not None and principal.session_id and principal.account_id:
            with suppress(NotFound):  # ended meanwhile
                await self._sessions.end(tx, principal.account_id, principal.session_id)

    async def ask_sign_out(self, request: Request) -> Reply:
        """``GET /logout``: a button, because a link must not change anything."""
        if request.viewer is None:
            return redirect("/")
        return self._renderer.render(request, "access/sign_out.html", action=LOGOUT)

    async def sign_out(self, request: Request) -> Reply:
        """``POST /logout``."""
        await self._database.write(self.end_session, request)
        reply = redirect("/")
        reply.cookies.append(request.cookies.clear(request.cookies.session))
        return reply
