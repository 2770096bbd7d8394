"""Client API: preferences (Mastodon API ``preferences``), and registration, which is closed."""

from __future__ import annotations

from fedrse.core.errors import Forbidden
from fedrse.features.access.service import Logins
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Limit, Route, Surface
from fedrse.store.database import Database


class PreferencesApi:
    """Handlers."""

    def __init__(self, *, database: Database, logins: Logins) -> None:
        self._database = database
        self._logins = logins

    def routes(self) -> list[Route]:
        """The addresses of this interface."""
        api = Surface.API
        return [
            Route(
                "GET", "/api/v1/preferences", self.preferences, api, Auth.USER, ("read:accounts",)
            ),
            Route(
                "POST",
                "/api/v1/accounts",
                self.register,
                api,
                Auth.APP,
                ("write:accounts",),
                limit=Limit.LOGIN,
            ),
            Route(
                "POST",
                "/api/v1/emails/confirmations",
                self.confirm,
                api,
                Auth.USER,
                limit=Limit.LOGIN,
            ),
        ]

    async def preferences(self, request: Request) -> Reply:
        """``GET /api/v1/preferences``."""
        login = await self._database.read(self._logins.by_account, request.require_viewer())
        return json_reply(
            {
                "posting:default:visibility": (
                    "public" if login is None else login.default_visibility
                ),
                "posting:default:sensitive": login is not None and login.default_sensitive,
                "posting:default:language": None if login is None else login.default_language,
                "reading:expand:media": "default",
                "reading:expand:spoilers": False,
            }
        )

    async def register(self, _request: Request) -> Reply:
        """``POST /api/v1/accounts``: people of this site are made by its admins."""
        raise Forbidden("registrations_closed", "This action is not allowed")

    async def confirm(self, _request: Request) -> Reply:
        """``POST /api/v1/emails/confirmations``: nobody here has an address to be confirmed."""
        raise Forbidden(
            "email_confirmed",
            "This method is only available while the e-mail is awaiting confirmation",
        )
