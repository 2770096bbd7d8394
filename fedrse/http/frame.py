"""The dispatcher around all handlers: from aiohttp's request to an answer that is safe to send.

There is one flat path instead of a stack of middlewares: request id, client address, route, CORS
preflight, authentication, rate limit, body, CSRF, handler, headers, access log. It stands directly
on aiohttp's low-level server, so nothing is done twice per request.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from aiohttp import web
from msgspec.structs import replace

from fedrse.core.clock import Clock, SystemClock
from fedrse.core.errors import FedrseError, Forbidden, TooMany, Unauthenticated
from fedrse.core.languages import AVAILABLE
from fedrse.core.settings import Settings
from fedrse.core.trace import HEADER, current, read_traceparent
from fedrse.http import csrf
from fedrse.http.access_log import AccessLog, ServerLog, log, request_id, request_ids
from fedrse.http.addresses import ClientAddresses
from fedrse.http.authentication import authenticate
from fedrse.http.client_certificates import shown_certificates
from fedrse.http.compression import compress, reads_gzip
from fedrse.http.connections import ConnectionServer
from fedrse.http.deferred import Deferred
from fedrse.http.errors import (
    ErrorPages,
    InternalError,
    MethodNotAllowed,
    NoSuchRoute,
    PlainErrorPages,
    error_reply,
    from_aiohttp,
    surface_of,
)
from fedrse.http.forms import read_form
from fedrse.http.headers import (
    CONTENT_TYPE,
    FORWARDED_FOR,
    LIMIT_LIMIT,
    LIMIT_REMAINING,
    LIMIT_RESET,
    PREFLIGHT,
    REQUEST_ID,
    surface_headers,
)
from fedrse.http.metrics import RequestMetrics
from fedrse.http.multipart import Uploads
from fedrse.http.negotiate import prefers_activity
from fedrse.http.pieces import PiecedReply
from fedrse.http.principal import Authenticator
from fedrse.http.rate_limits import RateLimits, Usage
from fedrse.http.reply import Reply
from fedrse.http.request import Request, Site
from fedrse.http.router import Endpoint, Found, Router
from fedrse.http.routes import Answer, Auth, Limit, Route, Surface

KEEPALIVE_SECONDS = 75
COMPRESSED = frozenset({Surface.PAGE, Surface.API})
WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
NO_FILES = Uploads(count=0, bytes_each=0, keeps_text=True)


async def _refuse(_request: Request) -> Reply:
    raise NoSuchRoute


# Stands for addresses without a route, so that who asks is found out as everywhere.
_NOWHERE = Route("GET", "/", _refuse, Surface.PAGE, Auth.OPTIONAL)


class Frame:
    """Serves a set of routes for one site.

    ``routes`` are all addresses but those that are ``deferred``. ``streams`` are the tasks of
    streaming routes that are open now. ``upload_folder`` is where files of forms wait for their
    handler; None is the system's temporary folder.
    """

    def __init__(
        self,
        settings: Settings,
        routes: Iterable[Route],
        authenticator: Authenticator,
        *,
        deferred: Sequence[Deferred] = (),
        clock: Clock | None = None,
        requests: RequestMetrics | None = None,
        pages: ErrorPages | None = None,
        upload_folder: Path | None = None,
    ) -> None:
        """Raises ValueError for routes that collide and for wrong proxy addresses."""
        self._addresses = ClientAddresses(settings.server.trusted_proxies)
        shown = shown_certificates(settings.mutual_tls, self._addresses)
        self.site = Site(settings.origin, settings.site.language, AVAILABLE, shown)
        self.limits = RateLimits(settings.limits, clock or SystemClock())
        self.streams: set[asyncio.Task[object]] = set()
        self._routes = tuple(routes)
        self._router = Router(self._routes)
        self._deferred = tuple(deferred)
        self._authenticator = authenticator
        self._pages = pages or PlainErrorPages()
        self._headers = surface_headers(
            secure=settings.origin.startswith("https://"), media_origin=settings.media.base_url
        )
        self._access_log = AccessLog(everything=settings.log.requests)
        self._new_id = request_ids()
        self._requests = requests or RequestMetrics()
        self._upload_folder = upload_folder
        self.barred: Callable[[str], bool] | None = None

    @property
    def routes(self) -> tuple[Route, ...]:
        """All addresses of the site; those that were deferred are loaded now."""
        more = [route for one in self._deferred for route in one.open_now(self._router)]
        return (*self._routes, *more)

    def server(self) -> web.Server:
        """The aiohttp server of this frame; needs a running event loop."""
        return ConnectionServer(
            self,
            access_log=None,
            logger=ServerLog(),
            auto_decompress=False,
            keepalive_timeout=KEEPALIVE_SECONDS,
            lingering_time=5,
        )

    async def __call__(self, raw: web.BaseRequest) -> web.StreamResponse:
        """Answers one request; every error has become an answer."""
        started = time.perf_counter()
        request = Request(raw, self.site, _target(raw), self._new_id())
        request_id.set(request.id)
        current.set(read_traceparent(raw.headers.get(HEADER)))
        request.address = self._addresses.of(raw.remote, raw.headers.get(FORWARDED_FOR))
        try:
            response = await self._respond(request)
        except FedrseError as error:
            response = self._failure(request, error)
        except web.HTTPException as error:
            response = self._failure(request, from_aiohttp(error))
        except Exception as error:  # noqa: BLE001  (the last place that can turn it into a 500)
            response = self._crash(request, error)
        finally:
            request.close()
        seconds = time.perf_counter() - started
        self._requests.observe(request.route, response.status, seconds)
        self._access_log.record(request, response.status, seconds)
        return response

    async def _respond(self, request: Request) -> web.StreamResponse:
        if self.barred is not None and self.barred(request.address):
            raise Forbidden("address_barred", "This action is not allowed")
        found = self._router.find(request.path) or await self._find_deferred(request.path)
        if request.method == "OPTIONS":
            return self._options(request, found[0] if found else None)
        if found is None:
            await self._recognise(request)
            raise NoSuchRoute
        endpoint, request.values = found
        request.negotiated = endpoint.both
        route = self._choose(request, endpoint)
        request.route = route
        request.usage = usage = await self._admit(request, route)
        if request.method in WITH_BODY or _asks_in_json(request, route):
            await self._read(request, route)
        if route.stream:
            answer = await self._stream(request, route)
        else:
            answer = await route.handler(request)
        return self._finish(request, answer, route.surface, usage)

    async def _recognise(self, request: Request) -> None:
        """Who asks for an address without a route: the page that says so is in their language."""
        if surface_of(request.path) is Surface.PAGE:
            with suppress(FedrseError):
                await authenticate(request, _NOWHERE, self._authenticator)

    async def _find_deferred(self, path: str) -> Found | None:
        waiting = [one for one in self._deferred if one.waits_for(path)]
        for one in waiting:
            await one.open(self._router)
        return self._router.find(path) if waiting else None

    def _choose(self, request: Request, endpoint: Endpoint) -> Route:
        ordinary, activity = endpoint.choices(request.method)
        if ordinary is None or activity is None:
            route = ordinary or activity
            if route is None:
                raise MethodNotAllowed(endpoint.allowed, endpoint.surface)
            return route
        # Several lines of a list are one (RFC 9110, section 5.3).
        accept = ", ".join(request.headers.getall("Accept", ()))
        return activity if prefers_activity(accept) else ordinary

    async def _admit(self, request: Request, route: Route) -> Usage | None:
        """Who asks, whether they may, and whether not too often."""
        if route.auth is not Auth.PUBLIC:
            try:
                await authenticate(request, route, self._authenticator)
            except FedrseError as error:
                self.limits.take(route.limit, account_id=None, address=request.address)
                if route.surface is Surface.PAGE and isinstance(error, Unauthenticated):
                    await self._keep_text(request, route)
                raise
        if route.limit is Limit.NONE:
            return None
        return self.limits.take(route.limit, account_id=request.viewer, address=request.address)

    async def _read(self, request: Request, route: Route) -> None:
        headers = request.headers
        guarded = route.csrf and route.surface is Surface.PAGE
        if guarded:
            csrf.check_origin(
                self.site.origin, headers.get("Origin"), headers.get("Sec-Fetch-Site")
            )
        await read_form(request, route, self._upload_folder)
        if guarded:
            given = headers.get(csrf.HEADER) or request.params.get(csrf.FIELD)
            csrf.check_token(request.expected_csrf(), given)

    async def _keep_text(self, request: Request, route: Route) -> None:
        """Reads what somebody typed who is not signed in any more, up to the first file."""
        if request.method not in WITH_BODY:
            return
        origin, fetch_site = (request.headers.get(name) for name in ("Origin", "Sec-Fetch-Site"))
        with suppress(FedrseError):
            csrf.check_origin(self.site.origin, origin, fetch_site)
            await read_form(request, replace(route, uploads=NO_FILES), self._upload_folder)

    async def _stream(self, request: Request, route: Route) -> Answer:
        task = asyncio.current_task()
        if task is None:  # only to satisfy types: a handler always runs in a task
            raise InternalError
        self.streams.add(task)
        try:
            return await route.handler(request)
        finally:
            self.streams.discard(task)

    def _options(self, request: Request, endpoint: Endpoint | None) -> web.StreamResponse:
        """CORS preflight where the surface has CORS, else only the methods.

        The preflight of an unknown address succeeds too: only then can a web client see the 404.
        """
        surface = surface_of(request.path) if endpoint is None else endpoint.surface
        reply = Reply(status=204)
        if surface is Surface.API or surface is Surface.WELLKNOWN:
            reply.headers.update(PREFLIGHT)
        elif endpoint is None:
            raise NoSuchRoute
        if endpoint is not None:
            reply.headers["Allow"] = endpoint.allowed
        return self._finish(request, reply, surface, None)

    def _finish(
        self, request: Request, answer: Answer, surface: Surface, usage: Usage | None
    ) -> web.StreamResponse:
        """The answer with all headers of its surface; a stream has been sent already."""
        accepted = request.headers.get("Accept-Encoding")
        if isinstance(answer, PiecedReply):
            answer.write(gzipped=reads_gzip(accepted))
        if isinstance(answer, bytes):
            response = web.Response(body=answer, headers=self._headers[surface])
        elif isinstance(answer, Reply):
            response = self._of_reply(answer, surface)
        else:
            return self._of_file(request, answer, surface)
        headers = response.headers
        headers[REQUEST_ID] = request.id
        if usage is not None and surface is Surface.API:
            headers[LIMIT_LIMIT] = str(usage.limit)
            headers[LIMIT_REMAINING] = str(usage.remaining)
            headers[LIMIT_RESET] = usage.reset
        if request.negotiated and "Accept" not in headers.get("Vary", ""):
            # What the handler itself varies on (signatures) stays.
            headers["Vary"] = ", ".join(filter(None, ("Accept", headers.get("Vary"))))
        for cookie in request.cookies_to_set:
            headers.add("Set-Cookie", cookie)
        if surface in COMPRESSED:
            compress(response, accepted)
        return response

    def _of_file(
        self, request: Request, answer: web.StreamResponse, surface: Surface
    ) -> web.StreamResponse:
        """A file that is still to be sent has the headers of its surface where it says nothing."""
        if not answer.prepared:
            for name, value in self._headers[surface].items():
                answer.headers.setdefault(name, value)
            answer.headers[REQUEST_ID] = request.id
        return answer

    def _of_reply(self, reply: Reply, surface: Surface) -> web.Response:
        has_body = reply.status not in (204, 304)
        response = web.Response(
            body=reply.body if has_body else None,
            status=reply.status,
            headers=self._headers[surface],
        )
        headers = response.headers
        if has_body:
            headers[CONTENT_TYPE] = reply.media_type
        else:
            headers.pop(CONTENT_TYPE, None)
        if reply.headers:
            headers.update(reply.headers)
        for cookie in reply.cookies:
            headers.add("Set-Cookie", cookie)
        return response

    def _failure(self, request: Request, error: FedrseError) -> web.StreamResponse:
        """The answer for an expected error."""
        if request.raw.writer.output_size > 0:
            return self._cut_off(request, error)
        if error.details:
            log.info("refused", code=error.code, status=error.status, **_loggable(error))
        route = request.route
        if route is not None:
            surface = route.surface
        elif isinstance(error, MethodNotAllowed):
            surface = error.surface
        else:
            surface = surface_of(request.path)
        try:
            reply = error_reply(request, error, surface, self._pages)
        except Exception:  # noqa: BLE001  (an error must have an answer, whatever happens)
            log.exception("error_page_failed")
            reply = error_reply(request, error, surface, PlainErrorPages())
        usage = None if isinstance(error, TooMany) else request.usage
        return self._finish(request, reply, surface, usage)

    def _crash(self, request: Request, error: Exception) -> web.StreamResponse:
        """The answer for what nobody expected: logged with the request id, never told."""
        if isinstance(error, ConnectionError):
            log.debug("client_gone", path=request.path)
            return self._cut_off(request, error)
        log.error("crash", path=request.path, method=request.method, exc_info=error)
        return self._failure(request, InternalError())

    def _cut_off(self, request: Request, error: Exception) -> web.StreamResponse:
        """Closes a connection on which an answer has begun that cannot be finished."""
        if not isinstance(error, ConnectionError):
            log.warning("cut_off", path=request.path, error=repr(error))
        with suppress(AttributeError):
            request.raw.protocol.force_close()
        return web.Response(status=500)


def _target(raw: web.BaseRequest) -> str:
    """Path and query as sent; of an absolute address (RFC 9112, section 3.2.2) only those."""
    target = raw.raw_path
    return target if target.startswith("/") else raw.path_qs


def _loggable(error: FedrseError) -> dict[str, str]:
    return {f"detail_{name}": str(value)[:500] for name, value in error.details.items()}


def _asks_in_json(request: Request, route: Route) -> bool:
    """Whether a GET has parameters in its body: Mastodon.py sends some, and Mastodon reads them."""
    if route.surface is not Surface.API or not request.raw.body_exists:
        return False
    return request.raw.content_type == "application/json"
