"""Client API: preferences (Mastodon API ``preferences``)."""

from __future__ import annotations

from fedrse.features.access.service import Logins
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database
from fedrse.web.look import read_look


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
        """``GET /api/v1/preferences``; what is about reading is chosen at /settings/appearance."""
        login = await self._database.read(self._logins.require, request.require_viewer())
        reading = read_look(login.look).reading
        return json_reply(
            {
                "posting:default:visibility": login.default_visibility,
                "posting:default:sensitive": login.default_sensitive,
                "posting:default:language": login.default_language,
                "posting:default:quote_policy": login.default_quote_policy,
                "reading:expand:media": reading.media,
                "reading:expand:spoilers": reading.opens_warnings,
                "reading:autoplay:gifs": reading.plays_pictures,
            }
        )
