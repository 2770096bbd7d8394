"""Client API: lists and their timelines (Mastodon API ``lists``, ``timelines``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from fedrse.core.errors import NotFound
from fedrse.core.ids import parse_id
from fedrse.core.ports import Protocol
from fedrse.features.accounts.model import Account
from fedrse.features.lists.model import (
    RepliesPolicy,
    UserList,
    entity,
    read_policy,
    read_title,
)
from fedrse.features.lists.service import Lists
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction


class AccountEntities(Protocol):
    """Finds and renders accounts; implemented by the feature ``accounts``."""

    async def access_account(
        self, tx: Transaction, viewer: int | None, account_id: int
    ) -> Account: ...

    async def entities(self, tx: Transaction, ids: list[int]) -> dict[int, dict[str, Any]]: ...


class StatusEntities(Protocol):
    """Renders posts for a viewer; implemented by the feature ``posts``."""

    async def listed(self, tx: Transaction, ids: list[int], viewer_id: int | None) -> bytes: ...


class ListParameters(Struct):
    """Parameters of a list; None where nothing is said."""

    title: str | None = None
    replies_policy: str | None = None
    exclusive: bool | None = None

    @property
    def policy(self) -> RepliesPolicy | None:
        """Raises Invalid."""
        return read_policy(self.replies_policy) if self.replies_policy else None


class MemberParameters(Struct):
    """Whom to add or remove."""

    account_ids: list[str] = []

    @property
    def ids(self) -> list[int]:
        """Raises NotFound for what is no id."""
        found = [parse_id(text) for text in self.account_ids]
        if None in found:
            raise NotFound
        return [one for one in found if one is not None]


class ListsApi:
    """Handlers; each opens one transaction."""

    def __init__(
        self,
        *,
        database: Database,
        lists: Lists,
        people: AccountEntities,
        statuses: StatusEntities,
    ) -> None:
        self._database = database
        self._lists = lists
        self._people = people
        self._statuses = statuses

    async def all(self, request: Request) -> Reply:
        """``GET /api/v1/lists``."""
        return _reply(await self._database.read(self._lists.all_of, request.require_viewer()))

    async def with_member(self, request: Request) -> Reply:
        """``GET /api/v1/accounts/:id/lists``."""
        me, member = request.require_viewer(), request.path_id()

        async def unit(tx: Transaction) -> list[UserList]:
            await self._people.access_account(tx, me, member)
            return await self._lists.with_member(tx, me, member)

        return _reply(await self._database.read(unit))

    async def show(self, request: Request) -> Reply:
        """``GET /api/v1/lists/:id``."""
        me, identifier = request.require_viewer(), request.path_id()
        found = await self._database.read(self._lists.access_list, me, identifier)
        return json_reply(entity(found))

    async def create(self, request: Request) -> Reply:
        """``POST /api/v1/lists``."""
        wish = request.bind(ListParameters)
        made = await self._database.write(
            self._lists.create,
            request.require_viewer(),
            title=read_title(wish.title),
            policy=wish.policy or RepliesPolicy.LIST,
            exclusive=bool(wish.exclusive),
        )
        return json_reply(entity(made))

    async def change(self, request: Request) -> Reply:
        """``PUT /api/v1/lists/:id``."""
        wish = request.bind(ListParameters)
        made = await self._database.write(
            self._lists.change,
            request.require_viewer(),
            request.path_id(),
            title=None if wish.title is None else read_title(wish.title),
            policy=wish.policy,
            exclusive=wish.exclusive,
        )
        return json_reply(entity(made))

    async def remove(self, request: Request) -> Reply:
        """``DELETE /api/v1/lists/:id``."""
        me, identifier = request.require_viewer(), request.path_id()
        await self._database.write(self._lists.remove, me, identifier)
        return json_reply({})

    async def members(self, request: Request) -> Reply:
        """``GET /api/v1/lists/:id/accounts``; ``limit=0`` means all."""
        me, identifier = request.require_viewer(), request.path_id()
        everybody = request.text("limit") == "0"
        page = None if everybody else request.page(default=40, cap=80)

        async def unit(tx: Transaction) -> tuple[list[int], list[dict[str, Any]]]:
            await self._lists.access_list(tx, me, identifier)
            if page is None:
                ids = await self._lists.all_members(tx, identifier)
            else:
                ids = await self._lists.members(tx, identifier, page)
            found = await self._people.entities(tx, ids)
            return ids, [found[one] for one in ids if one in found]

        ids, entities = await self._database.read(unit)
        if page is None:
            return json_reply(entities)
        links = request.link(page, newest=ids[0] if ids else None, oldest=ids[-1] if ids else None)
        return json_reply(entities, headers=links)

    async def add(self, request: Request) -> Reply:
        """``POST /api/v1/lists/:id/accounts``."""
        me, identifier = request.require_viewer(), request.path_id()
        people = request.bind(MemberParameters).ids
        await self._database.write(self._lists.add, me, identifier, people)
        return json_reply({})

    async def drop(self, request: Request) -> Reply:
        """``DELETE /api/v1/lists/:id/accounts``."""
        me, identifier = request.require_viewer(), request.path_id()
        people = request.bind(MemberParameters).ids
        await self._database.write(self._lists.drop, me, identifier, people)
        return json_reply({})

    async def timeline(self, request: Request) -> Reply:
        """``GET /api/v1/timelines/list/:list_id``."""
        me, identifier, page = request.require_viewer(), request.path_id("list_id"), request.page()

        async def unit(tx: Transaction) -> tuple[list[int], bytes]:
            ids = await self._lists.own_timeline(tx, me, identifier, page)
            return ids, await self._statuses.listed(tx, ids, me)

        ids, statuses = await self._database.read(unit)
        links = request.link(page, newest=ids[0] if ids else None, oldest=ids[-1] if ids else None)
        return Reply(statuses, headers=links)

    def routes(self) -> list[Route]:
        """The addresses of this feature."""

        def route(method: str, path: str, handler: Handler) -> Route:
            scope = "read:lists" if method == "GET" else "write:lists"
            return Route(method, f"/api/v1/{path}", handler, Surface.API, Auth.USER, (scope,))

        return [
            route("GET", "lists", self.all),
            route("POST", "lists", self.create),
            route("GET", "lists/{id}", self.show),
            route("PUT", "lists/{id}", self.change),
            route("DELETE", "lists/{id}", self.remove),
            route("GET", "lists/{id}/accounts", self.members),
            route("POST", "lists/{id}/accounts", self.add),
            route("DELETE", "lists/{id}/accounts", self.drop),
            route("GET", "accounts/{id}/lists", self.with_member),
            route("GET", "timelines/list/{list_id}", self.timeline),
        ]


def _reply(found: Sequence[UserList]) -> Reply:
    return json_reply([entity(one) for one in found])
