"""NodeInfo 2.0 and 2.1 (FEP-0151, FEP-f1d5): what software runs here and how many use it."""

from __future__ import annotations

from typing import Any

import fedrse
from fedrse.activitypub.local_ids import LocalIds
from fedrse.core.settings import Settings
from fedrse.core.settings_mail import RegistrationMode
from fedrse.features.instance.api import SiteFacts
from fedrse.features.instance.model import Numbers
from fedrse.http.reply import Reply, encode_json, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Limit, Route, Surface
from fedrse.store.database import Database

SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/"
APPLICATION_REL = "https://www.w3.org/ns/activitystreams#Application"


class NodeInfoApi:
    """Handlers; the numbers are rough and public by design of the protocol."""

    def __init__(
        self, *, settings: Settings, database: Database, facts: SiteFacts, local_ids: LocalIds
    ) -> None:
        self._settings = settings
        self._database = database
        self._facts = facts
        self._local_ids = local_ids

    async def links(self, _request: Request) -> Reply:
        """``GET /.well-known/nodeinfo``; names the instance actor, too (FEP-2677)."""
        links = [
            {"rel": SCHEMA + version, "href": f"{self._settings.origin}/nodeinfo/{version}"}
            for version in ("2.0", "2.1")
        ]
        links.append({"rel": APPLICATION_REL, "href": self._local_ids.instance_actor})
        return json_reply({"links": links})

    async def version_2_0(self, _request: Request) -> Reply:
        """``GET /nodeinfo/2.0``."""
        return await self._document("2.0")

    async def version_2_1(self, _request: Request) -> Reply:
        """``GET /nodeinfo/2.1``."""
        return await self._document("2.1")

    async def _document(self, version: str) -> Reply:
        numbers = await self._database.read(self._facts.numbers)
        media_type = f'application/json; profile="{SCHEMA}{version}#"; charset=utf-8'
        return Reply(encode_json(self._content(version, numbers)), media_type=media_type)

    def _content(self, version: str, numbers: Numbers) -> dict[str, Any]:
        return {
            "version": version,
            "software": {"name": "fedrse", "version": fedrse.__version__},
            "protocols": ["activitypub"],
            "services": {"inbound": [], "outbound": []},
            "openRegistrations": self._settings.registration.mode is RegistrationMode.OPEN,
            "usage": {
                "users": {
                    "total": numbers.people,
                    "activeMonth": numbers.active_month,
                    "activeHalfyear": numbers.active_month,
                },
                "localPosts": numbers.posts,
            },
            "metadata": {
                "nodeName": self._settings.site.name,
                "nodeDescription": self._settings.site.description,
                # Client libraries that know only some software look here for the API they speak.
                "upstream": {"name": "mastodon"},
            },
        }


def routes(api: NodeInfoApi) -> list[Route]:
    """The addresses of NodeInfo."""
    wellknown, public = Surface.WELLKNOWN, Auth.PUBLIC
    return [
        Route("GET", path, handler, wellknown, public, limit=Limit.INBOX)
        for path, handler in (
            ("/.well-known/nodeinfo", api.links),
            ("/nodeinfo/2.0", api.version_2_0),
            ("/nodeinfo/2.1", api.version_2_1),
        )
    ]
