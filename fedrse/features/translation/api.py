"""Client API: posts in another language (Mastodon API ``statuses``, ``instance``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from fedrse.core.errors import Forbidden, NotFound
from fedrse.core.ports import Protocol
from fedrse.features.posts.model import Audience, Post
from fedrse.features.translation.model import entity, texts_of
from fedrse.features.translation.service import PROVIDER, Translations
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction

TRANSLATED = frozenset({Audience.PUBLIC, Audience.NETWORK})
"""Posts that are written for everybody; others are between people."""


class Posts(Protocol):
    """Posts for viewers; implemented by ``posts.service.Posts``."""

    async def access_original(
        self, tx: Transaction, viewer_id: int | None, post_id: int
    ) -> Post: ...

    async def entities(
        self, tx: Transaction, ids: Sequence[int], viewer: int | None
    ) -> list[bytes]: ...


class TranslationApi:
    """Handlers."""

    def __init__(self, *, database: Database, posts: Posts, translations: Translations) -> None:
        self._database = database
        self._posts = posts
        self._translations = translations

    def routes(self) -> list[Route]:
        """The addresses of this interface."""
        api, read = Surface.API, ("read:statuses",)
        translate = "/api/v1/statuses/{id}/translate"
        languages = "/api/v1/instance/translation_languages"
        return [
            Route("POST", translate, self.translate, api, Auth.APP, scopes=read),
            Route("GET", languages, self.languages, api, Auth.PUBLIC),
        ]

    async def translate(self, request: Request) -> Reply:
        """``POST /api/v1/statuses/:id/translate``; ``lang``, or the language of the reader."""
        post_id = request.path_id()
        wish = request.text("lang") or request.language

        async def unit(tx: Transaction) -> tuple[Post, list[bytes]]:
            post = await self._posts.access_original(tx, request.viewer, post_id)
            return post, await self._posts.entities(tx, [post.id], request.viewer)

        post, entities = await self._database.read(unit)
        self._translations.check()
        if not entities:
            raise NotFound
        if post.audience not in TRANSLATED:
            raise Forbidden("not_translated", "This action is not allowed")
        status: dict[str, Any] = msgspec.json.decode(entities[0])
        found, target = await self._translations.translate(
            texts_of(status), status["language"], wish
        )
        poll_id = None if status["poll"] is None else status["poll"]["id"]
        return json_reply(entity(found, target=target, provider=PROVIDER, poll_id=poll_id))

    async def languages(self, _request: Request) -> Reply:
        """``GET /api/v1/instance/translation_languages``: empty without an engine."""
        found = await self._translations.languages()
        return json_reply({source: sorted(targets) for source, targets in found.items() if targets})
