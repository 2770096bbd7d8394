"""Pages: making lists of people, changing them, and putting somebody into them.

What a list shows is a feed like others (``timelines.pages_feeds``).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from msgspec import Struct

from fedrse.core.errors import Invalid, NotFound
from fedrse.core.ids import parse_id
from fedrse.core.paging import Page
from fedrse.features.accounts.service import Accounts
from fedrse.features.lists.model import (
    LONGEST_TITLE,
    MOST_LISTS,
    MOST_MEMBERS,
    RepliesPolicy,
    UserList,
    read_policy,
    read_title,
)
from fedrse.features.lists.service import Lists
from fedrse.features.relationships.service import Relationships
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer
from fedrse.web.viewers import Me
from fedrse.web.views import Person

PATH: Final = "/lists"
LONGEST_QUERY: Final = 100
PROPOSED: Final = 8
POLICIES: Final = (
    (RepliesPolicy.LIST, translatable("To people in this list")),
    (RepliesPolicy.FOLLOWED, translatable("To anybody whom I follow")),
    (RepliesPolicy.NONE, translatable("To nobody else")),
)
_NO_TITLE = translatable("Give it a name.")
_LONG_TITLE = translatable("This name is too long: 256 characters are the most.")
_TOO_MANY = translatable("You have 100 lists, which is the most: delete one first.")
_FULL = translatable("A list has at most 1,000 people: take somebody out first.")
assert (LONGEST_TITLE, MOST_LISTS, MOST_MEMBERS) == (256, 100, 1000)  # noqa: S101  (as said above)


class ListForm(Struct, frozen=True, kw_only=True):
    """What was typed; ``error`` stands at the name."""

    title: str = ""
    replies: str = RepliesPolicy.LIST.value
    exclusive: bool = False
    error: str = ""


class _Desk(Struct, frozen=True):
    """A list being changed: who is in it, and whom one could add, as pairs of id and person."""

    me: Person
    known: UserList
    members: list[tuple[int, Person]]
    oldest: int | None
    found: list[tuple[int, Person]]


class ListPages:
    """Handlers; everything works without script."""

    def __init__(
        self,
        *,
        database: Database,
        lists: Lists,
        accounts: Accounts,
        relationships: Relationships,
        renderer: Renderer,
        me: Me,
    ) -> None:
        self._database = database
        self._lists = lists
        self._accounts = accounts
        self._relationships = relationships
        self._renderer = renderer
        self._me = me

    def routes(self) -> list[Route]:
        """The addresses."""
        one, person = f"{PATH}/{{id}}", "/people/{id}/lists"
        return [
            _route("GET", f"{PATH}/new", self.show_new),
            _route("POST", f"{PATH}/new", self.create),
            _route("GET", f"{one}/edit", self.show),
            _route("POST", f"{one}/edit", self.change),
            _route("POST", f"{one}/add", self.add),
            _route("POST", f"{one}/remove", self.take_out),
            _route("POST", f"{one}/delete", self.delete),
            _route("GET", person, self.show_person),
            _route("POST", person, self.set_person),
        ]

    # One list

    async def show_new(self, request: Request) -> Reply:
        """``GET /lists/new``."""
        return await self._draw_new(request, ListForm())

    async def create(self, request: Request) -> Reply:
        """``POST /lists/new``: then people can be put into it. One of this name is that one."""
        viewer, form = request.require_viewer(), _read(request)

        async def unit(tx: Transaction) -> int:
            title = read_title(form.title)
            for known in await self._lists.all_of(tx, viewer):
                if known.title == title:
                    return known.id
            policy = read_policy(form.replies)
            made = await self._lists.create(
                tx, viewer, title=title, policy=policy, exclusive=form.exclusive
            )
            return made.id

        try:
            made = await self._database.write(unit)
        except Invalid as error:
            return await self._draw_new(request, _refused(form, error))
        return redirect(f"{PATH}/{made}/edit", status=303)

    async def show(self, request: Request) -> Reply:
        """``GET /lists/{id}/edit``; ``q`` finds people. Raises NotFound for lists of others."""
        desk = await self._database.read(self._desk, request)
        known = desk.known
        form = ListForm(
            title=known.title, replies=known.replies_policy.value, exclusive=known.exclusive
        )
        return self._draw(request, desk, form)

    async def change(self, request: Request) -> Reply:
        """``POST /lists/{id}/edit``."""
        viewer, list_id, form = request.require_viewer(), request.path_id(), _read(request)

        async def unit(tx: Transaction) -> None:
            await self._lists.change(
                tx,
                viewer,
                list_id,
                title=read_title(form.title),
                policy=read_policy(form.replies),
                exclusive=form.exclusive,
            )

        try:
            await self._database.write(unit)
        except Invalid as error:
            desk = await self._database.read(self._desk, request)
            return self._draw(request, desk, _refused(form, error))
        return redirect(f"{PATH}/{list_id}/edit?saved=1", status=303)

    async def delete(self, request: Request) -> Reply:
        """``POST /lists/{id}/delete``; one that is gone already is fine."""
        viewer, list_id = request.require_viewer(), request.path_id()
        with suppress(NotFound):
            await self._database.write(self._lists.remove, viewer, list_id)
        return redirect(PATH, status=303)

    # Who is in it

    async def add(self, request: Request) -> Reply:
        """``POST /lists/{id}/add`` with ``person``, whom one follows. Raises Invalid, NotFound."""
        return await self._members(request, self._put)

    async def take_out(self, request: Request) -> Reply:
        """``POST /lists/{id}/remove`` with ``person``."""

        async def drop(tx: Transaction, me: int, list_id: int, person: int) -> None:
            await self._lists.drop(tx, me, list_id, [person])

        return await self._members(request, drop)

    async def _members(self, request: Request, work: Any) -> Reply:
        viewer, list_id = request.require_viewer(), request.path_id()
        person = parse_id(request.text("person") or "")
        if person is None:
            raise NotFound
        await self._database.write(work, viewer, list_id, person)
        return redirect(f"{PATH}/{list_id}/edit#people", status=303)

    async def _put(self, tx: Transaction, me: int, list_id: int, person: int) -> None:
        """Who is in it already stays."""
        known = await self._lists.with_member(tx, me, person)
        if list_id not in {one.id for one in known}:
            try:
                await self._lists.add(tx, me, list_id, [person])
            except Invalid as error:
                raise Invalid(error.code, _FULL) from error

    # Somebody

    async def show_person(self, request: Request) -> Reply:
        """``GET /people/{id}/lists``: in which lists somebody is."""
        viewer, other = request.require_viewer(), request.path_id()

        async def unit(tx: Transaction) -> tuple[Person, Person, list[UserList], set[int], bool]:
            account = await self._accounts.access_account(tx, viewer, other)
            with_them = await self._lists.with_member(tx, viewer, account.id)
            followed = await self._relationships.followed_among(tx, viewer, [account.id])
            people = await self._people(tx, [account.id])
            if not people:
                raise NotFound
            return (
                await self._me(tx, viewer),
                people[0][1],
                await self._lists.all_of(tx, viewer),
                {one.id for one in with_them},
                bool(followed) or account.id == viewer,
            )

        me, person, lists, inside, can_be_added = await self._database.read(unit)
        return self._renderer.render(
            request,
            "lists/person.html",
            viewer=me,
            person=person,
            lists=lists,
            inside=inside,
            can_be_added=can_be_added,
        )

    async def set_person(self, request: Request) -> Reply:
        """``POST /people/{id}/lists`` with ``lists[]``. Raises Invalid, NotFound."""
        viewer, other = request.require_viewer(), request.path_id()
        given = request.params.get("lists")
        wanted = {one for one in given if isinstance(one, str)} if isinstance(given, list) else ()

        async def unit(tx: Transaction) -> str:
            account = await self._accounts.access_account(tx, viewer, other)
            inside = {one.id for one in await self._lists.with_member(tx, viewer, account.id)}
            for one in await self._lists.all_of(tx, viewer):
                if str(one.id) in wanted and one.id not in inside:
                    await self._put(tx, viewer, one.id, account.id)
                elif str(one.id) not in wanted and one.id in inside:
                    await self._lists.drop(tx, viewer, one.id, [account.id])
            found = await self._people(tx, [account.id])
            return found[0][1].path if found else PATH

        return redirect(await self._database.write(unit), status=303)

    # Drawing

    async def _desk(self, tx: Transaction, request: Request) -> _Desk:
        viewer, page = request.require_viewer(), request.page(default=40)
        known = await self._lists.access_list(tx, viewer, request.path_id())
        members = await self._lists.members(tx, known.id, page)
        inside = set(await self._lists.all_members(tx, known.id))
        proposed = await self._proposed(tx, viewer, _query(request), inside)
        return _Desk(
            await self._me(tx, viewer),
            known,
            await self._people(tx, members),
            members[-1] if len(members) == page.limit else None,
            await self._people(tx, proposed),
        )

    async def _proposed(
        self, tx: Transaction, viewer: int, words: str, inside: set[int]
    ) -> list[int]:
        """Some of those whom one follows and who are not in the list: by name, or the latest."""
        if words:
            followed = {viewer, *await self._relationships.followed_ids(tx, viewer)}
            outside = followed - inside
            return await self._accounts.search(tx, words, limit=PROPOSED, among=outside)
        latest = await self._relationships.following(tx, viewer, Page(limit=80))
        return [one.account_id for one in latest if one.account_id not in inside][:PROPOSED]

    async def _people(self, tx: Transaction, ids: Sequence[int]) -> list[tuple[int, Person]]:
        """How they are drawn; those who are gone are missing."""
        entities = await self._accounts.entities(tx, list(ids))
        return [(one, self._renderer.faces.person(entities[one])) for one in ids if one in entities]

    async def _draw_new(self, request: Request, form: ListForm) -> Reply:
        me = await self._database.read(self._me, request.require_viewer())
        return self._render(request, form, viewer=me, known=None, saved=False)

    def _draw(self, request: Request, desk: _Desk, form: ListForm) -> Reply:
        place = f"{PATH}/{desk.known.id}/edit"
        return self._render(
            request,
            form,
            viewer=desk.me,
            known=desk.known,
            members=desk.members,
            found=desk.found,
            words=_query(request),
            older="" if desk.oldest is None else f"{place}?max_id={desk.oldest}",
            saved=request.text("saved") is not None,
        )

    def _render(self, request: Request, form: ListForm, **values: Any) -> Reply:
        return self._renderer.render(
            request,
            "lists/form.html",
            status=422 if form.error else 200,
            form=form,
            policies=POLICIES,
            **values,
        )


def _read(request: Request) -> ListForm:
    return ListForm(
        title=request.text("title") or "",
        replies=request.text("replies") or RepliesPolicy.LIST.value,
        exclusive=request.text("exclusive") is not None,
    )


def _refused(form: ListForm, error: Invalid) -> ListForm:
    """The form with what is wrong. Raises what no form of ours sends."""
    if error.code == "too_many_lists":
        said = _TOO_MANY
    elif error.code == "list_title":
        said = _LONG_TITLE if form.title.strip() else _NO_TITLE
    else:
        raise error
    return ListForm(title=form.title, replies=form.replies, exclusive=form.exclusive, error=said)


def _query(request: Request) -> str:
    return (request.text("q") or "").strip()[:LONGEST_QUERY]


def _route(method: str, path: str, handler: Handler) -> Route:
    return Route(method, path, handler, Surface.PAGE, Auth.USER)
