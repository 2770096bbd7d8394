"""Page of the console: what trends, and buttons to approve and reject it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from fedrse.core.errors import NotFound
from fedrse.core.html import excerpt, html_to_text
from fedrse.features.audit.model import person
from fedrse.features.trends.service_review import TrendReviews, Verdict
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.rights import Right
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.console import PATH as CONSOLE
from fedrse.web.console import Console
from fedrse.web.languages import translatable
from fedrse.web.viewers import Me
from fedrse.web.views import Person

PATH: Final = f"{CONSOLE}/trends"
MOST: Final = 50  # of a kind, on the page
LONGEST: Final = 140  # characters of a post
KINDS: Final[Mapping[str, str]] = {
    "tags": translatable("Hashtags"),
    "posts": translatable("Posts"),
    "links": translatable("Links"),
    "publishers": translatable("Publishers of links"),
}
Statuses = Callable[[Transaction, list[int], int | None], Awaitable[list[bytes]]]
"""``Status`` of posts for a viewer; implemented by ``posts``."""


class Row(Struct, frozen=True):
    """Something that trends. ``shown``: people see it; ``waits``: nobody has said anything."""

    id: int
    title: str
    path: str
    shown: bool
    waits: bool
    detail: str = ""


class TrendDesk:
    """``/admin/trends``."""

    def __init__(
        self,
        *,
        database: Database,
        reviews: TrendReviews,
        statuses: Statuses,
        console: Console,
        me: Me,
    ) -> None:
        self._database = database
        self._reviews = reviews
        self._statuses = statuses
        self._console = console
        self._me = me

    def routes(self) -> list[Route]:
        """The addresses."""
        return [
            _route("GET", PATH, self.listing),
            _route("POST", f"{PATH}/{{kind}}/{{id}}", self.decide),
        ]

    async def listing(self, request: Request) -> Reply:
        """``GET /admin/trends``, of one kind (``kind``)."""
        viewer, kind = request.require_viewer(), request.text("kind") or "tags"
        if kind not in KINDS:
            raise NotFound

        async def unit(tx: Transaction) -> tuple[Person, list[Row]]:
            return await self._me(tx, viewer), await self._rows(tx, kind, viewer)

        me, rows = await self._database.read(unit)
        return self._console.render(
            request,
            "admin/trends.html",
            viewer=me,
            kind=kind,
            kinds=KINDS,
            rows=rows,
            needs_review=self._reviews.needs_review,
        )

    async def decide(self, request: Request) -> Reply:
        """``POST /admin/trends/{kind}/{id}``; ``verdict`` is approve or reject."""
        by, key = person(request.require_viewer()), request.path_id()
        kind, verdict = request.values["kind"], request.text("verdict")
        if kind not in KINDS or verdict not in {"approve", "reject"}:
            raise NotFound
        works: Mapping[str, Callable[..., Awaitable[object]]] = {
            "tags": self._reviews.decide_tag,
            "posts": self._reviews.decide_post,
            "links": self._reviews.decide_link,
            "publishers": self._reviews.decide_publisher,
        }
        await self._database.write(works[kind], by, key, allowed=verdict == "approve")
        return redirect(f"{PATH}?kind={kind}")

    async def _rows(self, tx: Transaction, kind: str, viewer: int) -> list[Row]:
        if kind == "tags":
            return [
                _row(tag.id, f"#{tag.display}", f"/tags/{tag.name}", verdict)
                for tag, verdict in await self._reviews.tags(tx, MOST, 0)
            ]
        if kind == "links":
            return [
                _row(card.id, card.title or card.url, card.url, verdict, card.url)
                for card, _, verdict in await self._reviews.links(tx, MOST, 0)
            ]
        if kind == "posts":
            said = dict(await self._reviews.posts(tx, MOST, 0))
            found: list[Any] = [
                msgspec.json.decode(one) for one in await self._statuses(tx, list(said), viewer)
            ]
            return [
                _row(
                    int(one["id"]),
                    excerpt(html_to_text(one["content"]), LONGEST) or one["url"],
                    f"/@{one['account']['acct']}/{one['id']}",
                    said[int(one["id"])],
                    f"@{one['account']['acct']}",
                )
                for one in found
            ]
        return [
            Row(
                publisher.id,
                publisher.domain,
                "",
                review.allowed if review is not None else not self._reviews.needs_review,
                review is None,
            )
            for publisher, review in (await self._reviews.publishers(tx))[:MOST]
        ]


def _row(key: int, title: str, path: str, verdict: Verdict, detail: str = "") -> Row:
    return Row(key, title, path, verdict.shown, verdict.waits, detail)


def _route(method: str, path: str, handler: Handler) -> Route:
    return Route(method, path, handler, Surface.PAGE, Auth.USER, right=Right.MANAGE_TAXONOMIES)
