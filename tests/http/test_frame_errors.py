"""What the frame answers where a handler fails, or where there is none."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import ClientPayloadError, web

from fedrse.core.errors import Conflict, Forbidden, NotFound, TooMany
from fedrse.core.settings import (
    LimitSettings,
    Settings,
    SiteSettings,
)
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from tests.http.handlers import SESSION, api, page, who


async def raise_not_found(_request: Request) -> bytes:
    raise NotFound


async def raise_forbidden(_request: Request) -> bytes:
    raise Forbidden("hidden", "Not for you: secret name")


async def raise_conflict(_request: Request) -> bytes:
    raise Conflict("changed", "Changed <b>meanwhile</b>", internal="detail of the log")


async def raise_too_many(_request: Request) -> bytes:
    raise TooMany("quota", "Slow down", retry_after=17)


async def crash(_request: Request) -> bytes:
    raise RuntimeError("internal secret")


async def raise_http(_request: Request) -> web.StreamResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(_request.raw)
    return socket


ERRORS = [raise_not_found, raise_forbidden, raise_conflict, raise_too_many, crash, raise_http]


@pytest.mark.parametrize("surface", [Surface.API, Surface.ACTIVITYPUB, Surface.MEDIA])
async def test_errors_are_json_with_a_code(serve: Any, surface: Surface) -> None:
    site = await serve([api(f"/e/{each.__name__}", each, surface=surface) for each in ERRORS])
    expected = {
        "raise_not_found": (404, "Record not found", "not_found"),
        "raise_forbidden": (403, "Not for you: secret name", "hidden"),
        "raise_conflict": (409, "Changed <b>meanwhile</b>", "changed"),
        "raise_too_many": (429, "Slow down", "quota"),
        "crash": (500, "Something went wrong on this site.", "internal_error"),
        "raise_http": (400, "Bad Request", "http_error"),
    }
    for name, (status, sentence, code) in expected.items():
        answered, headers, body = await site.get(f"/e/{name}")
        assert (answered, body) == (status, {"error": sentence, "error_code": code})
        assert headers["X-Request-Id"]
        assert ("Access-Control-Allow-Origin" in headers) == (surface is not Surface.ACTIVITYPUB)
        if status == 429:
            assert headers["Retry-After"] == "17"


async def test_visitors_cannot_tell_missing_from_forbidden_pages(serve: Any) -> None:
    options = {"surface": Surface.PAGE, "auth": Auth.OPTIONAL}
    site = await serve(
        [
            Route("GET", "/missing", raise_not_found, **options),
            Route("GET", "/forbidden", raise_forbidden, **options),
            Route("GET", "/private", page, surface=Surface.PAGE, auth=Auth.USER),
        ]
    )
    answers = {(await site.get(path))[0] for path in ("/missing", "/forbidden", "/private")}
    assert answers == {401}
    site.people.sessions = {"s3": SESSION}
    cookie = f"{site.frame.site.cookies.session}=s3"
    assert (await site.get("/missing", Cookie=cookie))[0] == 404
    status, headers, body = await site.get("/forbidden", Cookie=cookie)
    assert status == 403
    assert "Not for you" in body
    assert headers["Content-Type"].startswith("text/html")


async def test_error_pages_escape_and_say_nothing_internal(serve: Any) -> None:
    options = {"surface": Surface.PAGE, "auth": Auth.PUBLIC}
    site = await serve(
        [Route("GET", "/c", raise_conflict, **options), Route("GET", "/x", crash, **options)]
    )
    _, _, body = await site.get("/c")
    assert "Changed &lt;b&gt;meanwhile&lt;/b&gt;" in body
    assert "detail of the log" not in body
    status, headers, body = await site.get("/x")
    assert (status, "internal secret" in body) == (500, False)
    assert headers["X-Request-Id"] in body


async def test_error_pages_that_fail_are_replaced_by_plain_ones(serve: Any) -> None:
    class Broken:
        def error(self, request: Request, error: Exception) -> Reply:
            raise LookupError("template")

        def sign_in(self, request: Request) -> Reply:
            raise LookupError("template")

    site = await serve([], pages=Broken())
    status, _, body = await site.get("/nowhere")
    assert (status, "There is nothing at this address." in body) == (404, True)


@pytest.mark.parametrize(
    ("method", "path", "status", "is_json", "cors"),
    [
        ("GET", "/api/v9/nothing", 404, True, True),
        ("GET", "/oauth/nothing", 404, True, True),
        ("GET", "/.well-known/nothing", 404, True, True),
        ("GET", "/nodeinfo/9", 404, True, True),
        ("GET", "/nothing", 404, False, False),
        ("GET", "/%ff", 400, False, False),
        ("DELETE", "/api/v1/x", 405, True, True),
        ("PUT", "/api/v1/x", 405, True, True),
    ],
)
async def test_unknown_addresses_and_methods(
    serve: Any, method: str, path: str, status: int, *, is_json: bool, cors: bool
) -> None:
    site = await serve([api("/api/v1/x", who), api("/api/v1/x", who, "POST")])
    answered, headers, _ = await site.request(method, path)
    assert answered == status
    assert headers["Content-Type"].startswith("application/json") == is_json
    assert ("Access-Control-Allow-Origin" in headers) == cors
    if status == 405:
        assert headers["Allow"] == "GET, HEAD, OPTIONS, POST"


async def missing(_request: Request) -> Reply:
    raise NotFound


async def test_errors_of_one_address_for_both_vary_too(serve: Any) -> None:
    """Else a cache shows a server's 404 to people, and their page to servers."""
    site = await serve(
        [
            Route("GET", "/u/{id}", missing, surface=Surface.PAGE, auth=Auth.USER),
            Route("GET", "/u/{id}", missing, surface=Surface.ACTIVITYPUB, auth=Auth.PUBLIC),
            Route("GET", "/x/{id}", missing, surface=Surface.ACTIVITYPUB, auth=Auth.PUBLIC),
        ]
    )
    for path, accept, expected in (
        ("/u/1", "text/html", 401),
        ("/u/1", "application/activity+json", 404),
    ):
        status, headers, _ = await site.get(path, Accept=accept)
        assert (status, headers["Vary"]) == (expected, "Accept")
        assert "no-store" in headers["Cache-Control"]
    status, headers, _ = await site.get("/x/1", Accept="application/activity+json")
    assert (status, headers.get("Vary")) == (404, None)


async def test_errors_say_what_is_left_of_the_limit(serve: Any) -> None:
    settings = Settings(
        site=SiteSettings(base_url="http://localhost:8400"),
        limits=LimitSettings(requests_per_5_minutes=3),
    )
    site = await serve([api("/api/v1/x", missing)], settings=settings)
    left = [(await site.get("/api/v1/x"))[1]["X-RateLimit-Remaining"] for _ in range(2)]
    assert left == ["2", "1"]


async def test_a_crash_after_the_first_byte_cuts_the_connection(serve: Any) -> None:
    async def half(request: Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request.raw)
        await response.write(b"first")
        raise RuntimeError("then nothing")

    site = await serve([api("/api/v1/half", half), api("/api/v1/x", who)])
    async with site.client.get(site.address + "/api/v1/half") as response:
        with pytest.raises(ClientPayloadError):
            await response.read()
    assert (await site.get("/api/v1/x"))[0] == 200
