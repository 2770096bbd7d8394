"""The page of notifications: what happened, grouped, and how far it was read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from msgspec import Struct

from fedrse.core.ids import parse_id
from fedrse.core.paging import Page
from fedrse.core.ports import Protocol
from fedrse.features.notifications.model import Kind, Wanted
from fedrse.features.notifications.pages_rows import Row, Source, row_of
from fedrse.features.notifications.service import Notifications
from fedrse.features.notifications.service_groups import Group, Groups
from fedrse.features.posts.model_drawing import Drawing, Entity
from fedrse.http.reply import Reply, json_reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer

PATH: Final = "/notifications"
PER_PAGE: Final = 30
MOST_ASKING: Final = 100
IN_PLACE: Final = "X-In-Place"
"""Sent by scripts of pages, which need no page in return."""

Bonds = Callable[[Transaction, int, list[int]], Awaitable[list[Entity]]]
"""``Relationship`` entities of somebody; implemented by the feature ``relationships``."""
Reports = Callable[[Transaction, list[int]], Awaitable[dict[int, dict[str, Any]]]]
"""Renders reports; implemented by the feature ``moderation``."""


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def entities(self, tx: Transaction, ids: list[int]) -> dict[int, Entity]: ...


class Tab(Struct, frozen=True):
    """Notifications of some kinds; no kinds: all of them."""

    name: str
    label: str
    kinds: tuple[str, ...]
    empty: str


TABS: Final = (
    Tab("", translatable("All"), (), translatable("Nothing happened yet")),
    Tab(
        "mentions",
        translatable("Mentions"),
        (Kind.MENTION, Kind.QUOTE),
        translatable("Nobody mentioned you yet"),
    ),
    Tab(
        "reactions",
        translatable("Reactions"),
        (Kind.FAVOURITE,),
        translatable("Nobody reacted to a post of yours yet"),
    ),
    Tab(
        "shares",
        translatable("Shares"),
        (Kind.REBLOG,),
        translatable("Nobody shared a post of yours yet"),
    ),
    Tab(
        "follows",
        translatable("Followers"),
        (Kind.FOLLOW, Kind.FOLLOW_REQUEST),
        translatable("Nobody follows you yet"),
    ),
    Tab(
        "posts",
        translatable("Posts"),
        (Kind.STATUS, Kind.UPDATE, Kind.QUOTED_UPDATE),
        translatable("Nothing new of those you watch"),
    ),
    Tab("polls", translatable("Polls"), (Kind.POLL,), translatable("No poll has ended yet")),
)
_BY_NAME: Final = {tab.name: tab for tab in TABS}


class _Seen(Struct, frozen=True):
    """A page of groups with everything that draws it. ``read`` is how far the viewer has read."""

    groups: list[Group]
    posts: dict[str, Entity]
    people: dict[int, Entity]
    asking: frozenset[str]
    reports: dict[int, dict[str, Any]]
    me: Entity | None
    read: int
    waiting: int
    follow_requests: int


class NotificationPages:
    """``/notifications``: the same groups as version 2 of the client API."""

    def __init__(
        self,
        *,
        database: Database,
        notifications: Notifications,
        groups: Groups,
        people: People,
        bonds: Bonds,
        follow_requests: Callable[[Transaction, int, Page], Awaitable[Sequence[object]]],
        reports: Reports,
        drawing: Drawing,
        renderer: Renderer,
    ) -> None:
        self._database = database
        self._notifications = notifications
        self._groups = groups
        self._people = people
        self._bonds = bonds
        self._follow_requests = follow_requests
        self._reports = reports
        self._drawing = drawing
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """The addresses."""
        page, user = Surface.PAGE, Auth.USER
        return [
            Route("GET", PATH, self.show, page, user),
            Route("GET", f"{PATH}/count", self.count, page, user),
            Route("POST", f"{PATH}/read", self.mark_read, page, user),
            Route("POST", f"{PATH}/dismiss", self.dismiss, page, user),
        ]

    async def count(self, request: Request) -> Reply:
        """``GET /notifications/count``: for the script that keeps the number in the menu."""
        count = self._notifications.unread.count
        found = await self._database.read(count, request.require_viewer())
        return json_reply({"count": found})

    async def mark_read(self, request: Request) -> Reply:
        """``POST /notifications/read`` with ``until``; what was read further stays read."""
        viewer, until = request.require_viewer(), parse_id(request.text("until") or "") or 0

        async def unit(tx: Transaction) -> None:
            if until > await self._read_until(tx, viewer):
                await self._notifications.set_marker(tx, viewer, "notifications", until)

        await self._database.write(unit)
        return Reply(status=204) if request.headers.get(IN_PLACE) else redirect(PATH)

    async def dismiss(self, request: Request) -> Reply:
        """``POST /notifications/dismiss`` with the ``key`` of a group; again is fine."""
        viewer, key = request.require_viewer(), request.text("key") or ""

        await self._database.write(self._groups.dismiss, viewer, key)
        tab = _BY_NAME.get(request.text("filter") or "", TABS[0])
        return redirect(_path(tab))

    async def show(self, request: Request) -> Reply:
        """``GET /notifications?filter=``."""
        tab = _BY_NAME.get(request.text("filter") or "", TABS[0])
        page = request.page(default=PER_PAGE)
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> _Seen:
            return await self._read(tx, viewer, page, tab)

        seen = await self._database.read(unit)
        groups = seen.groups
        more = len(groups) == page.limit
        is_first = page.max_id is None and page.after is None
        return self._renderer.render(
            request,
            "notifications/list.html",
            viewer=None if seen.me is None else self._drawing.person(seen.me),
            tabs=TABS,
            tab=tab,
            rows=self._rows(request, seen),
            waiting=seen.waiting,
            follow_requests=seen.follow_requests,
            # Only where everything is shown: what another tab does not show was not read.
            newest=groups[0].head.id if groups and is_first and tab is TABS[0] else 0,
            is_first=is_first,
            older=_path(tab, groups[-1].head.id) if more else "",
        )

    async def _read(self, tx: Transaction, viewer: int, page: Page, tab: Tab) -> _Seen:
        found = await self._groups.listing(tx, viewer, page, Wanted(kinds=tab.kinds))
        posts, me = await self._drawing.read(tx, found.posts, viewer)
        heads = [group.head for group in found.groups]
        asking = [one.from_id for one in heads if one.kind == Kind.FOLLOW_REQUEST]
        bonds = await self._bonds(tx, viewer, asking) if asking else []
        requests = await self._follow_requests(tx, viewer, Page(limit=MOST_ASKING))
        return _Seen(
            found.groups,
            {one["id"]: one for one in posts},
            await self._people.entities(tx, found.people),
            frozenset(one["id"] for one in bonds if one["requested_by"]),
            await self._reports(tx, found.reports) if found.reports else {},
            me,
            await self._read_until(tx, viewer),
            (await self._notifications.requests.summary(tx, viewer))[0],
            len(requests),
        )

    async def _read_until(self, tx: Transaction, viewer: int) -> int:
        marker = (await self._notifications.markers(tx, viewer)).get("notifications")
        return 0 if marker is None else int(marker.last_read_id)

    def _rows(self, request: Request, seen: _Seen) -> list[Row]:
        """Without those whose post or person is gone or hidden."""
        cards = self._drawing.cards(request, list(seen.posts.values()))
        source = Source(
            cards=dict(zip(seen.posts, cards, strict=True)),
            people={one: self._drawing.person(entity) for one, entity in seen.people.items()},
            asking=seen.asking,
            reports=seen.reports,
            read=seen.read,
        )
        rows = (row_of(group, source) for group in seen.groups)
        return [row for row in rows if row is not None]


def _path(tab: Tab, max_id: int = 0) -> str:
    parts = [f"filter={tab.name}"] if tab.name else []
    parts += [f"max_id={max_id}"] if max_id else []
    return f"{PATH}?{'&'.join(parts)}" if parts else PATH
