"""Pages: likes, shares and follows from a page, by forms that work without script.

Each form carries the token of the session and returns to the page it stood on; a script that sends
it says so and needs no page.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from fedrse.core.errors import Invalid, NotFound
from fedrse.core.ports import Protocol
from fedrse.features.access.model_authorization import safe_next
from fedrse.features.accounts.model import Account
from fedrse.features.posts.service import Posts
from fedrse.features.reactions.service import Reactions
from fedrse.features.relationships.service import Relationships
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.languages import translatable

IN_PLACE = "X-In-Place"
"""Sent by scripts of pages, which change the button themselves."""
_PINS_FULL = translatable("You have pinned five posts already: take one of the pins away first.")
Work = Callable[[Transaction, Account, int], Awaitable[None]]


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def by_id(self, tx: Transaction, account_id: int) -> Account | None: ...

    async def by_ids(self, tx: Transaction, ids: Iterable[int]) -> dict[int, Account]: ...

    async def access_account(
        self, tx: Transaction, viewer: int | None, account_id: int
    ) -> Account: ...


class InteractionPages:
    """Handlers of forms; the same services as for apps."""

    def __init__(
        self,
        *,
        database: Database,
        posts: Posts,
        reactions: Reactions,
        relationships: Relationships,
        people: People,
    ) -> None:
        self._database = database
        self._posts = posts
        self._reactions = reactions
        self._relationships = relationships
        self._people = people

    def routes(self) -> list[Route]:
        """Where the forms go."""
        post, person = "/posts/{id}", "/people/{id}"
        return [
            _route(f"{post}/like", self.like),
            _route(f"{post}/unlike", self.unlike),
            _route(f"{post}/share", self.share),
            _route(f"{post}/unshare", self.unshare),
            _route(f"{post}/bookmark", self.bookmark),
            _route(f"{post}/unbookmark", self.unbookmark),
            _route(f"{post}/pin", self.pin),
            _route(f"{post}/unpin", self.unpin),
            _route(f"{person}/follow", self.follow),
            _route(f"{person}/unfollow", self.unfollow),
        ]

    async def like(self, request: Request) -> Reply:
        """``POST /posts/{id}/like``; a second time changes nothing."""

        async def work(tx: Transaction, me: Account, post_id: int) -> None:
            await self._react(tx, me, post_id, wanted=True)

        return await self._act(request, work)

    async def unlike(self, request: Request) -> Reply:
        """``POST /posts/{id}/unlike``."""

        async def work(tx: Transaction, me: Account, post_id: int) -> None:
            await self._react(tx, me, post_id, wanted=False)

        return await self._act(request, work)

    async def _react(self, tx: Transaction, me: Account, post_id: int, *, wanted: bool) -> None:
        post = await self._posts.access_original(tx, me.id, post_id)
        author = await self._people.by_id(tx, post.account_id)
        if author is None:
            raise NotFound
        act = self._reactions.add if wanted else self._reactions.remove
        await act(tx, me, post, author)

    async def share(self, request: Request) -> Reply:
        """``POST /posts/{id}/share``."""

        async def work(tx: Transaction, me: Account, post_id: int) -> None:
            await self._posts.boost(tx, me, post_id)

        return await self._act(request, work)

    async def unshare(self, request: Request) -> Reply:
        """``POST /posts/{id}/unshare``."""

        async def work(tx: Transaction, me: Account, post_id: int) -> None:
            await self._posts.unboost(tx, me, post_id)

        return await self._act(request, work)

    async def bookmark(self, request: Request) -> Reply:
        """``POST /posts/{id}/bookmark``; a second time changes nothing."""

        async def work(tx: Transaction, me: Account, post_id: int) -> None:
            await self._posts.marks.bookmark(tx, me.id, post_id)

        return await self._act(request, work)

    async def unbookmark(self, request: Request) -> Reply:
        """``POST /posts/{id}/unbookmark``."""

        async def work(tx: Transaction, me: Account, post_id: int) -> None:
            await self._posts.marks.unbookmark(tx, me.id, post_id)

        return await self._act(request, work)

    async def pin(self, request: Request) -> Reply:
        """``POST /posts/{id}/pin``: an own post first on the profile. Raises Invalid."""

        async def work(tx: Transaction, me: Account, post_id: int) -> None:
            await self._posts.marks.pin(tx, me, post_id)

        try:
            return await self._act(request, work)
        except Invalid as error:
            if error.code != "pin_limit":
                raise
            raise Invalid(error.code, _PINS_FULL) from error

    async def unpin(self, request: Request) -> Reply:
        """``POST /posts/{id}/unpin``."""

        async def work(tx: Transaction, me: Account, post_id: int) -> None:
            await self._posts.marks.unpin(tx, me, post_id)

        return await self._act(request, work)

    async def follow(self, request: Request) -> Reply:
        """``POST /people/{id}/follow``."""

        async def work(tx: Transaction, me: Account, account_id: int) -> None:
            whom = await self._people.access_account(tx, me.id, account_id)
            await self._relationships.follow(tx, me, whom)

        return await self._act(request, work)

    async def unfollow(self, request: Request) -> Reply:
        """``POST /people/{id}/unfollow``: also takes a request back."""

        async def work(tx: Transaction, me: Account, account_id: int) -> None:
            whom = await self._people.access_account(tx, me.id, account_id)
            await self._relationships.unfollow(tx, me, whom)

        return await self._act(request, work)

    async def _act(self, request: Request, work: Work) -> Reply:
        viewer, identifier = request.require_viewer(), request.path_id()

        async def unit(tx: Transaction) -> None:
            me = await self._people.by_id(tx, viewer)
            if me is None:
                raise NotFound
            await work(tx, me, identifier)

        await self._database.write(unit)
        if request.headers.get(IN_PLACE):
            return Reply(status=204)
        return redirect(safe_next(request.text("back")), status=303)


def _route(path: str, handler: Handler) -> Route:
    return Route("POST", path, handler, Surface.PAGE, Auth.USER)
