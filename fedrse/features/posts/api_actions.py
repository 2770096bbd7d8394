"""Client API: what people do with posts, and lists of posts (Mastodon API ``statuses``)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from fedrse.core.errors import NotFound
from fedrse.core.paging import Page
from fedrse.core.ports import Protocol
from fedrse.core.text import fold_hashtag
from fedrse.features.accounts.model import Account
from fedrse.features.posts import service_lists
from fedrse.features.posts.api_parameters import ListParameters
from fedrse.features.posts.model import Post, Visibility
from fedrse.features.posts.service import Posts
from fedrse.features.posts.service_lists import Entry, ProfileFilter
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction

Work = Callable[[Transaction, Account, int], Awaitable[Post]]
_PAGE = 40


class AccountsForViewers(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def by_id(self, tx: Transaction, account_id: int) -> Account | None: ...

    async def check_account(self, tx: Transaction, viewer: int | None, account_id: int) -> None: ...

    async def entities(self, tx: Transaction, ids: list[int]) -> dict[int, dict[str, Any]]: ...


class ActionsApi:
    """Handlers of actions and lists."""

    def __init__(self, *, database: Database, posts: Posts, people: AccountsForViewers) -> None:
        self._database = database
        self._posts = posts
        self._people = people

    def routes(self) -> list[Route]:
        """The addresses of this interface."""
        one = "/api/v1/statuses/{id}"
        read, write = "read:statuses", "write:statuses"
        marks, accounts, mutes = "write:bookmarks", "write:accounts", "write:mutes"
        return [
            _route("POST", f"{one}/reblog", self.reblog, write),
            _route("POST", f"{one}/unreblog", self.unreblog, write),
            _route("POST", f"{one}/bookmark", self.bookmark, marks),
            _route("POST", f"{one}/unbookmark", self.unbookmark, marks),
            _route("POST", f"{one}/pin", self.pin, accounts),
            _route("POST", f"{one}/unpin", self.unpin, accounts),
            _route("POST", f"{one}/mute", self.mute, mutes),
            _route("POST", f"{one}/unmute", self.unmute, mutes),
            _route("GET", f"{one}/reblogged_by", self.reblogged_by, read, Auth.OPTIONAL),
            _route("GET", f"{one}/quotes", self.quotes, read),
            _route("GET", "/api/v1/bookmarks", self.bookmarks, "read:bookmarks"),
            _route("GET", "/api/v1/accounts/{id}/statuses", self.of_account, read, Auth.OPTIONAL),
        ]

    # Actions

    async def reblog(self, request: Request) -> Reply:
        """``POST .../reblog``: the boost."""
        given = request.text("visibility")
        wanted = Visibility(given) if given in set(Visibility) else None

        async def work(tx: Transaction, account: Account, post_id: int) -> Post:
            return await self._posts.boost(tx, account, post_id, wanted)

        return await self._act(request, work)

    async def unreblog(self, request: Request) -> Reply:
        """``POST .../unreblog``: the original."""
        return await self._act(request, self._posts.unboost)

    async def bookmark(self, request: Request) -> Reply:
        """``POST .../bookmark``."""
        return await self._mark(request, self._posts.marks.bookmark)

    async def unbookmark(self, request: Request) -> Reply:
        """``POST .../unbookmark``."""
        return await self._mark(request, self._posts.marks.unbookmark)

    async def pin(self, request: Request) -> Reply:
        """``POST .../pin``."""
        return await self._act(request, self._posts.marks.pin)

    async def unpin(self, request: Request) -> Reply:
        """``POST .../unpin``."""
        return await self._act(request, self._posts.marks.unpin)

    async def mute(self, request: Request) -> Reply:
        """``POST .../mute``: no more notifications about this thread."""
        return await self._mark(request, self._posts.marks.mute_thread)

    async def unmute(self, request: Request) -> Reply:
        """``POST .../unmute``."""
        return await self._mark(request, self._posts.marks.unmute_thread)

    async def _mark(
        self, request: Request, work: Callable[[Transaction, int, int], Awaitable[Post]]
    ) -> Reply:
        async def as_account(tx: Transaction, account: Account, post_id: int) -> Post:
            return await work(tx, account.id, post_id)

        return await self._act(request, as_account)

    async def _act(self, request: Request, work: Work) -> Reply:
        """Does it, then shows the post as the viewer sees it now."""
        viewer, post_id = request.require_viewer(), request.path_id()

        async def unit(tx: Transaction) -> Post:
            account = await self._people.by_id(tx, viewer)
            if account is None:
                raise NotFound
            return await work(tx, account, post_id)

        post = await self._database.write(unit)
        entities = await self._database.read(self._posts.entities, [post.id], viewer)
        if not entities:
            raise NotFound
        return Reply(entities[0])

    # Lists

    async def of_account(self, request: Request) -> Reply:
        """``GET /api/v1/accounts/:id/statuses``."""
        viewer, account_id, page = request.viewer, request.path_id(), request.page()
        given = request.bind(ListParameters)
        wanted = ProfileFilter(
            only_media=given.only_media,
            exclude_replies=given.exclude_replies,
            exclude_boosts=given.exclude_reblogs,
            tagged=fold_hashtag(given.tagged) if given.tagged else None,
        )

        async def unit(tx: Transaction) -> tuple[list[int], bytes]:
            await self._people.check_account(tx, viewer, account_id)
            if given.pinned:
                ids = await service_lists.pinned(tx, viewer, account_id)
            else:
                ids = await service_lists.of_account(tx, viewer, account_id, page, wanted)
            return ids, await self._posts.statuses.listed(tx, ids, viewer)

        return _statuses(request, page, *await self._database.read(unit))

    async def bookmarks(self, request: Request) -> Reply:
        """``GET /api/v1/bookmarks``, paged by bookmark."""
        viewer, page = request.require_viewer(), request.page()

        async def unit(tx: Transaction) -> tuple[list[Entry], bytes]:
            found = await service_lists.bookmarks(tx, viewer, page)
            ids = [entry.value for entry in found]
            return found, await self._posts.statuses.listed(tx, ids, viewer)

        found, statuses = await self._database.read(unit)
        return _statuses(request, page, [entry.id for entry in found], statuses)

    async def quotes(self, request: Request) -> Reply:
        """``GET /api/v1/statuses/:id/quotes``."""
        viewer, post_id, page = request.require_viewer(), request.path_id(), request.page()

        async def unit(tx: Transaction) -> tuple[list[int], bytes]:
            post = await self._posts.access_original(tx, viewer, post_id)
            ids = await service_lists.quotes(tx, viewer, post.id, page)
            return ids, await self._posts.statuses.listed(tx, ids, viewer)

        return _statuses(request, page, *await self._database.read(unit))

    async def reblogged_by(self, request: Request) -> Reply:
        """``GET /api/v1/statuses/:id/reblogged_by``, paged by boost."""
        viewer, post_id = request.viewer, request.path_id()
        page = request.page(default=_PAGE, cap=2 * _PAGE)

        async def unit(tx: Transaction) -> tuple[list[Entry], list[dict[str, Any]]]:
            post = await self._posts.access_original(tx, viewer, post_id)
            found = await service_lists.boosters(tx, viewer, post.id, page)
            people = await self._people.entities(tx, [entry.value for entry in found])
            return found, [people[one.value] for one in found if one.value in people]

        found, people = await self._database.read(unit)
        links = request.link(
            page, newest=found[0].id if found else None, oldest=found[-1].id if found else None
        )
        return Reply(msgspec.json.encode(people), headers=links)


def _statuses(request: Request, page: Page, keys: list[int], statuses: bytes) -> Reply:
    links = request.link(page, newest=keys[0] if keys else None, oldest=keys[-1] if keys else None)
    return Reply(statuses, headers=links)


def _route(method: str, path: str, handler: Handler, scope: str, auth: Auth = Auth.USER) -> Route:
    return Route(method, path, handler, Surface.API, auth, scopes=(scope,))
