"""Client API: custom emoji (Mastodon API ``custom_emojis``)."""

from __future__ import annotations

from fedrse.features.emoji.service import Emojis
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database


def routes(*, database: Database, emojis: Emojis, is_public: bool) -> list[Route]:
    """``/api/v1/custom_emojis``; ``is_public``: the site has pages for visitors."""

    async def listing(request: Request) -> Reply:
        """What people here can write; a closed site tells visitors nothing, so no names either."""
        if request.viewer is None and not is_public:
            return json_reply([])
        return json_reply(await database.read(emojis.listing))

    return [Route("GET", "/api/v1/custom_emojis", listing, Surface.API, Auth.OPTIONAL)]
