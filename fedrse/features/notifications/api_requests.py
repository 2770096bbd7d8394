"""Client API: notification policy and requests (Mastodon API ``notifications``)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Raw, Struct
from msgspec.structs import asdict, replace

from fedrse.core.clock import to_iso
from fedrse.core.ids import parse_id
from fedrse.features.notifications import service_requests
from fedrse.features.notifications.api import StatusEntities
from fedrse.features.notifications.model_policy import Policy, Ruling
from fedrse.features.notifications.service_entities import AccountEntities
from fedrse.features.notifications.service_requests import Requests
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction

MOST_AT_ONCE = 80
Work = Callable[[Transaction, service_requests.Request], Awaitable[None]]
# Version 1 knows four rules, on or off.
_OLD = {
    "filter_not_following": "for_not_following",
    "filter_not_followers": "for_not_followers",
    "filter_new_accounts": "for_new_accounts",
    "filter_private_mentions": "for_private_mentions",
}


class PolicyParameters(Struct):
    """What changes; the rest stays."""

    for_not_following: Ruling | None = None
    for_not_followers: Ruling | None = None
    for_new_accounts: Ruling | None = None
    for_private_mentions: Ruling | None = None
    for_limited_accounts: Ruling | None = None


class OldPolicyParameters(Struct):
    """The same in version 1."""

    filter_not_following: bool | None = None
    filter_not_followers: bool | None = None
    filter_new_accounts: bool | None = None
    filter_private_mentions: bool | None = None


class ManyParameters(Struct):
    """Several requests at once."""

    id: list[str] = []


class RequestsApi:
    """Handlers; each opens one transaction."""

    def __init__(
        self,
        *,
        database: Database,
        requests: Requests,
        accounts: AccountEntities,
        statuses: StatusEntities,
    ) -> None:
        self._database = database
        self._requests = requests
        self._accounts = accounts
        self._statuses = statuses

    def routes(self) -> list[Route]:
        """The addresses of this interface."""
        old, new = "/api/v1/notifications/policy", "/api/v2/notifications/policy"
        base, one = "/api/v1/notifications/requests", "/api/v1/notifications/requests/{id}"
        read, write = "read:notifications", "write:notifications"

        def route(method: str, path: str, handler: Handler, scope: str) -> Route:
            return Route(method, path, handler, Surface.API, Auth.USER, scopes=(scope,))

        return [
            route("GET", new, self.policy, read),
            route("PATCH", new, self.change_policy, write),
            route("PUT", new, self.change_policy, write),  # masto.js, as Mastodon takes it
            route("GET", old, self.old_policy, read),
            route("PATCH", old, self.change_old_policy, write),
            route("PUT", old, self.change_old_policy, write),
            route("GET", base, self.listing, read),
            route("GET", f"{base}/merged", self.merged, read),
            route("POST", f"{base}/accept", self.accept_many, write),
            route("POST", f"{base}/dismiss", self.dismiss_many, write),
            route("GET", one, self.one, read),
            route("POST", f"{one}/accept", self.accept, write),
            route("POST", f"{one}/dismiss", self.dismiss, write),
        ]

    # The policy

    async def policy(self, request: Request) -> Reply:
        """``GET /api/v2/notifications/policy``."""
        return json_reply(await self._database.read(self._read, request.require_viewer()))

    async def change_policy(self, request: Request) -> Reply:
        """``PATCH /api/v2/notifications/policy``."""
        given = asdict(request.bind(PolicyParameters))
        changes = {name: value for name, value in given.items() if value is not None}
        return json_reply(await self._change(request, changes))

    async def old_policy(self, request: Request) -> Reply:
        """``GET /api/v1/notifications/policy``."""
        found = await self._database.read(self._read, request.require_viewer())
        return json_reply(_as_old(found))

    async def change_old_policy(self, request: Request) -> Reply:
        """``PATCH /api/v1/notifications/policy``."""
        given = asdict(request.bind(OldPolicyParameters))
        changes = {
            _OLD[name]: Ruling.FILTER if value else Ruling.ACCEPT
            for name, value in given.items()
            if value is not None
        }
        return json_reply(_as_old(await self._change(request, changes)))

    async def _change(self, request: Request, changes: dict[str, Ruling]) -> dict[str, Any]:
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> dict[str, Any]:
            policy = await self._requests.policy(tx, viewer)
            await self._requests.set_policy(tx, viewer, replace(policy, **changes))
            return await self._read(tx, viewer)

        return await self._database.write(unit)

    async def _read(self, tx: Transaction, viewer: int) -> dict[str, Any]:
        """The Mastodon ``NotificationPolicy``."""
        policy: Policy = await self._requests.policy(tx, viewer)
        requests, waiting = await self._requests.summary(tx, viewer)
        return {
            **asdict(policy),
            "summary": {
                "pending_requests_count": requests,
                "pending_notifications_count": waiting,
            },
        }

    # Requests

    async def listing(self, request: Request) -> Reply:
        """``GET /api/v1/notifications/requests``."""
        viewer, page = request.require_viewer(), request.page(default=40, cap=80)

        async def unit(
            tx: Transaction,
        ) -> tuple[list[service_requests.Request], list[dict[str, Any]]]:
            found = await self._requests.listing(tx, viewer, page)
            return found, await self._entities(tx, viewer, found)

        found, entities = await self._database.read(unit)
        links = request.link(
            page, newest=found[0].id if found else None, oldest=found[-1].id if found else None
        )
        return json_reply(entities, headers=links)

    async def one(self, request: Request) -> Reply:
        """``GET /api/v1/notifications/requests/:id``."""
        viewer, identifier = request.require_viewer(), request.path_id()

        async def unit(tx: Transaction) -> list[dict[str, Any]]:
            found = await self._requests.access_request(tx, viewer, identifier)
            return await self._entities(tx, viewer, [found])

        return json_reply((await self._database.read(unit))[0])

    async def accept(self, request: Request) -> Reply:
        """``POST /api/v1/notifications/requests/:id/accept``."""
        return await self._decide(request, self._requests.accept)

    async def dismiss(self, request: Request) -> Reply:
        """``POST /api/v1/notifications/requests/:id/dismiss``."""
        return await self._decide(request, self._requests.dismiss)

    async def accept_many(self, request: Request) -> Reply:
        """``POST /api/v1/notifications/requests/accept``."""
        return await self._decide_many(request, self._requests.accept)

    async def dismiss_many(self, request: Request) -> Reply:
        """``POST /api/v1/notifications/requests/dismiss``."""
        return await self._decide_many(request, self._requests.dismiss)

    async def merged(self, request: Request) -> Reply:
        """``GET /api/v1/notifications/requests/merged``: what is accepted is merged at once."""
        request.require_viewer()
        return json_reply({"merged": True})

    async def _decide(self, request: Request, work: Work) -> Reply:
        viewer, identifier = request.require_viewer(), request.path_id()

        async def unit(tx: Transaction) -> None:
            await work(tx, await self._requests.access_request(tx, viewer, identifier))

        await self._database.write(unit)
        return json_reply({})

    async def _decide_many(self, request: Request, work: Work) -> Reply:
        viewer = request.require_viewer()
        given = (parse_id(one) for one in request.bind(ManyParameters).id[:MOST_AT_ONCE])
        ids = [one for one in given if one is not None]

        async def unit(tx: Transaction) -> None:
            for found in await self._requests.several(tx, viewer, ids):
                await work(tx, found)

        await self._database.write(unit)
        return json_reply({})

    async def _entities(
        self, tx: Transaction, viewer: int, found: list[service_requests.Request]
    ) -> list[dict[str, Any]]:
        """Mastodon ``NotificationRequest`` entities."""
        people = await self._accounts.entities(tx, list({one.from_id for one in found}))
        posts = list({one.last_post_id for one in found if one.last_post_id is not None})
        statuses = await self._statuses.pieces_by_id(tx, posts, viewer)
        entities = []
        for one in found:
            entity: dict[str, Any] = {
                "id": str(one.id),
                "created_at": to_iso(one.created_at),
                "updated_at": to_iso(one.updated_at),
                "account": people[one.from_id],
                "notifications_count": str(one.waiting),
            }
            status = statuses.get(one.last_post_id or 0)
            if status is not None:
                entity["last_status"] = Raw(b"".join(status))
            entities.append(entity)
        return entities


def _as_old(found: dict[str, Any]) -> dict[str, Any]:
    """The Mastodon ``V1::NotificationPolicy``."""
    old: dict[str, Any] = {name: found[new] is not Ruling.ACCEPT for name, new in _OLD.items()}
    return old | {"summary": found["summary"]}
