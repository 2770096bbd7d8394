"""Arbitrary bytes on a real socket: an answer of HTTP or the end of the connection, no failure."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

from hypothesis import example, given, settings
from hypothesis import strategies as st

from fedrse.core.errors import Forbidden
from fedrse.core.listen import TcpAddress
from fedrse.core.settings import LimitSettings, Settings, SiteSettings
from fedrse.http.frame import Frame
from fedrse.http.principal import NobodyKnown
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.http.server import HttpServer

WHOLE = (
    b"POST /api/x?a=1 HTTP/1.1\r\nHost: lyon.corp.example\r\nContent-Type: application/json\r\n"
    b"Content-Length: 2\r\n\r\n{}"
)
LAST = WHOLE.replace(b"Host:", b"Connection: close\r\nHost:")
PIECES = st.sampled_from(
    [
        *(b"GET ", b"POST ", b"/api/x", b"/api/", b"?a[b][]=%ff", b" HTTP/1.1\r\n", b"HTTP/9\r\n"),
        *(b"Host: lyon.corp.example\r\n", b"Host:\r\n", b"Content-Length: 5\r\n", b"\r\n", b"\n"),
        *(
            b"Content-Length: -1\r\n",
            b"Content-Length: 99999999999\r\n",
            b"5\r\nhello\r\n0\r\n\r\n",
        ),
        *(b"Transfer-Encoding: chunked\r\n", b"Content-Type: application/json\r\n", b"{}", b"0"),
        *(
            b"Content-Type: multipart/form-data; boundary=x\r\n",
            b"--x--",
            b"Expect: 100-continue\r\n",
        ),
        *(b"Cookie: a=\xff; b\r\n", b"Authorization: Bearer \x80\r\n", b"Range: bytes=-\r\n"),
        *(b"Accept: */*;q=x\r\n", b"Accept-Language: ,;q=\r\n", b"If-None-Match: W/\r\n"),
        *(b"X-Forwarded-For: ,\r\n", b"Content-Encoding: gzip\r\n", b"Upgrade: websocket\r\n"),
        *(b"Connection: close\r\n", b"Origin: null\r\n", b"a" * 9000, b"\x00", WHOLE),
    ]
)
REQUESTS = st.lists(PIECES | st.binary(max_size=6), max_size=14).map(b"".join)
STATUS = re.compile(rb"HTTP/1\.[01] ([1-5]\d\d) ")
SETTINGS = Settings(
    site=SiteSettings(base_url="https://lyon.corp.example"), limits=LimitSettings(enabled=False)
)


async def echo(request: Request) -> Reply:
    return json_reply({"given": sorted(map(str, request.params))})


async def refuse(request: Request) -> Reply:
    raise Forbidden("no", "No")


def routes() -> list[Route]:
    def route(method: str, path: str, handler: Callable[[Request], object]) -> Route:
        return Route(method, path, handler, Surface.API, Auth.PUBLIC)  # type: ignore[arg-type]

    return [route("GET", "/api/x", echo), route("POST", "/api/x", echo), route("GET", "/", refuse)]


async def said(port: int, request: bytes, *, to_the_end: bool = False) -> bytes:
    """What the server says; it may well wait for more, so nobody waits for it long."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    try:
        writer.write(request)
        async with asyncio.timeout(20 if to_the_end else 0.1):
            while piece := await reader.read(65_536):
                answer += piece
    except (ConnectionError, TimeoutError):
        pass
    finally:
        writer.close()
    return answer


async def answers(requests: list[bytes]) -> list[bytes]:
    server = HttpServer(Frame(SETTINGS, routes(), NobodyKnown()), [TcpAddress("127.0.0.1", 0)])
    (address,) = await server.start()
    assert isinstance(address, TcpAddress)
    try:
        found = await asyncio.gather(*(said(address.port, request) for request in requests))
        after = await said(address.port, LAST, to_the_end=True)
        assert b" 200 OK" in after, "it goes on"
        return found
    finally:
        await server.stop()


@settings(max_examples=20)
@given(st.lists(REQUESTS, min_size=1, max_size=12))
@example([WHOLE, b"", b"\r\n\r\n"])
def test_any_bytes_are_answered_or_cut_off(requests: list[bytes]) -> None:
    for answer in asyncio.run(answers(requests)):
        if answer:
            statuses = [int(status) for status in STATUS.findall(answer)]
            assert statuses, answer
            assert all(status < 500 or status == 501 for status in statuses), answer
