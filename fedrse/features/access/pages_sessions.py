"""Where somebody is signed in, and which applications may act for them."""

from __future__ import annotations

from msgspec import Struct

from fedrse.core.errors import NotFound
from fedrse.core.ids import parse_id
from fedrse.features.access.model import SessionInfo
from fedrse.features.access.model_oauth import AuthorizedApp
from fedrse.features.access.model_scopes import words_of
from fedrse.features.access.model_security import Happened, browser_words
from fedrse.features.access.pages_door import visitor_of
from fedrse.features.access.service_oauth import OAuth
from fedrse.features.access.service_security_log import SecurityLog
from fedrse.features.access.service_sessions import Sessions
from fedrse.http.principal import Held
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.renderer import Renderer
from fedrse.web.viewers import Me
from fedrse.web.views import Person

PATH = "/settings/sessions"


class AppView(Struct, frozen=True):
    """An application as the page shows it; ``words`` are message ids."""

    app: AuthorizedApp
    words: list[str]


class SessionPages:
    """``/settings/sessions``: looking, and ending what should not be."""

    def __init__(
        self,
        *,
        database: Database,
        sessions: Sessions,
        oauth: OAuth,
        me: Me,
        log: SecurityLog,
        renderer: Renderer,
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._oauth = oauth
        self._me = me
        self._log = log
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """The addresses of these pages."""
        page, user = Surface.PAGE, Auth.USER
        return [
            Route("GET", PATH, self.show, page, user),
            Route("POST", f"{PATH}/end", self.end, page, user, open_to=Held.FROZEN),
            Route("POST", f"{PATH}/end-others", self.end_others, page, user, open_to=Held.FROZEN),
            Route("POST", f"{PATH}/revoke-app", self.revoke_app, page, user, open_to=Held.FROZEN),
        ]

    async def show(self, request: Request) -> Reply:
        """``GET /settings/sessions``."""
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> tuple[Person, list[SessionInfo], list[AuthorizedApp]]:
            return (
                await self._me(tx, viewer),
                await self._sessions.of_account(tx, viewer),
                await self._oauth.authorized_apps(tx, viewer),
            )

        me, sessions, apps = await self._database.read(unit)
        return self._renderer.render(
            request,
            "access/sessions.html",
            viewer=me,
            path=PATH,
            sessions=sessions,
            browser=browser_words,
            current=_current(request),
            apps=[AppView(app, words_of(app.scopes)) for app in apps if app.scopes],
        )

    async def end(self, request: Request) -> Reply:
        """``POST .../end``: one session; the own one too, which is signing out."""
        viewer, session_id = request.require_viewer(), _id(request, "session")

        async def unit(tx: Transaction) -> None:
            await self._sessions.end(tx, viewer, session_id)
            await self._log.note(tx, viewer, Happened.SESSIONS_ENDED, visitor_of(request))

        await self._database.write(unit)
        return redirect(PATH)

    async def end_others(self, request: Request) -> Reply:
        """``POST .../end-others``: all but this one."""
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> None:
            await self._sessions.end_others(tx, viewer, _current(request))
            await self._log.note(tx, viewer, Happened.SESSIONS_ENDED, visitor_of(request))

        await self._database.write(unit)
        return redirect(PATH)

    async def revoke_app(self, request: Request) -> Reply:
        """``POST .../revoke-app``."""
        viewer, app_id = request.require_viewer(), _id(request, "app")

        async def unit(tx: Transaction) -> None:
            name = (await self._oauth.app_by_id(tx, app_id)).name
            await self._oauth.revoke_app(tx, viewer, app_id)
            visitor = visitor_of(request)
            await self._log.note(tx, viewer, Happened.APP_WITHDRAWN, visitor, detail=name)

        await self._database.write(unit)
        return redirect(PATH)


def _current(request: Request) -> int:
    principal = request.principal
    return 0 if principal is None else principal.session_id or 0


def _id(request: Request, name: str) -> int:
    identifier = parse_id(request.text(name))
    if identifier is None:
        raise NotFound
    return identifier
