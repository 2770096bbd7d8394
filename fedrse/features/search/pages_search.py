"""The page of search: people, posts and tags of all sites, as far as the searcher may see them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import quote

from msgspec import Struct

from fedrse.core.errors import FedrseError
from fedrse.core.paging import Page
from fedrse.core.ports import Protocol
from fedrse.features.accounts.model import Account
from fedrse.features.posts.model_drawing import Drawing, Entity
from fedrse.features.search.api import Found, Lookup, names_one
from fedrse.features.search.api import People as SearchedPeople
from fedrse.features.search.model import LONGEST_QUERY
from fedrse.features.search.service import Search
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer

PATH: Final = "/search"
FEW: Final = 5  # where everything is shown
SOME: Final = 10
MANY: Final = 30
FARTHEST: Final = 10_000
ALL, PEOPLE, POSTS, TAGS = "", "people", "posts", "tags"
KINDS: Final = (
    (ALL, translatable("All")),
    (PEOPLE, translatable("People")),
    (POSTS, translatable("Posts")),
    (TAGS, translatable("Tags")),
)
OPERATORS: Final = (
    (translatable('"two words"'), translatable("exactly these words, in this order"), False),
    (translatable("-word"), translatable("without this word"), False),
    ("from:me", translatable("what you wrote; or from:amina, from:amina@other.site"), True),
    ("has:media", translatable("with pictures; or has:poll, has:link, has:video"), True),
    ("is:reply", translatable("answers only; or is:sensitive"), True),
    ("language:fr", translatable("in this language"), True),
    ("before:2026-05-01", translatable("before a day; also after: and during:"), False),
    ("in:library", translatable("what you wrote, liked, bookmarked or are named in"), True),
)
"""What can be written, what it means, and whether it can be tried as it stands."""

Bonds = Callable[[Transaction, int, list[int]], Awaitable[list[Entity]]]


class People(SearchedPeople, Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def access_account(
        self, tx: Transaction, viewer: int | None, account_id: int
    ) -> Account: ...


class Wish(Struct, frozen=True):
    """What is asked: ``skipped`` results of people or tags, posts below ``page``."""

    text: str
    kind: str
    skipped: int
    page: Page

    def asks(self, kind: str) -> bool:
        """Whether this kind of results is shown."""
        return self.kind in (ALL, kind)

    def most(self, kind: str) -> int:
        """How many results of a kind are shown."""
        if self.kind != ALL:
            return MANY
        return SOME if kind == POSTS else FEW


class _Results(Struct, frozen=True):
    """``more`` of each kind are there."""

    people: list[Entity]
    posts: list[Entity]
    tags: list[Any]
    more: frozenset[str]
    me: Entity | None
    oldest: int | None


class SearchPage:
    """``/search?q=&type=``."""

    def __init__(
        self,
        *,
        database: Database,
        search: Search,
        people: People,
        lookup: Lookup,
        drawing: Drawing,
        renderer: Renderer,
    ) -> None:
        self._database = database
        self._search = search
        self._people = people
        self._lookup = lookup
        self._drawing = drawing
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """The address."""
        return [Route("GET", PATH, self.show, Surface.PAGE, Auth.USER)]

    async def show(self, request: Request) -> Reply:
        """``GET /search``: an address or a handle is asked for at its site first."""
        viewer, wish = request.require_viewer(), _wish(request)
        named = Found()
        if names_one(wish.text) and wish.skipped == 0 and wish.page.max_id is None:
            named = await self._lookup(wish.text)

        async def unit(tx: Transaction) -> _Results:
            return await self._read(tx, viewer, wish, named)

        found = await self._database.read(unit)
        return self._renderer.render(
            request,
            "search/search.html",
            viewer=None if found.me is None else self._drawing.person(found.me),
            wish=wish,
            kinds=KINDS,
            path_of=lambda kind: _path(wish.text, kind),
            people=[self._drawing.person(one) for one in found.people],
            cards=self._drawing.cards(request, found.posts),
            tags=found.tags,
            more=found.more,
            older=self._older(wish, found),
            operators=OPERATORS,
        )

    async def _read(self, tx: Transaction, viewer: int, wish: Wish, named: Found) -> _Results:
        more: set[str] = set()
        people = await self._find_people(tx, viewer, wish, named, more)
        ids = await self._find_posts(tx, viewer, wish, named, more)
        tags = await self._find_tags(tx, viewer, wish, more)
        posts, me = await self._drawing.read(tx, ids, viewer)
        return _Results(people, posts, tags, frozenset(more), me, ids[-1] if ids else None)

    async def _find_people(
        self, tx: Transaction, viewer: int, wish: Wish, named: Found, more: set[str]
    ) -> list[Entity]:
        if not wish.asks(PEOPLE) or not wish.text:
            return []
        ids = await self._people.search(
            tx, wish.text, limit=wish.most(PEOPLE) + 1, offset=wish.skipped if wish.kind else 0
        )
        if len(ids) > wish.most(PEOPLE):
            more.add(PEOPLE)
        ids = ids[: wish.most(PEOPLE)]
        if named.account_id is not None and await self._sees(tx, viewer, named.account_id):
            ids = [named.account_id, *(one for one in ids if one != named.account_id)]
        entities = await self._people.entities(tx, ids)
        return [entities[one] for one in ids if one in entities]

    async def _sees(self, tx: Transaction, viewer: int, account_id: int) -> bool:
        try:
            await self._people.access_account(tx, viewer, account_id)
        except FedrseError:
            return False
        return True

    async def _find_posts(
        self, tx: Transaction, viewer: int, wish: Wish, named: Found, more: set[str]
    ) -> list[int]:
        if not wish.asks(POSTS):
            return []
        if named.post_id is not None:
            return [named.post_id]
        if wish.text.startswith(("https://", "http://", "@")):
            return []
        ids = await self._search.posts(
            tx, viewer, wish.text, limit=wish.most(POSTS) + 1, max_id=wish.page.max_id
        )
        if len(ids) > wish.most(POSTS):
            more.add(POSTS)
        return ids[: wish.most(POSTS)]

    async def _find_tags(
        self, tx: Transaction, viewer: int, wish: Wish, more: set[str]
    ) -> list[Any]:
        if not wish.asks(TAGS) or wish.text.startswith(("@", "https://", "http://")):
            return []
        offset = wish.skipped if wish.kind else 0
        rows = list(
            await self._search.tags(tx, viewer, wish.text, limit=wish.most(TAGS) + 1, offset=offset)
        )
        if len(rows) > wish.most(TAGS):
            more.add(TAGS)
        return rows[: wish.most(TAGS)]

    @staticmethod
    def _older(wish: Wish, found: _Results) -> str:
        """Where the next results of the kind that is shown are."""
        if not wish.kind or wish.kind not in found.more:
            return ""
        if wish.kind == POSTS:
            return f"{_path(wish.text, POSTS)}&max_id={found.oldest}"
        return f"{_path(wish.text, wish.kind)}&from={wish.skipped + wish.most(wish.kind)}"


def _wish(request: Request) -> Wish:
    kind, skipped = request.text("type") or ALL, request.text("from") or ""
    number = int(skipped) if skipped.isascii() and skipped.isdigit() and len(skipped) < 8 else 0
    return Wish(
        text=(request.text("q") or "").strip()[:LONGEST_QUERY],
        kind=kind if kind in dict(KINDS) else ALL,
        skipped=min(number, FARTHEST),
        page=request.page(),
    )


def _path(text: str, kind: str) -> str:
    return f"{PATH}?q={quote(text, safe='')}" + (f"&type={kind}" if kind else "")
