"""Pages: who follows somebody, whom somebody follows, and which groups are among them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec import Struct

from fedrse.core.errors import NotFound
from fedrse.core.paging import Page
from fedrse.features.accounts.model import Account
from fedrse.features.relationships.model import Listed
from fedrse.features.relationships.pages_people import PeoplePages
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Transaction
from fedrse.web.languages import translatable
from fedrse.web.views import Person

Read = Callable[[Transaction, int, Page], Awaitable[list[Listed]]]


class Words(Struct, frozen=True):
    """What stands above the list and where it is empty."""

    title: str
    nobody: str


FOLLOWERS = Words(
    translatable("Who follows %(name)s"), translatable("Nobody follows %(name)s so far")
)
FOLLOWING = Words(
    translatable("Whom %(name)s follows"), translatable("%(name)s follows nobody so far")
)
GROUPS = Words(
    translatable("Groups that %(name)s follows"), translatable("%(name)s follows no group so far")
)


class _Seen(Struct, frozen=True):
    """A page of people; ``oldest`` is where the next one begins, None at the end."""

    me: Person
    whom: Person
    account: Account
    shown: bool
    people: list[Person]
    oldest: int | None


class FollowPages(PeoplePages):
    """Three lists, for those who are signed in, unless the account hides them."""

    def routes(self) -> list[Route]:
        """The addresses."""
        page, user = Surface.PAGE, Auth.USER
        return [
            Route("GET", "/people/{id}/followers", self.followers, page, user),
            Route("GET", "/people/{id}/following", self.following, page, user),
            Route("GET", "/people/{id}/groups", self.groups, page, user),
        ]

    async def followers(self, request: Request) -> Reply:
        """``GET /people/{id}/followers``."""
        return await self._show(request, FOLLOWERS, self._relationships.followers)

    async def following(self, request: Request) -> Reply:
        """``GET /people/{id}/following``."""
        return await self._show(request, FOLLOWING, self._relationships.following)

    async def groups(self, request: Request) -> Reply:
        """``GET /people/{id}/groups``."""
        return await self._show(request, GROUPS, self._relationships.groups)

    async def _show(self, request: Request, words: Words, read: Read) -> Reply:
        viewer, account_id = request.require_viewer(), request.path_id()
        page = request.page(default=40)

        async def unit(tx: Transaction) -> _Seen:
            account = await self._accounts.access_account(tx, viewer, account_id)
            shown = await self._relationships.shows_lists(tx, account, viewer)
            found = await read(tx, account_id, page) if shown else []
            people = await self._people(tx, [account_id, *(one.account_id for one in found)])
            if account_id not in people:
                raise NotFound
            return _Seen(
                await self._me(tx, viewer),
                people[account_id],
                account,
                shown,
                [people[one.account_id] for one in found if one.account_id in people],
                found[-1].id if len(found) == page.limit else None,
            )

        seen = await self._database.read(unit)
        return self._renderer.render(
            request,
            "relationships/follows.html",
            viewer=seen.me,
            whom=seen.whom,
            key=account_id,
            words=words,
            shown=seen.shown,
            people=seen.people,
            partly=not seen.account.local,
            older="" if seen.oldest is None else f"{request.path}?max_id={seen.oldest}",
        )
