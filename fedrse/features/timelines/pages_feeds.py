"""Pages of lists of posts: this site, the network, own lists, bookmarks and favourites."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec import Struct

from fedrse.core.paging import Page
from fedrse.features.lists.model import UserList
from fedrse.features.lists.service import Lists
from fedrse.features.posts import service_lists
from fedrse.features.posts.model_drawing import Drawing, Entity
from fedrse.features.reactions.service import Reactions
from fedrse.features.timelines.service import Timelines
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer

Entries = list[tuple[int, int]]
"""Pairs of what a page is walked by and the id of a post, newest first."""
Read = Callable[[Transaction, int, Page], Awaitable[Entries]]


class _Words(Struct, frozen=True):
    """What stands above a feed and, where it is empty, in it; ``why`` says what is shown there.

    ``begin`` says how something gets there; ``place`` and ``button`` lead to where that is done.

    ``filters`` is the context in which the viewer's filters apply, "" where none do.
    """

    title: str
    why: str
    icon: str
    begin: str = ""
    place: str = ""
    button: str = ""
    is_tab: bool = True
    filters: str = "public"


_SITE = _Words(
    translatable("This site"),
    translatable("What people of this site write for everybody, newest first."),
    "building",
    begin=translatable("Write the first post for your site."),
    place="/compose",
    button=translatable("Write"),
)
_NETWORK = _Words(
    translatable("Network"),
    translatable("What people of all sites write for everybody, newest first."),
    "network",
    begin=translatable("Write the first post for all sites."),
    place="/compose",
    button=translatable("Write"),
)
_BOOKMARKS = _Words(
    translatable("Bookmarks"),
    translatable("Posts that you bookmarked; nobody else knows."),
    "bookmark",
    begin=translatable("The menu with three dots below a post keeps it here."),
    place="/",
    button=translatable("Home"),
    is_tab=False,
    filters="",
)
_FAVOURITES = _Words(
    translatable("Favourites"),
    translatable("Posts that you like, the last one first."),
    "heart",
    begin=translatable("Press the heart below a post, and it stands here."),
    place="/",
    button=translatable("Home"),
    is_tab=False,
    filters="",
)


class FeedPages:
    """Each page is one read unit, with the same number of queries for one post or forty."""

    def __init__(
        self,
        *,
        database: Database,
        timelines: Timelines,
        lists: Lists,
        reactions: Reactions,
        drawing: Drawing,
        renderer: Renderer,
    ) -> None:
        self._database = database
        self._timelines = timelines
        self._lists = lists
        self._reactions = reactions
        self._drawing = drawing
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """The addresses of these pages."""
        return [
            _route("/site", self.site),
            _route("/network", self.network),
            _route("/lists", self.lists),
            _route("/lists/{id}", self.one_list),
            _route("/bookmarks", self.bookmarks),
            _route("/favourites", self.favourites),
        ]

    async def site(self, request: Request) -> Reply:
        """``GET /site``."""

        async def read(tx: Transaction, viewer: int, page: Page) -> Entries:
            return _same(await self._timelines.public(tx, viewer, page, local=True))

        return await self._feed(request, _SITE, read)

    async def network(self, request: Request) -> Reply:
        """``GET /network``: of all sites."""

        async def read(tx: Transaction, viewer: int, page: Page) -> Entries:
            return _same(await self._timelines.public(tx, viewer, page))

        return await self._feed(request, _NETWORK, read)

    async def bookmarks(self, request: Request) -> Reply:
        """``GET /bookmarks``."""

        async def read(tx: Transaction, viewer: int, page: Page) -> Entries:
            found = await service_lists.bookmarks(tx, viewer, page)
            return [(one.id, one.value) for one in found]

        return await self._feed(request, _BOOKMARKS, read)

    async def favourites(self, request: Request) -> Reply:
        """``GET /favourites``."""
        return await self._feed(request, _FAVOURITES, self._reactions.liked_by)

    async def lists(self, request: Request) -> Reply:
        """``GET /lists``: what lists there are."""
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> tuple[list[UserList], Entity | None]:
            found = await self._lists.all_of(tx, viewer)
            return found, (await self._drawing.read(tx, [], viewer))[1]

        found, me = await self._database.read(unit)
        return self._renderer.render(
            request,
            "timelines/lists.html",
            viewer=None if me is None else self._drawing.person(me),
            lists=found,
        )

    async def one_list(self, request: Request) -> Reply:
        """``GET /lists/{id}``. Raises NotFound for lists of others."""
        viewer, list_id = request.require_viewer(), request.path_id()
        chosen = await self._database.read(self._lists.access_list, viewer, list_id)

        async def read(tx: Transaction, viewer: int, page: Page) -> Entries:
            return _same(await self._lists.timeline(tx, chosen, page))

        words = _Words(
            chosen.title,
            translatable("Posts of the people in this list."),
            "list",
            begin=translatable("Put colleagues into this list to read them here."),
            place=f"/lists/{chosen.id}/edit",
            button=translatable("Find colleagues"),
            filters="home",
        )
        return await self._feed(request, words, read)

    async def _feed(self, request: Request, words: _Words, read: Read) -> Reply:
        viewer, page = request.require_viewer(), request.page()

        async def unit(tx: Transaction) -> tuple[Entries, list[Entity], Entity | None]:
            entries = await read(tx, viewer, page)
            ids = [post_id for _, post_id in entries]
            return entries, *await self._drawing.read(tx, ids, viewer)

        entries, statuses, me = await self._database.read(unit)
        more = len(entries) == page.limit
        return self._renderer.render(
            request,
            "timelines/feed.html",
            viewer=None if me is None else self._drawing.person(me),
            words=words,
            cards=self._drawing.cards(request, statuses, words.filters),
            older=f"{request.path}?max_id={entries[-1][0]}" if more else "",
        )


def _same(ids: list[int]) -> Entries:
    return [(one, one) for one in ids]


def _route(path: str, handler: Handler) -> Route:
    return Route("GET", path, handler, Surface.PAGE, Auth.USER)
