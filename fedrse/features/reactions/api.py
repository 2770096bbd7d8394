"""Client API: likes (Mastodon API ``statuses``, ``favourites``)."""

from __future__ import annotations

from typing import Any

import msgspec

from fedrse.core.errors import Invalid, NotFound
from fedrse.core.paging import Page
from fedrse.core.ports import Protocol
from fedrse.features.accounts.model import Account
from fedrse.features.posts.model import Post
from fedrse.features.posts.service import Posts
from fedrse.features.reactions.model import KINDS, LIKE, NAMES
from fedrse.features.reactions.service import Reactions
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction

_PAGE = 40


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def by_ids(self, tx: Transaction, ids: list[int]) -> dict[int, Account]: ...

    async def entities(self, tx: Transaction, ids: list[int]) -> dict[int, dict[str, Any]]: ...


class FavouritesApi:
    """Handlers of likes."""

    def __init__(
        self, *, database: Database, posts: Posts, reactions: Reactions, people: People
    ) -> None:
        self._database = database
        self._posts = posts
        self._reactions = reactions
        self._people = people

    def routes(self) -> list[Route]:
        """The addresses of this interface."""
        one, api, user = "/api/v1/statuses/{id}", Surface.API, Auth.USER
        write = ("write:favourites",)
        return [
            Route("POST", f"{one}/favourite", self.favourite, api, user, write),
            Route("POST", f"{one}/unfavourite", self.unfavourite, api, user, write),
            Route("POST", f"{one}/react/{{name}}", self.react, api, user, write),
            Route("POST", f"{one}/unreact/{{name}}", self.unreact, api, user, write),
            Route(
                "GET",
                f"{one}/favourited_by",
                self.favourited_by,
                api,
                Auth.OPTIONAL,
                ("read:statuses",),
            ),
            Route("GET", "/api/v1/favourites", self.favourites, api, user, ("read:favourites",)),
        ]

    async def favourite(self, request: Request) -> Reply:
        """``POST .../favourite``; a second time changes nothing."""
        return await self._act(request, wanted=True)

    async def unfavourite(self, request: Request) -> Reply:
        """``POST .../unfavourite``."""
        return await self._act(request, wanted=False)

    async def react(self, request: Request) -> Reply:
        """``POST .../react/{name}``, as in glitch-soc; ours: a kind, or what stands for it."""
        return await self._act(request, wanted=True, content=_content(request))

    async def unreact(self, request: Request) -> Reply:
        """``POST .../unreact/{name}``."""
        return await self._act(request, wanted=False, content=_content(request))

    async def _act(self, request: Request, *, wanted: bool, content: str = LIKE) -> Reply:
        viewer, post_id = request.require_viewer(), request.path_id()

        async def unit(tx: Transaction) -> Post:
            post = await self._posts.access_original(tx, viewer, post_id)
            people = await self._people.by_ids(tx, [viewer, post.account_id])
            if viewer not in people or post.account_id not in people:
                raise NotFound
            act = self._reactions.add if wanted else self._reactions.remove
            await act(tx, people[viewer], post, people[post.account_id], content=content)
            return post

        post = await self._database.write(unit)
        entities = await self._database.read(self._posts.entities, [post.id], viewer)
        if not entities:
            raise NotFound
        return Reply(entities[0])

    async def favourites(self, request: Request) -> Reply:
        """``GET /api/v1/favourites``, paged by like."""
        viewer, page = request.require_viewer(), request.page()

        async def unit(tx: Transaction) -> tuple[list[tuple[int, int]], list[bytes]]:
            found = await self._reactions.liked_by(tx, viewer, page)
            return found, await self._posts.entities(tx, [post for _, post in found], viewer)

        found, entities = await self._database.read(unit)
        body = b"[" + b",".join(entities) + b"]"
        return Reply(body, headers=_links(request, page, found))

    async def favourited_by(self, request: Request) -> Reply:
        """``GET .../favourited_by``, paged by like; each person once."""
        viewer, post_id = request.viewer, request.path_id()
        page = request.page(default=_PAGE, cap=2 * _PAGE)

        async def unit(tx: Transaction) -> tuple[list[tuple[int, int]], list[dict[str, Any]]]:
            post = await self._posts.access_original(tx, viewer, post_id)
            found = await self._reactions.likers(tx, post.id, page)
            ids = list(dict.fromkeys(account for _, account in found))
            people = await self._people.entities(tx, ids)
            return found, [people[one] for one in ids if one in people]

        found, people = await self._database.read(unit)
        return Reply(msgspec.json.encode(people), headers=_links(request, page, found))


def _content(request: Request) -> str:
    name = request.values["name"]
    content = KINDS.get(name, name)
    if content not in NAMES:
        raise Invalid("reaction_unknown", "Validation failed: Name is not a known reaction")
    return content


def _links(request: Request, page: Page, found: list[tuple[int, int]]) -> dict[str, str]:
    return request.link(
        page, newest=found[0][0] if found else None, oldest=found[-1][0] if found else None
    )
