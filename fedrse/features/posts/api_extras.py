"""Client API around posts: refreshes that go on, what others embed."""

from __future__ import annotations

import re
from html import escape
from typing import Any

import msgspec
from msgspec import Struct

from fedrse.core.errors import FedrseError, NotFound
from fedrse.core.html import html_to_text
from fedrse.core.ids import parse_id
from fedrse.core.ports import Protocol
from fedrse.features.posts.service import Posts
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction

LONGEST_TITLE = 80
WIDTH = 400  # pixels
CACHED = 86_400  # seconds
_PAGE = re.compile(r"/@[^/@]{1,200}/([0-9]{1,19})/?")


class SizeParameters(Struct):
    """The room that the other site has, in pixels."""

    maxwidth: int | None = None
    maxheight: int | None = None


class Refreshes(Protocol):
    """Work in the background; implemented by ``posts.jobs.ThreadOpener``."""

    async def is_running(self, tx: Transaction, identifier: int) -> bool: ...


class ExtrasApi:
    """Handlers; each opens one read transaction."""

    def __init__(
        self, *, database: Database, posts: Posts, refreshes: Refreshes, origin: str, title: str
    ) -> None:
        """``title`` is the name of the site."""
        self._database = database
        self._posts = posts
        self._refreshes = refreshes
        self._origin = origin
        self._title = title

    def routes(self) -> list[Route]:
        """The addresses of this interface."""
        api = Surface.API
        refresh = "/api/v1_alpha/async_refreshes/{id}"
        proofs = "/api/v1/accounts/{id}/identity_proofs"
        return [
            Route("GET", refresh, self.refresh, api, Auth.USER, scopes=("read",)),
            Route("GET", "/api/oembed", self.oembed, api, Auth.PUBLIC),
            Route("GET", proofs, self.identity_proofs, api, Auth.USER, scopes=("read:accounts",)),
        ]

    async def refresh(self, request: Request) -> Reply:
        """``GET /api/v1_alpha/async_refreshes/:id``."""
        identifier = request.path_id()
        running = await self._database.read(self._refreshes.is_running, identifier)
        status = "running" if running else "finished"
        entity = {"id": str(identifier), "status": status, "result_count": None}
        return json_reply({"async_refresh": entity})

    async def identity_proofs(self, _request: Request) -> Reply:
        """``GET /api/v1/accounts/:id/identity_proofs``: nobody has any since Mastodon 3.5."""
        return json_reply([])

    async def oembed(self, request: Request) -> Reply:
        """``GET /api/oembed``: a post that visitors may read, for other web sites."""
        address, room = request.text("url") or "", request.bind(SizeParameters)
        page = _PAGE.fullmatch(address.removeprefix(self._origin))
        post_id = parse_id(page[1]) if page is not None else None
        if post_id is None or not address.startswith(f"{self._origin}/"):
            raise NotFound

        async def unit(tx: Transaction) -> list[bytes]:
            await self._posts.access_original(tx, None, post_id)
            return await self._posts.entities(tx, [post_id], None)

        try:
            entities = await self._database.read(unit)
        except FedrseError as error:  # missing and forbidden look the same
            raise NotFound from error
        if not entities:
            raise NotFound
        return json_reply(self._embedded(msgspec.json.decode(entities[0]), room))

    def _embedded(self, status: dict[str, Any], room: SizeParameters) -> dict[str, Any]:
        """oEmbed 1.0, section 2.3.4."""
        author = status["account"]
        text = html_to_text(status["spoiler_text"] or status["content"])
        title = text if len(text) <= LONGEST_TITLE else f"{text[:LONGEST_TITLE]}…"
        name = author["display_name"] or author["username"]
        html = (
            f'<blockquote cite="{escape(status["uri"])}"><p>{escape(text)}</p>'
            f'<a href="{escape(status["url"])}">{escape(name)}</a></blockquote>'
        )
        return {
            "type": "rich",
            "version": "1.0",
            "title": f"{name}: {title}",
            "author_name": name,
            "author_url": author["url"],
            "provider_name": self._title,
            "provider_url": f"{self._origin}/",
            "cache_age": CACHED,
            "html": html,
            "width": max(min(WIDTH, room.maxwidth or WIDTH), 1),
            "height": room.maxheight,  # the text takes what it needs, and no more than that
        }
