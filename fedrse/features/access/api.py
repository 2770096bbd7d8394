"""Client API: applications and tokens, with the words and shapes of Mastodon."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from fedrse.activitypub.local_ids import LocalIds
from fedrse.core.errors import Invalid, NotFound
from fedrse.core.ports import Protocol
from fedrse.features.access.model_oauth import (
    ClientCredentials,
    IssuedToken,
    OAuthApp,
    OAuthProblem,
    invalid_grant,
    missing_parameter,
    read_basic,
    read_name,
    read_redirect_uris,
    read_website,
)
from fedrse.features.access.model_scopes import SCOPES, UnknownScope, parse_scopes
from fedrse.features.access.service_oauth import OAuth, unauthorized_to_revoke
from fedrse.http.reply import Reply, encode_json, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Limit, Route, Surface
from fedrse.store.database import Database, Transaction

# RFC 6749, section 5.1: tokens must not stay in caches.
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class Profiles(Protocol):
    """Where the public face of an account comes from: the accounts feature."""

    async def entities(self, tx: Transaction, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
        """Mastodon Account entities by id."""


class AccessApi:
    """Handlers of ``/api/v1/apps``, ``/oauth/token`` and what belongs to them."""

    def __init__(
        self,
        *,
        database: Database,
        oauth: OAuth,
        profiles: Profiles,
        local_ids: LocalIds,
        vapid_key: str = "",
    ) -> None:
        """``vapid_key``: the public key of pushed messages, which apps look for here too."""
        self._database = database
        self._oauth = oauth
        self._profiles = profiles
        self._local_ids = local_ids
        self._vapid_key = vapid_key
        self._issuer = f"{local_ids.origin}/"

    def routes(self) -> list[Route]:
        """The addresses of this interface."""
        api, anyone = Surface.API, Auth.PUBLIC
        return [
            Route("POST", "/api/v1/apps", self.register, api, anyone, limit=Limit.LOGIN),
            Route("GET", "/api/v1/apps/verify_credentials", self.verify, api, Auth.APP),
            Route("POST", "/oauth/token", _spoken(self.token), api, anyone),
            Route("POST", "/oauth/revoke", _spoken(self.revoke), api, anyone),
            Route("GET", "/oauth/userinfo", self.userinfo, api, Auth.USER, ("profile",)),
            Route("POST", "/oauth/userinfo", self.userinfo, api, Auth.USER, ("profile",)),
            Route(
                "GET",
                "/.well-known/oauth-authorization-server",
                self.metadata,
                Surface.WELLKNOWN,
                anyone,
                limit=Limit.NONE,
            ),
        ]

    async def register(self, request: Request) -> bytes:
        """``POST /api/v1/apps``: anybody may introduce an application."""
        name = read_name(request.params.get("client_name"))
        redirect_uris = read_redirect_uris(request.params.get("redirect_uris"))
        try:
            scopes = parse_scopes(_scope_text(request.params.get("scopes")))
        except UnknownScope as error:
            raise Invalid(
                "invalid_scope",
                "Validation failed: Scopes doesn't match configured on the server.",
                **error.details,
            ) from error
        website = read_website(request.params.get("website"))

        async def unit(tx: Transaction) -> tuple[OAuthApp, str]:
            return await self._oauth.register(
                tx, name=name, redirect_uris=redirect_uris, scopes=scopes, website=website
            )

        app, secret = await self._database.write(unit)
        return encode_json(
            {
                **self._application(app),
                "client_id": app.client_id,
                "client_secret": secret,
                "client_secret_expires_at": 0,
            }
        )

    def _application(self, app: OAuthApp) -> dict[str, Any]:
        """The Application entity."""
        return {
            "id": str(app.id),
            "name": app.name,
            "website": app.website,
            "scopes": list(app.scopes),
            "redirect_uri": "\n".join(app.redirect_uris),
            "redirect_uris": list(app.redirect_uris),
            "vapid_key": self._vapid_key,
        }

    async def verify(self, request: Request) -> bytes:
        """``GET /api/v1/apps/verify_credentials``: the application of the token."""
        principal = request.principal
        if principal is None or principal.app_id is None:
            raise NotFound
        app = await self._database.read(self._oauth.app_by_id, principal.app_id)
        return encode_json(self._application(app))

    async def token(self, request: Request) -> Reply:
        """``POST /oauth/token``: a code, or the application itself, becomes a token."""
        grant = _required(request, "grant_type")
        credentials = _client_credentials(request)
        if grant == "authorization_code":
            issued = await self._redeem(request, credentials)
        elif grant == "client_credentials":
            issued = await self._database.write(
                self._for_app, credentials, _scope_text(request.params.get("scope"))
            )
        else:
            raise OAuthProblem(
                "unsupported_grant_type",
                "The authorization grant type is not supported by the authorization server.",
            )
        return json_reply(
            {
                "access_token": issued.token,
                "token_type": "Bearer",
                "scope": " ".join(issued.scopes),
                "created_at": issued.created_at,
            },
            headers=_NO_STORE,
        )

    async def _redeem(self, request: Request, credentials: ClientCredentials | None) -> IssuedToken:
        code, redirect_uri = request.text("code"), request.text("redirect_uri")
        verifier = request.text("code_verifier")

        async def unit(tx: Transaction) -> IssuedToken | None:
            app = await self._oauth.authenticate_client(tx, credentials)
            if not code:
                raise missing_parameter("code")
            if not redirect_uri:
                raise missing_parameter("redirect_uri")
            return await self._oauth.redeem_code(
                tx, app, code, redirect_uri=redirect_uri, verifier=verifier
            )

        issued = await self._database.write(unit)
        if issued is None:
            raise invalid_grant()
        return issued

    async def _for_app(
        self, tx: Transaction, credentials: ClientCredentials | None, scope: str | None
    ) -> IssuedToken:
        app = await self._oauth.authenticate_client(tx, credentials)
        return await self._oauth.issue_for_app(tx, app, scope)

    async def revoke(self, request: Request) -> Reply:
        """``POST /oauth/revoke``: an application gives a token back."""
        token, credentials = request.text("token"), _client_credentials(request)

        async def unit(tx: Transaction) -> None:
            try:
                app = await self._oauth.authenticate_client(tx, credentials)
            except OAuthProblem as error:
                raise unauthorized_to_revoke() from error
            if not token:
                raise unauthorized_to_revoke()
            await self._oauth.revoke(tx, app, token)

        await self._database.write(unit)
        return json_reply({}, headers=_NO_STORE)

    async def userinfo(self, request: Request) -> bytes:
        """``/oauth/userinfo``: who has logged in (OpenID Connect Core, section 5.3)."""
        account_id = request.require_viewer()
        found = await self._database.read(self._profiles.entities, [account_id])
        profile = found[account_id]
        return encode_json(
            {
                "iss": self._issuer,
                "sub": self._local_ids.uri("actor", account_id),
                "name": profile["display_name"],
                "preferred_username": profile["username"],
                "profile": profile["url"],
                "picture": profile["avatar"],
            }
        )

    async def metadata(self, request: Request) -> bytes:
        """``/.well-known/oauth-authorization-server`` (RFC 8414)."""
        origin = self._local_ids.origin
        return encode_json(
            {
                "issuer": self._issuer,
                "authorization_endpoint": f"{origin}/oauth/authorize",
                "token_endpoint": f"{origin}/oauth/token",
                "revocation_endpoint": f"{origin}/oauth/revoke",
                "userinfo_endpoint": f"{origin}/oauth/userinfo",
                "app_registration_endpoint": f"{origin}/api/v1/apps",
                "service_documentation": "https://docs.joinmastodon.org/",
                "scopes_supported": list(SCOPES),
                "response_types_supported": ["code"],
                "response_modes_supported": ["query"],
                "grant_types_supported": ["authorization_code", "client_credentials"],
                "token_endpoint_auth_methods_supported": [
                    "client_secret_basic",
                    "client_secret_post",
                ],
                "code_challenge_methods_supported": ["S256"],
            }
        )


def _spoken(
    handler: Callable[[Request], Awaitable[Reply]],
) -> Callable[[Request], Awaitable[Reply]]:
    """The handler with its OAuthProblems as answers in the shape of RFC 6749, section 5.2."""

    async def answer(request: Request) -> Reply:
        try:
            return await handler(request)
        except OAuthProblem as problem:
            headers = dict(_NO_STORE)
            # Only to programs that use it: browsers would show a password dialogue.
            if problem.status == 401 and read_basic(request.headers.get("Authorization")):
                headers["WWW-Authenticate"] = 'Basic realm="fedrse"'
            body = {"error": problem.code, "error_description": problem.message}
            return json_reply(body, status=problem.status, headers=headers)

    return answer


def _client_credentials(request: Request) -> ClientCredentials | None:
    """How the application identifies itself: by header, or in a form or JSON body."""
    basic = read_basic(request.headers.get("Authorization"))
    if basic is not None:
        return basic
    client_id, secret = request.text("client_id"), request.text("client_secret")
    return ClientCredentials(client_id, secret) if client_id and secret else None


def _required(request: Request, name: str) -> str:
    value = request.text(name)
    if not value:
        raise missing_parameter(name)
    return value


def _scope_text(value: Any) -> str | None:
    """Scopes as text; some programs send a list."""
    if isinstance(value, list):
        return " ".join(item for item in value if isinstance(item, str))
    return value if isinstance(value, str) else None
