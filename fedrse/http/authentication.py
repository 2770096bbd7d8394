"""Checks the credentials that a route asks for."""

from __future__ import annotations

from fedrse.core.errors import Forbidden, Invalid, NotFound, Unauthenticated
from fedrse.http.headers import AUTHORIZATION
from fedrse.http.parameters import parse_urlencoded
from fedrse.http.principal import Authenticator, Held, Principal, any_scope_allows
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface

MAX_TOKEN = 1024


async def authenticate(request: Request, route: Route, authenticator: Authenticator) -> None:
    """Sets ``request.principal``; pages know people by session, programs by access token.

    Raises Unauthenticated without valid credentials where the route needs some (a token that is
    shown must always be valid), Invalid for the token of an application where a person is needed,
    Forbidden where the token has none of the scopes of the route, or belongs to somebody who has
    no account yet, or lacks the right that the route names; for pages that is NotFound.
    """
    if route.surface is Surface.PAGE:
        request.principal = await _by_session(request, authenticator)
        request.principal = _held_back(route, request.principal)
        if request.viewer is None and route.auth is not Auth.OPTIONAL:
            raise Unauthenticated("login_required", "Please sign in.")
        if route.right is not None and not _has_right(request.principal, route):
            raise NotFound  # whoever has nothing to do there need not know what there is
        return
    principal = await _by_token(request, route, authenticator)
    if principal is None and route.surface is Surface.MEDIA:
        principal = await _by_session(request, authenticator)
    request.principal = principal = _held_back(route, principal)
    if principal is None:
        if route.auth is not Auth.OPTIONAL:
            raise _invalid_token()
        return
    if principal.pending and not route.newcomers:
        raise Forbidden("pending", principal.pending)
    if route.scopes and principal.session_id is None:
        _check_scopes(principal, route)
    if route.auth is Auth.USER and principal.account_id is None and not principal.pending:
        raise Invalid("login_required", "This method requires an authenticated user")
    if not _has_right(principal, route):
        raise Forbidden("right_missing", "This action is not allowed")


def _held_back(route: Route, principal: Principal | None) -> Principal | None:
    """Whom those in charge hold back; for programs that need be nobody, the suspended are nobody.

    Raises Forbidden (``account_frozen``, ``account_suspended``).
    """
    if principal is None or principal.held is Held.FREE:
        return principal
    reads = Held.FROZEN if route.method == "GET" else Held.FREE
    if principal.held <= max(route.open_to, reads):
        return principal
    if route.auth is Auth.OPTIONAL and route.surface is not Surface.PAGE:
        return None
    if principal.held is Held.SUSPENDED:
        raise Forbidden("account_suspended", "Your account is suspended.")
    raise Forbidden("account_frozen", "Your account is frozen: you can look, but not act.")


async def _by_session(request: Request, authenticator: Authenticator) -> Principal | None:
    cookie = request.cookie(request.cookies.session)
    return await authenticator.session(cookie) if cookie else None


async def _by_token(
    request: Request, route: Route, authenticator: Authenticator
) -> Principal | None:
    token = _token(request, route)
    if token is None:
        return None
    principal = await authenticator.bearer(token) if 0 < len(token) <= MAX_TOKEN else None
    if principal is None:
        raise _invalid_token()
    return principal


def _token(request: Request, route: Route) -> str | None:
    """The bearer token (RFC 6750): header, or, where the route says so, query or subprotocol."""
    header = request.headers.get(AUTHORIZATION)
    if header is not None:
        scheme, _, token = header.partition(" ")
        if scheme.lower() == "bearer":
            return token.strip()
    if not route.token_in_query:
        return None
    for name, value in parse_urlencoded(request.query_string):
        if name == "access_token":
            return value
    return request.headers.get("Sec-WebSocket-Protocol")


def _has_right(principal: Principal | None, route: Route) -> bool:
    return route.right is None or (principal is not None and route.right in principal.rights)


def _check_scopes(principal: Principal, route: Route) -> None:
    if not any_scope_allows(principal.scopes, route.scopes):
        raise Forbidden("wrong_scope", "This action is outside the authorized scopes")


def _invalid_token() -> Unauthenticated:
    return Unauthenticated("invalid_token", "The access token is invalid")
