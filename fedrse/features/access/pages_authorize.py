"""The page on which somebody lets an application act for them."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from fedrse.core.errors import FedrseError
from fedrse.features.access.api import Profiles
from fedrse.features.access.model_authorization import PATH, AuthorizationRequest, NotForUs
from fedrse.features.access.model_oauth import OAuthApp, OAuthProblem, form_target
from fedrse.features.access.model_scopes import words_of
from fedrse.features.access.model_security import Happened
from fedrse.features.access.pages import SignInPages
from fedrse.features.access.pages_door import visitor_of
from fedrse.features.access.service_oauth import OAuth
from fedrse.features.access.service_security_log import SecurityLog
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.renderer import Renderer

_DENIED = "The resource owner or authorization server denied the request."


class AuthorizePages:
    """``/oauth/authorize``: sign in, consent, and the answer to the application."""

    def __init__(
        self,
        *,
        database: Database,
        oauth: OAuth,
        sign_in: SignInPages,
        profiles: Profiles,
        log: SecurityLog,
        renderer: Renderer,
    ) -> None:
        self._database = database
        self._oauth = oauth
        self._sign_in = sign_in
        self._profiles = profiles
        self._log = log
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """The addresses of these pages."""
        page, anyone = Surface.PAGE, Auth.OPTIONAL
        return [
            Route("GET", PATH, self.ask, page, anyone),
            Route("POST", PATH, self.answer, page, anyone),
        ]

    async def ask(self, request: Request) -> Reply:
        """``GET /oauth/authorize``: the sign-in form, then the consent page."""
        asked = AuthorizationRequest.of(request.params)
        if language := asked.get("lang"):
            request.language = language
        try:
            app = await self._app(asked)
        except NotForUs as error:
            return self._problem(request, error)
        # First who it is, then whether the request is right: an application made up by somebody
        # must not get redirects from here without anybody having signed in (RFC 9700, 4.11.2).
        viewer = request.viewer
        if viewer is None or asked.force_login:
            return await self._sign_in.form(request, asked.path)
        try:
            scopes = asked.check(app)
        except OAuthProblem as problem:
            return self._refused(request, asked, problem)
        return await self._consent(request, asked, app, scopes, viewer)

    async def answer(self, request: Request) -> Reply:
        """``POST /oauth/authorize``: what the person has decided."""
        asked = AuthorizationRequest.of(request.params)
        try:
            app = await self._app(asked)
        except NotForUs as error:
            return self._problem(request, error)
        viewer = request.viewer
        if viewer is None:
            return await self._sign_in.form(request, asked.path)
        try:
            scopes = asked.check(app)
        except OAuthProblem as problem:
            return self._refused(request, asked, problem)
        if request.text("decision") != "allow":
            return self._refused(request, asked, OAuthProblem("access_denied", _DENIED))
        visitor = visitor_of(request)

        async def unit(tx: Transaction) -> str:
            await self._log.note(tx, viewer, Happened.APP_ALLOWED, visitor, detail=app.name)
            return await self._issue(tx, asked, app, scopes, viewer)

        code = await self._database.write(unit)
        if not asked.is_out_of_band:
            return redirect(asked.answer(code=code))
        return self._renderer.render(request, "access/code.html", code=code, app=app)

    async def _app(self, asked: AuthorizationRequest) -> OAuthApp:
        app = await self._database.read(self._oauth.app, asked.get("client_id"))
        return asked.check_address(app)

    async def _issue(
        self,
        tx: Transaction,
        asked: AuthorizationRequest,
        app: OAuthApp,
        scopes: Sequence[str],
        viewer: int,
    ) -> str:
        return await self._oauth.issue_code(
            tx,
            app,
            viewer,
            redirect_uri=asked.values["redirect_uri"],
            scopes=scopes,
            challenge=asked.challenge(),
        )

    async def _consent(
        self,
        request: Request,
        asked: AuthorizationRequest,
        app: OAuthApp,
        scopes: Sequence[str],
        viewer: int,
    ) -> Reply:
        found = await self._database.read(self._profiles.entities, [viewer])
        return self._renderer.render(
            request,
            "access/consent.html",
            headers=self._sign_in.policy(asked),
            action=PATH,
            app=app,
            destination=_destination(asked.values["redirect_uri"]),
            words=words_of(scopes),
            person=self._renderer.faces.person(found[viewer]),
            fields=asked.values,
            other_account=f"{asked.path}&force_login=true",
        )

    def _refused(
        self, request: Request, asked: AuthorizationRequest, problem: OAuthProblem
    ) -> Reply:
        if asked.is_out_of_band:
            return self._problem(request, problem)
        return redirect(asked.answer(error=problem.code, error_description=problem.message))

    def _problem(self, request: Request, error: FedrseError) -> Reply:
        return self._renderer.render(
            request,
            "access/problem.html",
            status=error.status,
            message=error.message if isinstance(error, NotForUs) else "",
            code=error.code,
            description=error.message,
        )


def _destination(redirect_uri: str) -> str:
    """Where the person is sent, in a word: the host of a web application, else nothing."""
    target = form_target(redirect_uri)
    return urlsplit(redirect_uri).netloc if target and "://" in target else ""
