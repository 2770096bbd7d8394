"""Client API: preferences (Mastodon API ``preferences``)."""

from __future__ import annotations

from fedrse.features.access.service import Logins
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
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
                "posting:default:quote_policy": (
                    "public" if login is None else login.default_quote_policy
                ),
                "reading:expand:media": "default",
                "reading:expand:spoilers": False,
                "reading:autoplay:gifs": False,
            }
        )
