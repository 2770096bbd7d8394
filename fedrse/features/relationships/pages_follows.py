"""Pages: who follows somebody, whom somebody follows, and which groups are among them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from msgspec import Struct

from fedrse.core.errors import NotFound
from fedrse.core.paging import Page
from fedrse.features.accounts.model import Account
from fedrse.features.relationships.model import Listed
from fedrse.features.relationships.model_buttons import follow_toggle
from fedrse.features.relationships.pages_people import PeoplePages
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Transaction
from fedrse.web.languages import translatable
from fedrse.web.views import Action, Person

Read = Callable[[Transaction, int, Page], Awaitable[list[Listed]]]


class Words(Struct, frozen=True):
    """What stands above the list and where it is empty; ``link`` leads on for its owner."""

    title: str
    nobody: str
    icon: str = "people"
    about: str = ""
    link: str = ""
    link_label: str = ""


FOLLOWERS = Words(
    translatable("Who follows %(name)s"), translatable("Nobody follows %(name)s so far")
)
FOLLOWING = Words(
    translatable("Whom %(name)s follows"),
    translatable("%(name)s follows nobody so far"),
    link="/people",
    link_label=translatable("Find people"),
)
GROUPS = Words(
    translatable("Groups that %(name)s follows"),
    translatable("%(name)s follows no group so far"),
    icon="groups",
    about=translatable(
        "A group passes on what its members write to it. Look for its address, then follow it."
    ),
    link="/search",
    link_label=translatable("Search"),
)


class Follower(Struct, frozen=True):
    """Somebody in the list, with the button to follow them; None beside oneself.

    ``work`` says in a line what they do, as far as the viewer may know it.
    """

    who: Person
    follow: Action | None
    work: str = ""


class _Seen(Struct, frozen=True):
    """A page of people; ``oldest`` is where the next one begins, None at the end."""

    me: Person
    whom: Person
    account: Account
    shown: bool
    people: list[Follower]
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
            whom = await self._people(tx, [account_id])
            if account_id not in whom:
                raise NotFound
            return _Seen(
                await self._me(tx, viewer),
                whom[account_id],
                account,
                shown,
                await self._rows(tx, request, viewer, [one.account_id for one in found]),
                found[-1].id if len(found) == page.limit else None,
            )

        seen = await self._database.read(unit)
        return self._renderer.render(
            request,
            "relationships/follows.html",
            viewer=seen.me,
            whom=seen.whom,
            key=account_id,
            is_me=account_id == viewer,
            words=words,
            shown=seen.shown,
            people=seen.people,
            partly=not seen.account.local,
            older="" if seen.oldest is None else f"{request.path}?max_id={seen.oldest}",
        )

    async def _rows(
        self, tx: Transaction, request: Request, viewer: int, ids: Sequence[int]
    ) -> list[Follower]:
        """Those of them who are still there."""
        entities = await self._accounts.entities(tx, list(ids))
        bonds = await self._relationships.relationships(tx, viewer, entities)
        works = await self._works(tx, viewer, ids)
        say = partial(self._renderer.languages.gettext, request.language)
        follows = {
            int(bond["id"]): follow_toggle(bond, asks=entities[int(bond["id"])]["locked"], say=say)
            for bond in bonds
        }
        return [
            Follower(
                self._renderer.faces.person(entities[key]),
                None if key == viewer else follows[key],
                works.get(key, ""),
            )
            for key in ids
            if key in entities
        ]
