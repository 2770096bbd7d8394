"""Turns errors into answers: JSON for programs, a page for people, never anything internal."""

from __future__ import annotations

from html import escape
from http import HTTPStatus

from aiohttp import web

from fedrse.core.errors import FedrseError, Forbidden, NotFound, TooMany, Unauthenticated
from fedrse.core.ports import Protocol
from fedrse.http.headers import LIMIT_LIMIT, LIMIT_REMAINING, LIMIT_RESET
from fedrse.http.rate_limits import Usage
from fedrse.http.reply import Reply, html_reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Surface

API_PREFIXES = ("/api", "/oauth")
WELLKNOWN_PREFIXES = ("/.well-known", "/nodeinfo")


class NoSuchRoute(FedrseError):
    """Nothing lives at this address."""

    status = 404

    def __init__(self) -> None:
        super().__init__("no_such_address", "There is nothing at this address.")


class MethodNotAllowed(FedrseError):
    """The address exists, not for this method; ``allowed`` lists those it has."""

    status = 405

    def __init__(self, allowed: str, surface: Surface) -> None:
        super().__init__("method_not_allowed", "This address does not answer this method.")
        self.allowed = allowed
        self.surface = surface


class InternalError(FedrseError):
    """Our fault; what happened is in the log under the request id."""

    status = 500

    def __init__(self) -> None:
        super().__init__("internal_error", "Something went wrong on this site.")


class ErrorPages(Protocol):
    """Draws pages about errors; the interface frame provides them."""

    def error(self, request: Request, error: FedrseError) -> Reply:
        """A page that says what is wrong, in the language of the person."""

    def sign_in(self, request: Request) -> Reply:
        """The page that asks to sign in, the same whatever was asked for."""


class PlainErrorPages:
    """Pages without design: for sites without an interface, and when drawing a page fails."""

    def error(self, request: Request, error: FedrseError) -> Reply:
        title = f"{error.status} {phrase(error.status)}"
        return html_reply(
            f'<!doctype html><html lang="en"><title>{title}</title><h1>{title}</h1>'
            f"<p>{escape(error.message)}</p><p>{escape(request.id)}</p></html>",
            status=error.status,
        )

    def sign_in(self, request: Request) -> Reply:
        return self.error(request, Unauthenticated("login_required", "Please sign in."))


def phrase(status: int) -> str:
    """The standard phrase of a status."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def surface_of(path: str) -> Surface:
    """The surface of an address that has no route."""
    if path.startswith(API_PREFIXES):
        return Surface.API
    return Surface.WELLKNOWN if path.startswith(WELLKNOWN_PREFIXES) else Surface.PAGE


def error_reply(request: Request, error: FedrseError, surface: Surface, pages: ErrorPages) -> Reply:
    """The answer for an error on a surface.

    On pages, a visitor who is not logged in gets the same sign-in page for everything that is
    missing or forbidden.
    """
    if surface is Surface.PAGE:
        hidden = isinstance(error, NotFound | Forbidden | Unauthenticated)
        is_form = error.code in ("csrf", "cross_site")
        if hidden and not is_form and request.principal is None:
            reply = pages.sign_in(request)
        else:
            reply = pages.error(request, error)
    else:
        body = {"error": error.message, "error_code": error.code}
        reply = json_reply(body, status=error.status)
        if surface is Surface.MEDIA:
            reply.headers["Cache-Control"] = "no-store"
    _add_headers(reply, error, surface)
    return reply


def _add_headers(reply: Reply, error: FedrseError, surface: Surface) -> None:
    if isinstance(error, MethodNotAllowed):
        reply.headers["Allow"] = error.allowed
    elif isinstance(error, TooMany):
        reply.headers["Retry-After"] = str(error.retry_after)
        usage = error.details.get("usage")
        if isinstance(usage, Usage):
            reply.headers[LIMIT_LIMIT] = str(usage.limit)
            reply.headers[LIMIT_REMAINING] = str(usage.remaining)
            reply.headers[LIMIT_RESET] = usage.reset
    elif isinstance(error, Unauthenticated) and surface is Surface.API:
        reply.headers["WWW-Authenticate"] = f'Bearer realm="fedrse", error="{error.code}"'


class _OfAiohttp(FedrseError):
    def __init__(self, status: int) -> None:
        super().__init__("http_error", phrase(status))
        self.status = status


def from_aiohttp(error: web.HTTPException) -> FedrseError:
    """What aiohttp itself raises, such as a WebSocket handshake that is none, as one of ours."""
    return InternalError() if error.status >= 500 else _OfAiohttp(error.status)
