"""Client API: tags, followed ones, and those on profiles (Mastodon API ``tags``)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fedrse.core.errors import NotFound, Unauthenticated
from fedrse.core.ports import Protocol
from fedrse.features.accounts.model import Account
from fedrse.features.tags.model import Followed, Tag
from fedrse.features.tags.service import Tags
from fedrse.features.tags.service_featured import FeaturedTags
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction

DEFAULT_LIMIT = 100
MAX_LIMIT = 200
Entity = dict[str, Any]


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    @property
    def has_public_pages(self) -> bool: ...

    async def by_id(self, tx: Transaction, account_id: int) -> Account | None: ...

    async def access_account(
        self, tx: Transaction, viewer: int | None, account_id: int
    ) -> Account: ...


class TagsApi:
    """Handlers; each opens one transaction."""

    def __init__(
        self, *, database: Database, tags: Tags, featured: FeaturedTags, people: People
    ) -> None:
        self._database = database
        self._tags = tags
        self._featured = featured
        self._people = people

    def routes(self) -> list[Route]:
        """The addresses of this feature."""
        one, featured = "/api/v1/tags/{name}", "/api/v1/featured_tags"
        read, write = "read:accounts", "write:accounts"
        return [
            _route("GET", one, self.show, auth=Auth.OPTIONAL),
            _route("POST", f"{one}/follow", self.follow, "write:follows"),
            _route("POST", f"{one}/unfollow", self.unfollow, "write:follows"),
            _route("POST", f"{one}/feature", self.feature, write),
            _route("POST", f"{one}/unfeature", self.unfeature, write),
            _route("GET", "/api/v1/followed_tags", self.followed, "read:follows"),
            _route("GET", featured, self.own_featured, read),
            _route("POST", featured, self.add_featured, write),
            _route("GET", f"{featured}/suggestions", self.suggestions, read),
            _route("DELETE", f"{featured}/{{id}}", self.remove_featured, write),
            _route(
                "GET",
                "/api/v1/accounts/{id}/featured_tags",
                self.featured_of_account,
                read,
                auth=Auth.OPTIONAL,
            ),
        ]

    # Tags

    async def show(self, request: Request) -> Reply:
        """``GET /api/v1/tags/:name``."""
        viewer = request.viewer
        if viewer is None and not self._people.has_public_pages:
            raise Unauthenticated("login_required", "This method requires an authenticated user")

        async def unit(tx: Transaction) -> Entity:
            tag = await self._tags.find(tx, request.values["name"])
            return (await self._tags.entities(tx, viewer, [tag]))[0]

        return json_reply(await self._database.read(unit))

    async def follow(self, request: Request) -> Reply:
        """``POST /api/v1/tags/:name/follow``."""
        return await self._act(request, self._tags.follow)

    async def unfollow(self, request: Request) -> Reply:
        """``POST /api/v1/tags/:name/unfollow``."""
        return await self._act(request, self._tags.unfollow)

    async def feature(self, request: Request) -> Reply:
        """``POST /api/v1/tags/:name/feature``."""

        async def feature(tx: Transaction, viewer: int, name: str) -> Tag:
            tag = await self._tags.find(tx, name)
            account = await self._me(tx, viewer)
            return (await self._featured.add(tx, account, tag.display, again=True))[0]

        return await self._act(request, feature)

    async def unfeature(self, request: Request) -> Reply:
        """``POST /api/v1/tags/:name/unfeature``."""

        async def unfeature(tx: Transaction, viewer: int, name: str) -> Tag:
            tag = await self._tags.find(tx, name)
            await self._featured.remove(tx, await self._me(tx, viewer), tag)
            return tag

        return await self._act(request, unfeature)

    async def _act(
        self, request: Request, action: Callable[[Transaction, int, str], Awaitable[Tag]]
    ) -> Reply:
        viewer, name = request.require_viewer(), request.values["name"]

        async def unit(tx: Transaction) -> Entity:
            tag = await action(tx, viewer, name)
            return (await self._tags.entities(tx, viewer, [tag]))[0]

        return json_reply(await self._database.write(unit))

    async def _me(self, tx: Transaction, viewer: int) -> Account:
        account = await self._people.by_id(tx, viewer)
        if account is None:
            raise NotFound
        return account

    async def followed(self, request: Request) -> Reply:
        """``GET /api/v1/followed_tags``; pages go by the ids of the follows."""
        viewer = request.require_viewer()
        page = request.page(default=DEFAULT_LIMIT, cap=MAX_LIMIT)

        async def unit(tx: Transaction) -> tuple[list[Followed], list[Entity]]:
            found = await self._tags.followed(tx, viewer, page)
            return found, await self._tags.entities(tx, viewer, [one.tag for one in found])

        found, entities = await self._database.read(unit)
        links = request.link(
            page,
            newest=found[0].id if found else None,
            oldest=found[-1].id if found else None,
            more=len(found) == page.limit,
        )
        return json_reply(entities, headers=links)

    # Tags on profiles

    async def own_featured(self, request: Request) -> Reply:
        """``GET /api/v1/featured_tags``."""
        found = await self._database.read(self._featured.of_account, request.require_viewer())
        return json_reply([self._featured.entity(one) for one in found])

    async def add_featured(self, request: Request) -> Reply:
        """``POST /api/v1/featured_tags``."""
        viewer, name = request.require_viewer(), request.text("name") or ""

        async def unit(tx: Transaction) -> Entity:
            _, added = await self._featured.add(tx, await self._me(tx, viewer), name)
            return self._featured.entity(added)

        return json_reply(await self._database.write(unit))

    async def remove_featured(self, request: Request) -> Reply:
        """``DELETE /api/v1/featured_tags/:id``."""
        viewer, featured_id = request.require_viewer(), request.path_id()

        async def unit(tx: Transaction) -> None:
            await self._featured.remove_by_id(tx, await self._me(tx, viewer), featured_id)

        await self._database.write(unit)
        return json_reply({})

    async def suggestions(self, request: Request) -> Reply:
        """``GET /api/v1/featured_tags/suggestions``."""
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> list[Entity]:
            found = await self._featured.suggestions(tx, viewer)
            return await self._tags.entities(tx, viewer, found)

        return json_reply(await self._database.read(unit))

    async def featured_of_account(self, request: Request) -> Reply:
        """``GET /api/v1/accounts/:id/featured_tags``: what is known of others, then asks anew."""
        viewer, account_id = request.viewer, request.path_id()

        async def unit(tx: Transaction) -> tuple[Account, bool, list[Entity]]:
            account = await self._people.access_account(tx, viewer, account_id)
            if account.is_gone:
                return account, False, []
            found = await self._featured.of_account(tx, account_id, for_visitors=viewer is None)
            asks = viewer is not None and await self._featured.needs_fetch(tx, account)
            return account, asks, [self._featured.entity(one) for one in found]

        account, asks, entities = await self._database.read(unit)
        if asks:
            await self._database.write(self._featured.plan_fetch, account)
        return json_reply(entities)


def _route(method: str, path: str, handler: Handler, *scopes: str, auth: Auth = Auth.USER) -> Route:
    return Route(method, path, handler, Surface.API, auth, scopes)
