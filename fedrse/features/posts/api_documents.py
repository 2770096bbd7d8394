"""ActivityPub: posts of this site and their collections, to those who say who they are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fedrse.activitypub.vocabulary import Json
from fedrse.core.errors import NotFound
from fedrse.core.ids import parse_id
from fedrse.features.instance.model_signed_fetch import SignedFetch, signed_reply
from fedrse.features.posts.service_collections import Asker, Collections
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Limit, Route, Surface
from fedrse.store.database import Database, Transaction


class DocumentsApi:
    """Handlers of signed fetches."""

    def __init__(
        self, *, database: Database, collections: Collections, signed_fetch: SignedFetch
    ) -> None:
        self._database = database
        self._collections = collections
        self._signed_fetch = signed_fetch

    def routes(self) -> list[Route]:
        """The addresses of this interface."""
        return [
            _route("/ap/n/{id}", self.note),
            _route("/@{handle}/{id}", self.note),
            _route("/ap/n/{id}/activity", self.create),
            _route("/ap/n/{id}/replies", self.replies),
            _route("/ap/n/{id}/likes", self.likes),
            _route("/ap/n/{id}/shares", self.shares),
            _route("/ap/b/{id}", self.boost),
            _route("/ap/q/{id}", self.stamp),
            _route("/ap/c/{id}", self.context),
            _route("/ap/u/{id}/outbox", self.outbox),
            _route("/ap/u/{id}/featured", self.featured),
        ]

    async def _answer(
        self, request: Request, read: Callable[..., Awaitable[Json]], *args: Any
    ) -> Reply:
        signer = await self._signed_fetch(request)
        identifier = request.path_id()

        async def unit(tx: Transaction) -> Json:
            asker = await self._collections.asker(tx, signer.actor, signer.host)
            return await read(tx, asker, identifier, *args)

        return signed_reply(await self._database.read(unit))

    async def note(self, request: Request) -> Reply:
        """``GET /ap/n/{id}``; 410 with a Tombstone for what was deleted."""
        gone: list[int] = []

        async def read(tx: Transaction, asker: Asker, post_id: int) -> Json:
            try:
                return await self._collections.note(tx, asker, post_id)
            except NotFound:
                grave = await self._collections.grave(tx, post_id)
                if grave is None:
                    raise
                gone.append(post_id)
                return grave

        reply = await self._answer(request, read)
        if gone:
            reply.status = 410
        return reply

    async def create(self, request: Request) -> Reply:
        """``GET /ap/n/{id}/activity``."""
        return await self._answer(request, self._collections.create)

    async def replies(self, request: Request) -> Reply:
        """``GET /ap/n/{id}/replies``."""
        after = None
        if request.text("page"):
            after = parse_id(request.text("min_id")) or 0
        return await self._answer(request, self._collections.replies, after)

    async def likes(self, request: Request) -> Reply:
        """``GET /ap/n/{id}/likes``."""
        return await self._answer(request, self._collections.numbers, "likes")

    async def shares(self, request: Request) -> Reply:
        """``GET /ap/n/{id}/shares``."""
        return await self._answer(request, self._collections.numbers, "shares")

    async def boost(self, request: Request) -> Reply:
        """``GET /ap/b/{id}``."""
        return await self._answer(request, self._collections.boost)

    async def stamp(self, request: Request) -> Reply:
        """``GET /ap/q/{id}``."""
        return await self._answer(request, self._collections.stamp)

    async def context(self, request: Request) -> Reply:
        """``GET /ap/c/{id}``."""
        return await self._answer(request, self._collections.context)

    async def outbox(self, request: Request) -> Reply:
        """``GET /ap/u/{id}/outbox``."""
        before = None
        if request.text("page"):
            before = parse_id(request.text("max_id")) or 0
        return await self._answer(request, self._collections.outbox, before)

    async def featured(self, request: Request) -> Reply:
        """``GET /ap/u/{id}/featured``."""
        return await self._answer(request, self._collections.featured)


def _route(path: str, handler: Handler) -> Route:
    return Route("GET", path, handler, Surface.ACTIVITYPUB, Auth.PUBLIC, limit=Limit.INBOX)
