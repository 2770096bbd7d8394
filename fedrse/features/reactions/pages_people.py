"""Pages: who likes a post or reacted in another way, and who shared it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct

from fedrse.core.paging import Page
from fedrse.core.ports import Protocol
from fedrse.features.posts import service_lists
from fedrse.features.posts.model_buttons import LIKE, REACTIONS
from fedrse.features.posts.service import Posts
from fedrse.features.reactions.model import NAMES
from fedrse.features.reactions.service import Reactions
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer
from fedrse.web.viewers import Me, Works
from fedrse.web.views import Person

Found = list[tuple[int, int, str]]
"""What a page goes by, the id of an account, and what it did, the latest first."""
Read = Callable[[Transaction, int, int, Page], Awaitable[Found]]


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def entities(self, tx: Transaction, ids: list[int]) -> dict[int, dict[str, Any]]: ...


class Words(Struct, frozen=True):
    """What stands above the list and where it is empty."""

    title: str
    nobody: str
    icon: str
    elsewhere: str


LIKES = Words(
    translatable("Who reacted to this post"),
    translatable("Nobody reacted yet"),
    "heart",
    translatable("People of other sites may be missing: their sites say only how many there are."),
)
SHARES = Words(
    translatable("Who shared this post"),
    translatable("Nobody shared it yet"),
    "boost",
    LIKES.elsewhere,
)


class Reacting(Struct, frozen=True):
    """Somebody, with icon and words for each thing they did, and a line about their work."""

    who: Person
    did: list[tuple[str, str]]
    work: str


class _Seen(Struct, frozen=True):
    me: Person
    author: Person
    people: list[Reacting]
    oldest: int | None
    is_ours: bool


class ReactionPeoplePages:
    """``/posts/{id}/likes`` and ``/posts/{id}/shares``, for whoever may read the post."""

    def __init__(
        self,
        *,
        database: Database,
        posts: Posts,
        reactions: Reactions,
        people: People,
        renderer: Renderer,
        me: Me,
        works: Works,
    ) -> None:
        self._database = database
        self._posts = posts
        self._reactions = reactions
        self._people = people
        self._renderer = renderer
        self._me = me
        self._works = works

    def routes(self) -> list[Route]:
        """The addresses."""
        page, user = Surface.PAGE, Auth.USER
        return [
            Route("GET", "/posts/{id}/likes", self.likes, page, user),
            Route("GET", "/posts/{id}/shares", self.shares, page, user),
        ]

    async def likes(self, request: Request) -> Reply:
        """``GET /posts/{id}/likes``."""

        async def read(tx: Transaction, _viewer: int, post_id: int, page: Page) -> Found:
            return await self._reactions.of_post(tx, post_id, before=page.max_id, most=page.limit)

        return await self._show(request, LIKES, read)

    async def shares(self, request: Request) -> Reply:
        """``GET /posts/{id}/shares``."""

        async def read(tx: Transaction, viewer: int, post_id: int, page: Page) -> Found:
            found = await service_lists.boosters(tx, viewer, post_id, page)
            return [(one.id, one.value, "") for one in found]

        return await self._show(request, SHARES, read)

    async def _show(self, request: Request, words: Words, read: Read) -> Reply:
        viewer, post_id = request.require_viewer(), request.path_id()
        page = request.page(default=40)

        async def unit(tx: Transaction) -> _Seen:
            post = await self._posts.access_original(tx, viewer, post_id)
            found = await read(tx, viewer, post.id, page)
            did: dict[int, list[str]] = {}
            for _, account, content in found:
                did.setdefault(account, []).append(content)
            ids = list(did)
            entities = await self._people.entities(tx, [*ids, post.account_id])
            works = await self._works(tx, viewer, ids)
            return _Seen(
                await self._me(tx, viewer),
                self._renderer.faces.person(entities[post.account_id]),
                [
                    Reacting(
                        self._renderer.faces.person(entities[one]),
                        _faces_of(did[one]),
                        works.get(one, ""),
                    )
                    for one in ids
                    if one in entities
                ],
                found[-1][0] if len(found) == page.limit else None,
                post.local,
            )

        seen = await self._database.read(unit)
        return self._renderer.render(
            request,
            "reactions/people.html",
            viewer=seen.me,
            words=words,
            people=seen.people,
            partly=not seen.is_ours,
            back=f"{seen.author.path}/{post_id}",
            older="" if seen.oldest is None else f"{request.path}?max_id={seen.oldest}",
        )


def _faces_of(contents: list[str]) -> list[tuple[str, str]]:
    """Icon and words, in the usual order; everything without a meaning of its own is a like."""
    names = {NAMES.get(content, "") for content in contents}
    kinds = [(icon, label) for name, icon, label in REACTIONS if name in names]
    return [("heart", LIKE), *kinds] if "" in names else kinds
