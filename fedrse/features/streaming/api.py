"""Client API: live streams by WebSocket and server-sent events (Mastodon API ``streaming``)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, cast

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from fedrse.core.errors import BadRequest, FedrseError, Forbidden, NotFound, Unauthenticated
from fedrse.core.ids import parse_id
from fedrse.features.streaming.api_connections import EventStreamConnection, WebSocketConnection
from fedrse.features.streaming.model import (
    DIRECT,
    LIST,
    NOTIFICATIONS,
    POST,
    READ_NOTIFICATIONS,
    READ_STATUSES,
    TYPING,
    USER,
    Topic,
    Wish,
    read_wish,
)
from fedrse.features.streaming.service import Streams
from fedrse.http.csrf import check_origin
from fedrse.http.headers import SERVER, surface_headers
from fedrse.http.principal import Principal, scope_allows
from fedrse.http.reply import TEXT, Reply
from fedrse.http.request import Request
from fedrse.http.routes import Answer, Auth, Handler, Limit, Route, Surface
from fedrse.store.database import Database, Transaction

LONGEST_MESSAGE: Final = 4096
MOST_POSTS: Final = 100  # of a page, whose totals are told
LONGEST_LIST: Final = MOST_POSTS * 20
BASE: Final = "/api/v1/streaming"
PAGE_EVENTS: Final = "/live"
EVENT_STREAMS: Final = {
    "user": "user",
    "user/notification": "user:notification",
    "public": "public",
    "public/local": "public:local",
    "public/remote": "public:remote",
    "hashtag": "hashtag",
    "hashtag/local": "hashtag:local",
    "list": "list",
    "direct": "direct",
}
OwnsList = Callable[[Transaction, int, int], Awaitable[bool]]
"""Whether a list (second) belongs to this person (first)."""


class StreamsApi:
    """Handlers; each lasts as long as its connection."""

    def __init__(
        self,
        *,
        database: Database,
        streams: Streams,
        origin: str,
        owns_list: OwnsList | None = None,
    ) -> None:
        """``origin`` is that of the site."""
        secure = origin.startswith("https://")
        self._origin = origin
        self._database = database
        self._streams = streams
        self._owns_list = owns_list
        self._headers = surface_headers(secure=secure)[Surface.API].copy()
        self._headers["Content-Type"] = "text/event-stream"
        self._headers["X-Accel-Buffering"] = "no"  # proxies must not wait for more
        self._page_headers = surface_headers(secure=secure)[Surface.PAGE].copy()
        self._page_headers["Content-Type"] = "text/event-stream"
        self._page_headers["X-Accel-Buffering"] = "no"

    async def _read_wish(
        self, principal: Principal, account_id: int, name: str, parameters: Mapping[str, Any]
    ) -> Wish:
        """Raises BadRequest, Forbidden, NotFound."""
        wish = read_wish(name, parameters, account_id)
        if not scope_allows(principal.scopes, wish.scope):
            raise Forbidden("wrong_scope", "This action is outside the authorized scopes")
        kind, parameter = wish.topic
        if kind == LIST:
            owns = self._owns_list
            if owns is None or not await self._database.read(owns, account_id, int(parameter)):
                raise NotFound
        return wish

    # WebSocket

    async def socket(self, request: Request) -> Answer:
        """``GET /api/v1/streaming``: several streams over one connection."""
        principal, account_id = _who(request)
        if request.headers.get("Upgrade", "").lower() != "websocket":
            raise NotFound  # this host is the one for streams: there is none to be sent to
        offered = request.headers.get("Sec-WebSocket-Protocol")
        socket = web.WebSocketResponse(
            protocols=(offered,) if offered else (),
            compress=False,  # costs a hundred kilobytes per connection
            autoping=False,
            max_msg_size=LONGEST_MESSAGE,
        )
        socket.headers["Server"] = SERVER
        await socket.prepare(request.raw)
        connection = WebSocketConnection(principal, account_id, _transport(request))
        try:
            self._streams.open(connection)
            if request.text("stream"):
                await self._obey(connection, principal, {**request.params, "type": "subscribe"})
            await self._listen(socket, connection, principal)
        except FedrseError as error:
            connection.close(WSCloseCode.TRY_AGAIN_LATER, error.message)
        except asyncio.CancelledError:
            connection.close(WSCloseCode.GOING_AWAY, "The server stops")
        finally:
            self._streams.close(connection)
        return socket

    async def _listen(
        self,
        socket: web.WebSocketResponse[Any],
        connection: WebSocketConnection,
        principal: Principal,
    ) -> None:
        """Does what the client asks for, until it goes."""
        while True:
            received = await socket.receive()
            if received.type not in {WSMsgType.TEXT, WSMsgType.PING, WSMsgType.PONG}:
                return
            if not connection.heard():
                connection.close(WSCloseCode.POLICY_VIOLATION, "Too many messages")
                return
            if received.type is WSMsgType.PING:
                await socket.pong(received.data)
            elif received.type is WSMsgType.TEXT:
                await self._obey(connection, principal, _parsed(received.data))

    async def _obey(
        self, connection: WebSocketConnection, principal: Principal, message: Mapping[str, Any]
    ) -> None:
        """Subscribes or unsubscribes; mistakes are told to the client."""
        name, wanted = message.get("stream"), message.get("type")
        try:
            if not isinstance(name, str) or wanted not in ("subscribe", "unsubscribe"):
                raise BadRequest("unknown_message", "Unknown message type")
            if wanted == "unsubscribe":
                wish = read_wish(name, message, connection.account_id)
                self._streams.leave(connection, wish.topic)
                return
            wish = await self._read_wish(principal, connection.account_id, name, message)
            if not connection.gone:
                self._streams.watch(connection, wish.topic, wish.label)
        except FedrseError as error:
            connection.tell({"error": error.message, "status": error.status})

    # Server-sent events

    def events(self, name: str) -> Handler:
        """``GET /api/v1/streaming/...``: one stream."""

        async def handler(request: Request) -> Answer:
            principal, account_id = _who(request)
            wish = await self._read_wish(principal, account_id, name, request.params)
            if request.method == "HEAD":
                return Reply(media_type="text/event-stream")
            return await self._serve(request, principal, account_id, wish, self._headers)

        return handler

    async def page_events(self, request: Request) -> Answer:
        """``GET /live``: everything that one page hears, by the cookie of the session.

        Notifications always. ``feed`` is the stream of the posts that the page lists (``user`` for
        the own home page; ``tag`` and ``list`` as for apps); ``posts`` names posts on the page, of
        which the totals are told; with ``direct`` also what happens in conversations.
        """
        headers = request.headers
        check_origin(self._origin, headers.get("Origin"), headers.get("Sec-Fetch-Site"))
        principal, account_id = _who(request)
        feed = request.text("feed") or NOTIFICATIONS
        wish = await self._read_wish(principal, account_id, feed, request.params)
        also: list[Topic] = [(POST, one) for one in _ids(request.text("posts") or "")]
        if feed != USER:  # which has them
            also.append((NOTIFICATIONS, account_id))
        if request.text("direct"):
            also += [(DIRECT, account_id), (TYPING, account_id)]
        return await self._serve(
            request, principal, account_id, wish, self._page_headers, also=also
        )

    async def _serve(
        self,
        request: Request,
        principal: Principal,
        account_id: int,
        wish: Wish,
        headers: Mapping[str, str],
        *,
        also: Sequence[Topic] = (),
    ) -> Answer:
        response = web.StreamResponse(headers=headers)
        chunked = request.raw.version >= (1, 1)
        connection = EventStreamConnection(
            principal, account_id, _transport(request), chunked=chunked
        )
        self._streams.open(connection)
        try:
            if chunked:
                response.enable_chunked_encoding()
            response.force_close()
            await response.prepare(request.raw)
            await response.write(b":)\n")
            self._streams.watch(connection, wish.topic, wish.label)
            for topic in also:
                self._streams.watch(connection, topic, b"")
            await connection.ended.wait()
        finally:
            self._streams.close(connection)
        if not connection.transport.is_closing():
            await response.write_eof()
        return response

    async def health(self, _request: Request) -> Reply:
        """``GET /api/v1/streaming/health``."""
        return Reply(b"OK", media_type=TEXT)

    def routes(self) -> list[Route]:
        """The addresses of this feature."""
        scopes = (READ_STATUSES, READ_NOTIFICATIONS)

        def stream(path: str, handler: Handler) -> Route:
            return Route(
                "GET",
                path,
                handler,
                Surface.API,
                Auth.USER,
                scopes=scopes,
                token_in_query=True,
                stream=True,
            )

        health = f"{BASE}/health"
        return [
            stream(BASE, self.socket),
            Route("GET", health, self.health, Surface.API, Auth.PUBLIC, limit=Limit.NONE),
            Route("GET", PAGE_EVENTS, self.page_events, Surface.PAGE, Auth.USER, stream=True),
            *(stream(f"{BASE}/{path}", self.events(name)) for path, name in EVENT_STREAMS.items()),
        ]


def _who(request: Request) -> tuple[Principal, int]:
    principal = request.principal
    if principal is None or principal.account_id is None:
        raise Unauthenticated("login_required", "This method requires an authenticated user")
    return principal, principal.account_id


def _ids(text: str) -> list[int]:
    """The first of the ids in a list with commas; what is none is left out."""
    found = (parse_id(one) for one in text[:LONGEST_LIST].split(",")[:MOST_POSTS])
    return [one for one in found if one is not None]


def _transport(request: Request) -> asyncio.WriteTransport:
    transport = request.raw.transport
    if transport is None:
        raise ConnectionResetError("the client is gone")
    return cast("asyncio.WriteTransport", transport)


def _parsed(text: str) -> Mapping[str, Any]:
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
