"""Client API: the push subscription of an access token (Mastodon API ``push``)."""

from __future__ import annotations

from msgspec import Struct

from fedrse.core.errors import Invalid, NotFound, Unauthenticated
from fedrse.features.push.model import Keys, Subscription, entity, read_alerts, read_policy
from fedrse.features.push.service import Push
from fedrse.http.principal import Principal
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction


class _Wish(Struct):
    endpoint: str
    keys: Keys
    standard: bool = False


class _Body(Struct):
    subscription: _Wish


class PushApi:
    """Handlers; each opens one transaction."""

    def __init__(self, *, database: Database, push: Push) -> None:
        self._database = database
        self._push = push

    async def show(self, request: Request) -> Reply:
        """``GET /api/v1/push/subscription``."""
        who = _who(request)
        return self._reply(await self._database.read(self._push.subscription, who.credential))

    async def create(self, request: Request) -> Reply:
        """``POST /api/v1/push/subscription``: replaces what there was."""
        who, wish = _who(request), request.bind(_Body).subscription
        token = _token(request)
        data = request.params.get("data")
        data = data if isinstance(data, dict) else {}

        async def unit(tx: Transaction) -> Subscription:
            return await self._push.subscribe(
                tx,
                who,
                token=token,
                endpoint=wish.endpoint,
                keys=wish.keys,
                standard=wish.standard,
                alerts=read_alerts(data.get("alerts")),
                # Some apps put it beside the data, as when they change it.
                policy=read_policy(data.get("policy", request.params.get("policy"))),
            )

        return self._reply(await self._database.write(unit))

    async def change(self, request: Request) -> Reply:
        """``PUT /api/v1/push/subscription``."""
        who = _who(request)
        data = request.params.get("data")
        data = data if isinstance(data, dict) else {}
        policy = data.get("policy", request.params.get("policy"))
        alerts = read_alerts(data["alerts"]) if "alerts" in data else None

        async def unit(tx: Transaction) -> Subscription:
            return await self._push.change(
                tx,
                who.credential,
                alerts=alerts,
                policy=None if policy is None else read_policy(policy),
            )

        return self._reply(await self._database.write(unit))

    async def remove(self, request: Request) -> Reply:
        """``DELETE /api/v1/push/subscription``."""
        await self._database.write(self._push.unsubscribe, _who(request).credential)
        return json_reply({})

    def _reply(self, subscription: Subscription) -> Reply:
        return json_reply(entity(subscription, self._push.key.public))

    def routes(self) -> list[Route]:
        """The addresses of this feature."""

        def route(method: str, handler: Handler) -> Route:
            path = "/api/v1/push/subscription"
            return Route(method, path, handler, Surface.API, Auth.USER, scopes=("push",))

        return [
            route("GET", self.show),
            route("POST", self.create),
            route("PUT", self.change),
            route("DELETE", self.remove),
        ]


def _who(request: Request) -> Principal:
    principal = request.principal
    if principal is None:
        raise Unauthenticated("login_required", "This method requires an authenticated user")
    if not principal.credential.startswith("token:"):
        raise NotFound  # a session of the web interface has no subscription of its own
    return principal


def _token(request: Request) -> str:
    """The access token as it was shown; apps expect it in what is pushed."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Invalid("push_token", "Show the access token in the header Authorization")
    return token.strip()
