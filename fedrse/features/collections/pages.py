"""Pages of collections: one's own, those in which one is, and each by itself.

Links to collections lead here. Owners put people in and take them out on the same page; whoever is
in one takes themselves out. Everything works without script.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Final

from msgspec import Struct

from fedrse.core.errors import FedrseError, Invalid, NotFound
from fedrse.core.ids import parse_id
from fedrse.core.paging import Page
from fedrse.features.accounts.model_handles import parse_handle
from fedrse.features.accounts.service import Accounts
from fedrse.features.collections.model import (
    MOST_COLLECTIONS,
    MOST_ITEMS,
    PENDING,
    Collection,
)
from fedrse.features.collections.service import Collections
from fedrse.features.relationships.service import Relationships
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer
from fedrse.web.viewers import Me
from fedrse.web.views import Person

PATH: Final = "/collections"
MOST_LISTED: Final = 40
PROPOSED: Final = 8
LONGEST_QUERY: Final = 100
LookUp = Callable[[str], Awaitable[int | None]]
"""The account that a handle names, asking its site where it is not known here."""

_REFUSALS: Final = {
    "account_unknown": translatable("There is no such person."),
    "account_refuses": translatable("This person does not want to be in collections."),
    "account_blocked": translatable("One of you blocks the other."),
    "too_many_items": translatable("A collection has at most 25 people: take somebody out first."),
}
assert (MOST_COLLECTIONS, MOST_ITEMS) == (10, 25)  # noqa: S101  (as said above and in the pages)


class Member(Struct, frozen=True):
    """Somebody in a collection; ``waits``: their site was asked and has not answered."""

    item_id: int
    account_id: int
    person: Person
    waits: bool


class Found(Struct, frozen=True):
    """Somebody who could be put in, or ``refuses`` it."""

    account_id: int
    person: Person
    refuses: bool
    is_asked: bool


class _Listed(Struct, frozen=True):
    me: Person
    own: list[dict[str, Any]]
    others: list[tuple[dict[str, Any], Person | None, int | None]]


class _Seen(Struct, frozen=True):
    """A collection with everybody in it; ``me`` is who looks, ``mine`` their place in it."""

    collection: dict[str, Any]
    description: str
    me: Person
    owner: Person
    is_own: bool
    members: list[Member]
    mine: int | None
    found: list[Found]


class CollectionPages:
    """``/collections`` and ``/collections/{id}``."""

    def __init__(
        self,
        *,
        database: Database,
        collections: Collections,
        accounts: Accounts,
        relationships: Relationships,
        look_up: LookUp,
        renderer: Renderer,
        me: Me,
    ) -> None:
        self._database = database
        self._collections = collections
        self._accounts = accounts
        self._relationships = relationships
        self._look_up = look_up
        self._renderer = renderer
        self._me = me

    def routes(self) -> list[Route]:
        """The addresses."""
        one = f"{PATH}/{{id}}"
        return [
            _route("GET", PATH, self.show_all),
            _route("GET", one, self.show),
            _route("POST", f"{one}/add", self.add),
            _route("POST", f"{one}/remove", self.take_out),
            _route("POST", f"{one}/leave", self.leave),
        ]

    # All

    async def show_all(self, request: Request) -> Reply:
        """``GET /collections``: one's own, and those of others in which one is."""
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> _Listed:
            own = await self._collections.of_account(tx, viewer, viewer, MOST_LISTED, 0)
            others = await self._collections.with_account(tx, viewer, viewer, MOST_LISTED, 0)
            others = [one for one in others if one.account_id != viewer]
            shown = await self._collections.entities(tx, viewer, [*own, *others])
            owners = await self._people(tx, [one.account_id for one in others])
            return _Listed(
                await self._me(tx, viewer),
                shown[: len(own)],
                [
                    (entity, owners.get(one.account_id), _place_of(entity, viewer))
                    for one, entity in zip(others, shown[len(own) :], strict=True)
                ],
            )

        seen = await self._database.read(unit)
        return self._renderer.render(
            request,
            "collections/list.html",
            viewer=seen.me,
            seen=seen,
            most=MOST_COLLECTIONS,
            done=request.text("done") or "",
        )

    # One

    async def show(self, request: Request) -> Reply:
        """``GET /collections/{id}``; ``q`` finds people for its owner. Raises NotFound."""
        return await self._draw(request)

    async def add(self, request: Request) -> Reply:
        """``POST /collections/{id}/add`` with ``person``. Raises NotFound, Forbidden."""
        viewer, collection_id = request.require_viewer(), request.path_id()
        person = _person(request)
        try:
            await self._database.write(self._collections.add, viewer, collection_id, person)
        except Invalid as error:
            if error.code not in _REFUSALS:
                raise
            return await self._draw(request, error=_REFUSALS[error.code])
        return redirect(f"{PATH}/{collection_id}#people", status=303)

    async def take_out(self, request: Request) -> Reply:
        """``POST /collections/{id}/remove`` with ``item``; who is gone already is fine."""
        viewer, collection_id = request.require_viewer(), request.path_id()
        item = parse_id(request.text("item") or "")
        if item is None:
            raise NotFound
        await self._database.read(self._collections.access_own, viewer, collection_id)
        with suppress(NotFound):
            await self._database.write(self._collections.remove, viewer, collection_id, item)
        return redirect(f"{PATH}/{collection_id}#people", status=303)

    async def leave(self, request: Request) -> Reply:
        """``POST /collections/{id}/leave``: takes oneself out. Raises NotFound."""
        viewer, collection_id = request.require_viewer(), request.path_id()

        async def unit(tx: Transaction) -> None:
            found = await self._collections.access(tx, collection_id)
            entity = (await self._collections.entities(tx, viewer, [found]))[0]
            item = _place_of(entity, viewer)
            if item is not None:
                await self._collections.revoke(tx, viewer, collection_id, item)

        await self._database.write(unit)
        return redirect(f"{PATH}?done=left", status=303)

    async def _draw(self, request: Request, *, error: str = "") -> Reply:
        viewer, words = request.require_viewer(), (request.text("q") or "").strip()
        words = words[:LONGEST_QUERY]
        named = await self._find_named(viewer, request.path_id(), words)

        async def unit(tx: Transaction) -> _Seen:
            found = await self._collections.access(tx, request.path_id())
            return await self._seen(tx, viewer, found, words, named)

        seen = await self._database.read(unit)
        return self._renderer.render(
            request,
            "collections/collection.html",
            status=422 if error else 200,
            viewer=seen.me,
            seen=seen,
            words=words,
            error=error,
            most=MOST_ITEMS,
            saved=request.text("saved") is not None,
        )

    async def _seen(
        self, tx: Transaction, viewer: int, found: Collection, words: str, named: int | None
    ) -> _Seen:
        entity = (await self._collections.entities(tx, viewer, [found]))[0]
        inside = [int(one["account_id"]) for one in entity["items"]]
        is_own = found.account_id == viewer
        proposed: Sequence[int] = []
        if is_own and len(inside) < MOST_ITEMS:
            proposed = await self._proposed(tx, viewer, words, named, {*inside, viewer})
        entities = await self._accounts.entities(tx, [viewer, found.account_id, *inside, *proposed])
        people = {key: self._renderer.faces.person(one) for key, one in entities.items()}
        return _Seen(
            collection=entity,
            description=found.description,
            me=people[viewer],
            owner=people[found.account_id],
            is_own=is_own,
            members=_members(entity, people),
            mine=None if is_own else _place_of(entity, viewer),
            found=[_found(one, entities[one], people[one]) for one in proposed if one in people],
        )

    async def _find_named(self, viewer: int, collection_id: int, words: str) -> int | None:
        """Who is meant by a whole handle; the site of somebody is asked for the owner only."""
        handle = parse_handle(words)
        if handle is None or not handle.domain:
            return None
        found = await self._database.read(self._collections.access, collection_id)
        if found.account_id != viewer:
            return None
        with suppress(FedrseError):
            return await self._look_up(words)
        return None

    async def _proposed(
        self, tx: Transaction, viewer: int, words: str, named: int | None, inside: set[int]
    ) -> list[int]:
        """Some who are not in it: by name, or whom one followed lately."""
        if words:
            found = await self._accounts.search(tx, words, limit=PROPOSED + len(inside))
            found = ([] if named is None else [named]) + found
        else:
            latest = await self._relationships.following(tx, viewer, Page(limit=80))
            found = [one.account_id for one in latest]
        return [one for one in dict.fromkeys(found) if one not in inside][:PROPOSED]

    async def _people(self, tx: Transaction, ids: Sequence[int]) -> dict[int, Person]:
        entities = await self._accounts.entities(tx, ids)
        return {key: self._renderer.faces.person(one) for key, one in entities.items()}


def _members(entity: dict[str, Any], people: dict[int, Person]) -> list[Member]:
    return [
        Member(
            int(one["id"]),
            int(one["account_id"]),
            people[int(one["account_id"])],
            one["state"] == PENDING,
        )
        for one in entity["items"]
        if int(one["account_id"]) in people
    ]


def _found(account_id: int, entity: dict[str, Any], person: Person) -> Found:
    """People of other sites are asked; some do not want it, or their site does not know of it."""
    right = entity["feature_approval"]["current_user"]
    return Found(
        account_id,
        person,
        refuses=right in {"denied", "missing"},
        is_asked="@" in entity["acct"],
    )


def _place_of(entity: dict[str, Any], account_id: int) -> int | None:
    """The item of somebody in a collection."""
    for one in entity["items"]:
        if one["account_id"] == str(account_id):
            return int(one["id"])
    return None


def _person(request: Request) -> int:
    found = parse_id(request.text("person") or "")
    if found is None:
        raise NotFound
    return found


def _route(method: str, path: str, handler: Handler) -> Route:
    return Route(method, path, handler, Surface.PAGE, Auth.USER)
