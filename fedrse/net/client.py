"""Fetches from other servers: every limit in one place, every hop of a redirect checked.

Deliveries go through ``net.delivery``; both get their connections from ``net.dialler``.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

import aiohttp
from msgspec import Struct
from msgspec.structs import replace
from yarl import URL

from fedrse.core.urls import BadUrl, Url, join_url, parse_url
from fedrse.net.agent import user_agent
from fedrse.net.connector import GuardedConnector
from fedrse.net.decoding import body_too_large, decoder_for
from fedrse.net.errors import (
    BadRedirect,
    BadResponse,
    ConnectionLost,
    ResponseTooLarge,
    TimedOut,
)
from fedrse.net.host_state import NAMED_PEER, STRANGER
from fedrse.net.reach import answered_from

if TYPE_CHECKING:
    from fedrse.net.dialler import Dialler
    from fedrse.net.host_state import HostState

MAX_HEAD = 8192
_REDIRECTS = {301, 302, 303, 307, 308}

Headers = Mapping[str, str]
Signer = Callable[[str, Url, Headers, bytes], Headers | Awaitable[Headers]]
"""Called for each hop with method, address, headers (``Host`` included) and body; returns the
headers to send."""

Sink = Callable[[bytes], Awaitable[None]]


class FetchLimits(Struct, frozen=True):
    """``body`` in bytes, after decompression; ``seconds`` for everything, redirects included."""

    body: int = 1_048_576
    redirects: int = 2
    seconds: float = 10.0


JSON_LIMITS = FetchLimits()


class Response(Struct, frozen=True):
    """An answer. ``headers`` have lower-case names; ``final_url`` is without fragment.

    ``remembered``: no request was made, the address has failed like this a short while ago.
    ``address`` is the IP address of the server that gave the answer, empty behind a proxy.
    """

    status: int
    headers: Headers
    body: bytes
    final_url: str
    remembered: bool = False
    address: str = ""


class GuardedClient:
    """The client for fetches. One per process; make it inside the event loop, ``close`` it."""

    def __init__(self, dialler: Dialler, state: HostState) -> None:
        self._dialler = dialler
        self._state = state
        self._user_agent = user_agent(dialler.rules.own)
        self._session = aiohttp.ClientSession(
            connector=GuardedConnector(dialler),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            auto_decompress=False,
            trust_env=False,
            max_line_size=MAX_HEAD,
            max_field_size=MAX_HEAD,
        )

    async def close(self) -> None:
        """End all connections."""
        await self._session.close()

    async def get(
        self,
        url: str,
        *,
        accept: str = "*/*",
        headers: Headers | None = None,
        signer: Signer | None = None,
        limits: FetchLimits = JSON_LIMITS,
        ask_again: bool = False,
    ) -> Response:
        """Fetch a document; follows up to ``limits.redirects`` redirects, never from https to http.

        Any status is an answer. 404, 410 and 5xx are remembered for a while by address and
        ``accept``; ``ask_again`` asks nevertheless.

        Raises BadUrl, HostNotAllowed, NameLookupFailed, ConnectFailed, TlsFailed, TimedOut,
        ConnectionLost, BadResponse, ResponseTooLarge, BadRedirect, HostBusy.
        """
        body = bytearray()

        async def collect(piece: bytes) -> None:
            body.extend(piece)

        response = await self.download(
            url,
            collect,
            accept=accept,
            headers=headers,
            signer=signer,
            limits=limits,
            ask_again=ask_again,
        )
        return replace(response, body=bytes(body))

    async def download(
        self,
        url: str,
        sink: Sink,
        *,
        accept: str = "*/*",
        headers: Headers | None = None,
        signer: Signer | None = None,
        limits: FetchLimits = JSON_LIMITS,
        ask_again: bool = False,
    ) -> Response:
        """Like ``get``, for large files: the body goes to ``sink`` in pieces, ``body`` is empty.

        After an error the sink may have had a part. Bodies of redirects do not reach it.
        """
        address = parse_url(url, self._dialler.rules)
        self._dialler.check(address.origin)
        known = None if ask_again else self._state.known_failure(url, accept)
        if known is not None:
            return Response(known, {}, b"", _without_fragment(address), remembered=True)
        request = _Request("GET", {**(headers or {}), "Accept": accept}, b"", signer, limits, sink)
        response = await self._in_time(self._follow(address, request), address, limits)
        self._state.remember_failure(url, accept, response.status)
        return response

    async def post(
        self,
        url: str,
        body: bytes,
        *,
        headers: Headers | None = None,
        signer: Signer | None = None,
        limits: FetchLimits = JSON_LIMITS,
    ) -> Response:
        """Post to a service (push, sign-on). A redirect is not followed: it is the answer.

        Raises what ``get`` raises, but for BadRedirect.
        """
        address = parse_url(url, self._dialler.rules)
        answer = bytearray()

        async def collect(piece: bytes) -> None:
            answer.extend(piece)

        request = _Request("POST", headers or {}, body, signer, limits, collect)
        response = await self._in_time(self._hop(address, request), address, limits)
        return replace(response, body=bytes(answer))

    async def _in_time(
        self, work: Awaitable[Response], address: Url, limits: FetchLimits
    ) -> Response:
        try:
            async with asyncio.timeout(limits.seconds):
                return await work
        except TimeoutError as error:
            peer = address.origin.peer
            raise TimedOut(
                "answer_timed_out", f"{peer} did not answer in time", host=peer
            ) from error

    async def _follow(self, address: Url, request: _Request) -> Response:
        for _ in range(request.limits.redirects + 1):
            response = await self._hop(address, request)
            location = response.headers.get("location")
            if response.status not in _REDIRECTS or location is None:
                return response
            previous, address = address, self._redirected(address, location)
            if previous.origin != address.origin:
                request = request.for_stranger()
        raise BadRedirect(
            "too_many_redirects",
            f"{address.origin.peer} redirects too often",
            host=address.origin.peer,
        )

    def _redirected(self, address: Url, location: str) -> Url:
        try:
            target = parse_url(join_url(address, location), self._dialler.rules)
        except BadUrl as error:
            raise BadRedirect(
                "bad_redirect",
                f"{address.origin.peer} redirects to an address that cannot be followed",
                host=address.origin.peer,
            ) from error
        if address.origin.scheme == "https" and target.origin.scheme != "https":
            raise BadRedirect(
                "insecure_redirect",
                f"{address.origin.peer} redirects from https to http",
                host=address.origin.peer,
            )
        return target

    async def _hop(self, address: Url, request: _Request) -> Response:
        origin = address.origin
        self._dialler.check(origin)
        headers = await self._headers(address, request)
        limits = NAMED_PEER if self._dialler.is_named(origin.peer) else STRANGER
        async with self._state.turn(origin.peer, limits):
            try:
                return await self._exchange(address, request, headers)
            except aiohttp.ClientResponseError as error:
                raise BadResponse(
                    "bad_response", f"The answer of {origin.peer} cannot be read", host=origin.peer
                ) from error
            except (aiohttp.ClientError, ConnectionError) as error:
                raise ConnectionLost(
                    "connection_lost",
                    f"{origin.peer} closed the connection before the answer was complete",
                    host=origin.peer,
                ) from error

    async def _headers(self, address: Url, request: _Request) -> Headers:
        headers = {
            "Host": address.origin.peer,
            "User-Agent": self._user_agent,
            "Accept-Encoding": "gzip",
            **request.headers,
        }
        if request.signer is None:
            return headers
        signed = request.signer(request.method, address, headers, request.body)
        return await signed if inspect.isawaitable(signed) else signed

    async def _exchange(self, address: Url, request: _Request, headers: Headers) -> Response:
        async with self._session.request(
            request.method,
            URL(address.request_url, encoded=True),
            headers=headers,
            data=request.body or None,
            allow_redirects=False,
        ) as answer:
            try:
                _check_head(answer.raw_headers)
                follow = request.method == "GET" and answer.status in _REDIRECTS
                if not follow or "Location" not in answer.headers:
                    await _read_body(answer, request)
            except BaseException:
                answer.close()
                raise
            if follow:
                answer.close()
            names = {name.lower() for name in answer.headers}
            plain = {name: ", ".join(answer.headers.getall(name)) for name in names}
            return Response(
                answer.status,
                plain,
                b"",
                _without_fragment(address),
                address=answered_from.get(),
            )


class _Request(Struct, frozen=True):
    """What is asked at each hop."""

    method: str
    headers: Headers
    body: bytes
    signer: Signer | None
    limits: FetchLimits
    sink: Sink

    def for_stranger(self) -> _Request:
        """After a redirect to another origin: credentials stay behind."""
        kept = {
            name: value
            for name, value in self.headers.items()
            if name.lower() not in {"authorization", "cookie"}
        }
        return replace(self, headers=kept)


def _check_head(raw_headers: tuple[tuple[bytes, bytes], ...]) -> None:
    if sum(len(name) + len(value) + 4 for name, value in raw_headers) > MAX_HEAD:
        raise ResponseTooLarge("head_too_large", "The answer has more than 8 KiB of headers")


async def _read_body(answer: aiohttp.ClientResponse, request: _Request) -> None:
    if answer.content_length is not None and answer.content_length > request.limits.body:
        raise body_too_large(request.limits.body)
    decoder = decoder_for(answer.headers.get("Content-Encoding", ""), request.limits.body)
    async for piece in answer.content.iter_any():
        for part in decoder.feed(piece):
            await request.sink(part)
    decoder.finish()


def _without_fragment(address: Url) -> str:
    return address.text.partition("#")[0]
