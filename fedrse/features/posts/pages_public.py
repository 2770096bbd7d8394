"""Feeds of what somebody publishes for everybody, for programs that read news.

They are the same whoever asks: what visitors see, and the sign-in page where they see nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from importlib import import_module
from typing import Any

import msgspec

from fedrse.core.paging import Page
from fedrse.features.accounts.model_handles import parse_handle
from fedrse.features.posts import service_lists
from fedrse.features.posts.pages import People
from fedrse.features.posts.service import Posts
from fedrse.features.posts.service_lists import ProfileFilter
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction

MOST = 20
CACHE = "public, max-age=300"
Entity = dict[str, Any]


class FeedFiles:
    """``/@{handle}/feed.rss`` and ``/@{handle}/feed.atom``."""

    def __init__(
        self,
        *,
        database: Database,
        posts: Posts,
        people: People,
        own_domain: str,
        origin: str,
        site_name: str,
    ) -> None:
        self._database = database
        self._posts = posts
        self._people = people
        self._own_domain = own_domain
        self._origin = origin
        self._site_name = site_name

    def routes(self) -> list[Route]:
        """The addresses of the feeds."""
        page, anyone = Surface.PAGE, Auth.PUBLIC
        return [
            Route("GET", "/@{handle}/feed.rss", self.rss, page, anyone),
            Route("GET", "/@{handle}/feed.atom", self.atom, page, anyone),
        ]

    async def rss(self, request: Request) -> Reply:
        """``GET /@{handle}/feed.rss``."""
        return await self._file(request, "to_rss", "RSS")

    async def atom(self, request: Request) -> Reply:
        """``GET /@{handle}/feed.atom``."""
        return await self._file(request, "to_atom", "ATOM")

    async def _file(self, request: Request, writer: str, media_type: str) -> Reply:
        account, statuses = await self._database.read(self._read, request.values["handle"])
        # XML is loaded where somebody asks for it.
        model = import_module("fedrse.features.posts.model_feed")
        write: Callable[[Any], bytes] = getattr(model, writer)
        body = write(
            model.Feed(
                account=account,
                statuses=statuses,
                address=self._origin + request.path,
                site=self._site_name,
            )
        )
        tag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        headers = {"Cache-Control": CACHE, "ETag": tag}
        if request.headers.get("If-None-Match") == tag:
            return Reply(status=304, headers=headers)
        return Reply(body, media_type=getattr(model, media_type), headers=headers)

    async def _read(self, tx: Transaction, text: str) -> tuple[Entity, list[Entity]]:
        handle = parse_handle(text if "@" in text else f"{text}@{self._own_domain}")
        named = None
        if handle is not None:
            named = await self._people.by_handle(tx, handle.username, handle.domain)
        account = await self._people.access_account(tx, None, 0 if named is None else named.id)
        page = Page(limit=MOST)
        ids = await service_lists.of_account(tx, None, account.id, page, ProfileFilter())
        statuses = [msgspec.json.decode(one) for one in await self._posts.entities(tx, ids, None)]
        entity = (await self._people.entities(tx, [account.id]))[account.id]
        return entity, [one for one in statuses if one["reblog"] is None]
