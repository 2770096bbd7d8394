"""Pages of posts and profiles; the same rules as everywhere decide who sees what."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from fedrse.core.errors import NotFound
from fedrse.core.paging import Page
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.model_handles import parse_handle
from fedrse.features.posts import service_lists
from fedrse.features.posts.model_cards import card_of, person_of
from fedrse.features.posts.service import Posts
from fedrse.features.posts.service_lists import ProfileFilter
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.renderer import Renderer
from fedrse.web.views import Person, Post

PER_PAGE = 20
decode = msgspec.json.decode


class PeopleForPages(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def by_id(self, tx: Transaction, account_id: int) -> Account | None: ...

    async def by_handle(
        self, tx: Transaction, username: str, domain: str | None
    ) -> Account | None: ...

    async def access_account(
        self, tx: Transaction, viewer: int | None, account_id: int
    ) -> Account: ...

    async def entities(self, tx: Transaction, ids: list[int]) -> dict[int, dict[str, Any]]: ...


class PostPages:
    """Handlers; each opens one read transaction."""

    def __init__(
        self, *, database: Database, posts: Posts, people: PeopleForPages, renderer: Renderer
    ) -> None:
        self._database = database
        self._posts = posts
        self._people = people
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """The addresses of these pages."""

        def page(method: str, path: str, handler: Handler, auth: Auth = Auth.OPTIONAL) -> Route:
            return Route(method, path, handler, Surface.PAGE, auth)

        return [
            page("GET", "/@{handle}", self.profile),
            page("GET", "/@{handle}/{id}", self.post),
            page("POST", "/posts/{id}/share", self.share, Auth.USER),
            page("POST", "/posts/{id}/unshare", self.unshare, Auth.USER),
        ]

    async def viewer(self, tx: Transaction, viewer: int | None) -> Person | None:
        """The person who looks, for the top of the page."""
        if viewer is None:
            return None
        found = await self._people.entities(tx, [viewer])
        return person_of(found[viewer]) if viewer in found else None

    async def cards(self, tx: Transaction, ids: list[int], viewer: int | None) -> list[Post]:
        """Posts as cards, in order; what is hidden is left out."""
        return [card_of(decode(one)) for one in await self._posts.entities(tx, ids, viewer)]

    async def profile(self, request: Request) -> Reply:
        """``GET /@amina`` or ``/@amina@nantes.test``."""
        viewer, page = request.viewer, request.page(default=PER_PAGE)
        text = request.values["handle"]

        async def unit(tx: Transaction) -> dict[str, Any]:
            account = await self._account(tx, viewer, text)
            ids = await service_lists.of_account(tx, viewer, account.id, page, ProfileFilter())
            entity = (await self._people.entities(tx, [account.id]))[account.id]
            return {
                "viewer": await self.viewer(tx, viewer),
                "account": entity,
                "person": person_of(entity),
                "cards": await self.cards(tx, ids, viewer),
                "older": older(f"/@{entity['acct']}", ids, page),
            }

        values = await self._database.read(unit)
        return self._renderer.render(request, "posts/profile.html", **values)

    async def _account(self, tx: Transaction, viewer: int | None, text: str) -> Account:
        handle = parse_handle(text) if "@" in text else None
        username, domain = handle or (text, None)
        account = await self._people.by_handle(tx, username, domain)
        if account is None:
            raise NotFound
        return await self._people.access_account(tx, viewer, account.id)

    async def post(self, request: Request) -> Reply:
        """``GET /@amina/7``: the post with what it answers and what answers it."""
        viewer, post_id = request.viewer, request.path_id()

        async def unit(tx: Transaction) -> dict[str, Any]:
            post = await self._posts.access_original(tx, viewer, post_id)
            thread = await self._posts.thread(tx, viewer, post)
            cards = await self.cards(tx, [post.id], viewer)
            if not cards:
                raise NotFound
            return {
                "viewer": await self.viewer(tx, viewer),
                "ancestors": await self.cards(tx, thread.ancestors, viewer),
                "card": cards[0],
                "descendants": await self.cards(tx, thread.descendants, viewer),
            }

        values = await self._database.read(unit)
        return self._renderer.render(request, "posts/post.html", **values)

    async def share(self, request: Request) -> Reply:
        """``POST /posts/7/share``."""
        viewer, post_id = request.require_viewer(), request.path_id()

        async def unit(tx: Transaction) -> None:
            await self._posts.boost(tx, await self._own(tx, viewer), post_id)

        await self._database.write(unit)
        return await self._back(request, post_id)

    async def unshare(self, request: Request) -> Reply:
        """``POST /posts/7/unshare``."""
        viewer, post_id = request.require_viewer(), request.path_id()

        async def unit(tx: Transaction) -> None:
            await self._posts.unboost(tx, await self._own(tx, viewer), post_id)

        await self._database.write(unit)
        return await self._back(request, post_id)

    async def _own(self, tx: Transaction, viewer: int) -> Account:
        account = await self._people.by_id(tx, viewer)
        if account is None:
            raise NotFound
        return account

    async def _back(self, request: Request, post_id: int) -> Reply:
        return redirect(await self.path_of(request.require_viewer(), post_id))

    async def path_of(self, viewer: int, post_id: int) -> str:
        """Where a post is shown."""

        async def unit(tx: Transaction) -> str:
            cards = await self.cards(tx, [post_id], viewer)
            return cards[0].path if cards else "/"

        return await self._database.read(unit)


def older(path: str, ids: list[int], page: Page) -> str:
    """The address of the next page, "" where there is none."""
    return f"{path}?max_id={ids[-1]}" if len(ids) == page.limit else ""
