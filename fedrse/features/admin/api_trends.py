"""Client API: ``admin/trends``, everything that trends, and what those in charge say about it.

Approving and rejecting is not in the documentation of the Mastodon API, but in Mastodon: the
addresses and answers are the same.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from msgspec import Struct

from fedrse.core.clock import to_iso
from fedrse.core.paging import parse_page
from fedrse.features.admin.api_accounts import AT_ONCE, MOST, paged
from fedrse.features.audit.model import person
from fedrse.features.cards.model import Card
from fedrse.features.tags.service import Tags
from fedrse.features.trends.model_review import Kind, Publisher, Review
from fedrse.features.trends.service_review import TrendReviews, Verdict
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.rights import Right
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction

BASE: Final = "/api/v1/admin/trends"
PUBLISHERS: Final = f"{BASE}/links/publishers"
USUAL: Final = 10
LARGEST: Final = 100
FARTHEST: Final = 10_000
Entity = dict[str, Any]
Statuses = Callable[[Transaction, list[int], int | None], Awaitable[list[bytes]]]
"""``Status`` of posts for a viewer; implemented by ``posts``."""


class PartParameters(Struct):
    """Which part of a ranked list."""

    limit: int = USUAL
    offset: int = 0


class AdminTrendsApi:
    """Handlers."""

    def __init__(
        self,
        *,
        database: Database,
        reviews: TrendReviews,
        tags: Tags,
        statuses: Statuses,
        card: Callable[[Card], dict[str, object]],
        origin: str,
    ) -> None:
        self._database = database
        self._reviews = reviews
        self._tags = tags
        self._statuses = statuses
        self._card = card
        self._origin = origin

    def routes(self) -> list[Route]:
        """The addresses of this interface."""
        decided = {
            f"{BASE}/tags": self._tag,
            f"{BASE}/links": self._link,
            f"{BASE}/statuses": self._status,
            PUBLISHERS: self._publisher,
        }
        return [
            _route("GET", f"{BASE}/tags", self.tags),
            _route("GET", f"{BASE}/links", self.links),
            _route("GET", f"{BASE}/statuses", self.statuses),
            _route("GET", PUBLISHERS, self.publishers),
            *(
                _route("POST", f"{path}/{{id}}/{verb}", self._deciding(work, allowed=allowed))
                for path, work in decided.items()
                for verb, allowed in (("approve", True), ("reject", False))
            ),
        ]

    async def tags(self, request: Request) -> Reply:
        """``GET /api/v1/admin/trends/tags``."""
        viewer, (limit, offset) = request.require_viewer(), _part(request)

        async def unit(tx: Transaction) -> list[Entity]:
            found = await self._reviews.tags(tx, limit, offset)
            entities = await self._tags.entities(tx, viewer, [tag for tag, _ in found])
            return [
                entity | _tag_review(verdict)
                for entity, (_, verdict) in zip(entities, found, strict=True)
            ]

        return json_reply(await self._database.read(unit))

    async def links(self, request: Request) -> Reply:
        """``GET /api/v1/admin/trends/links``."""
        found = await self._database.read(self._reviews.links, *_part(request))
        return json_reply(
            [
                self._card(card) | {"history": history} | _link_review(card, verdict)
                for card, history, verdict in found
            ]
        )

    async def statuses(self, request: Request) -> Reply:
        """``GET /api/v1/admin/trends/statuses``."""
        viewer, (limit, offset) = request.require_viewer(), _part(request)

        async def unit(tx: Transaction) -> list[Entity]:
            found = dict(await self._reviews.posts(tx, limit, offset))
            entities = map(msgspec.json.decode, await self._statuses(tx, list(found), viewer))
            return [one | _review(found[int(one["id"])]) for one in entities]

        return json_reply(await self._database.read(unit))

    async def publishers(self, request: Request) -> Reply:
        """``GET /api/v1/admin/trends/links/publishers``."""
        page = parse_page(request.params, default=AT_ONCE, cap=MOST)
        known = await self._database.read(self._reviews.publishers)
        after = page.after or 0
        inside = [
            _publisher(*one)
            for one in known
            if one[0].id > after and (page.max_id is None or one[0].id < page.max_id)
        ]
        found = inside[-page.limit :] if page.ascending else inside[: page.limit]
        return paged(request, self._origin + PUBLISHERS, page, found)

    def _deciding(self, work: Callable[..., Awaitable[Entity]], *, allowed: bool) -> Handler:
        async def handler(request: Request) -> Reply:
            viewer, key = request.require_viewer(), request.path_id()
            made = await self._database.write(work, viewer, key, allowed=allowed)
            return json_reply(made)

        return handler

    async def _tag(self, tx: Transaction, viewer: int, key: int, *, allowed: bool) -> Entity:
        tag = await self._reviews.decide_tag(tx, person(viewer), key, allowed=allowed)
        (entity,) = await self._tags.entities(tx, viewer, [tag])
        return entity | _tag_review(await self._reviews.verdict(tx, Kind.TAG, key))

    async def _link(self, tx: Transaction, viewer: int, key: int, *, allowed: bool) -> Entity:
        card = await self._reviews.decide_link(tx, person(viewer), key, allowed=allowed)
        verdict = await self._reviews.verdict(tx, Kind.LINK, key)
        return self._card(card) | _link_review(card, verdict)

    async def _status(self, tx: Transaction, viewer: int, key: int, *, allowed: bool) -> Entity:
        await self._reviews.decide_post(tx, person(viewer), key, allowed=allowed)
        verdict = await self._reviews.verdict(tx, Kind.POST, key)
        found = await self._statuses(tx, [key], viewer)
        entity: Entity = msgspec.json.decode(found[0]) if found else {"id": str(key)}
        return entity | _review(verdict)

    async def _publisher(self, tx: Transaction, viewer: int, key: int, *, allowed: bool) -> Entity:
        found = await self._reviews.decide_publisher(tx, person(viewer), key, allowed=allowed)
        return _publisher(*found)


def _review(verdict: Verdict) -> Entity:
    return {"requires_review": verdict.waits}


def _tag_review(verdict: Verdict) -> Entity:
    """What ``Admin::Tag`` has besides; every tag can be used."""
    return {"trendable": verdict.shown, "usable": True, **_review(verdict)}


def _link_review(card: Card, verdict: Verdict) -> Entity:
    return {"id": str(card.id), **_review(verdict)}


def _publisher(one: Publisher, review: Review | None) -> Entity:
    return {
        "id": str(one.id),
        "domain": one.domain,
        "trendable": None if review is None else review.allowed,
        "reviewed_at": None if review is None else to_iso(review.decided_at),
        "requested_review_at": None,
        "requires_review": review is None,
    }


def _part(request: Request) -> tuple[int, int]:
    """Limit and offset, brought inside their bounds."""
    given = request.bind(PartParameters)
    return min(max(given.limit, 1), LARGEST), min(max(given.offset, 0), FARTHEST)


def _route(method: str, path: str, handler: Handler) -> Route:
    scope = "admin:read" if method == "GET" else "admin:write"
    return Route(
        method,
        path,
        handler,
        Surface.API,
        Auth.USER,
        scopes=(scope,),
        right=Right.MANAGE_TAXONOMIES,
    )
