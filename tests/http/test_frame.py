"""What the frame does around every handler."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from aiohttp import ClientPayloadError, web

from fedrse.core.errors import Conflict, Forbidden, NotFound, TooMany
from fedrse.core.settings import (
    LimitSettings,
    LogSettings,
    MediaSettings,
    ServerSettings,
    Settings,
    SiteSettings,
)
from fedrse.http.frame import Frame
from fedrse.http.principal import NobodyKnown, Principal
from fedrse.http.reply import Reply, html_reply, json_reply, no_content, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Limit, Route, Surface

READER = Principal(account_id=7, scopes=frozenset({"read"}))
WRITER = Principal(account_id=8, scopes=frozenset({"write:statuses"}))
APPLICATION = Principal(scopes=frozenset({"read"}), app_id=3)
SESSION = Principal(account_id=9, session_id=1, csrf="c" * 32, locale="fr-CA")


async def who(request: Request) -> bytes:
    return msgspec.json.encode({"viewer": request.viewer, "address": request.address})


async def show_params(request: Request) -> Reply:
    return json_reply(request.params)


async def page(request: Request) -> Reply:
    return html_reply(f"<p>{request.language} {request.viewer}</p>")


def api(path: str, handler: Any, method: str = "GET", **options: Any) -> Route:
    options = {"surface": Surface.API, "auth": Auth.PUBLIC, **options}
    return Route(method, path, handler, **options)


async def test_bytes_are_json_with_the_headers_of_the_surface(serve: Any) -> None:
    site = await serve([api("/api/v1/x", who)])
    status, headers, body = await site.get("/api/v1/x?y=1")
    assert (status, body) == (200, {"viewer": None, "address": "127.0.0.1"})
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Link" in headers["Access-Control-Expose-Headers"]
    assert headers["Server"] == "fedrse"
    assert headers["X-Request-Id"]
    assert "Strict-Transport-Security" not in headers


async def test_pages_carry_a_strict_policy(serve: Any) -> None:
    settings = Settings(
        site=SiteSettings(base_url="https://lyon.example"),
        media=MediaSettings(base_url="https://media.lyon.example"),
    )
    site = await serve(
        [Route("GET", "/p", page, surface=Surface.PAGE, auth=Auth.PUBLIC)], settings=settings
    )
    status, headers, body = await site.get("/p", Accept_Language="de, en;q=0.8, fr;q=0.9")
    assert (status, body) == (200, "<p>fr None</p>")
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "img-src 'self' https://media.lyon.example;" in policy
    assert headers["Strict-Transport-Security"].startswith("max-age=")
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize(
    ("auth", "token", "status", "sentence"),
    [
        (Auth.USER, None, 401, "The access token is invalid"),
        (Auth.USER, "Bearer wrong", 401, "The access token is invalid"),
        (Auth.USER, "Bearer ", 401, "The access token is invalid"),
        (Auth.USER, "Basic reader", 401, "The access token is invalid"),
        (Auth.USER, "Bearer " + "x" * 2000, 401, "The access token is invalid"),
        (Auth.USER, "Bearer writer", 403, "This action is outside the authorized scopes"),
        (Auth.USER, "Bearer application", 422, "This method requires an authenticated user"),
        (Auth.USER, "Bearer reader", 200, 7),
        (Auth.USER, "bearer reader", 200, 7),
        (Auth.APP, "Bearer application", 200, None),
        (Auth.APP, "Bearer reader", 200, 7),
        (Auth.APP, None, 401, "The access token is invalid"),
        (Auth.OPTIONAL, None, 200, None),
        (Auth.OPTIONAL, "Bearer reader", 200, 7),
        (Auth.OPTIONAL, "Bearer wrong", 401, "The access token is invalid"),
        (Auth.OPTIONAL, "Bearer writer", 403, "This action is outside the authorized scopes"),
        (Auth.PUBLIC, "Bearer wrong", 200, None),
    ],
)
async def test_tokens(
    serve: Any, auth: Auth, token: str | None, status: int, sentence: object
) -> None:
    site = await serve([api("/api/v1/x", who, auth=auth, scopes=("read:statuses",))])
    site.people.tokens = {"reader": READER, "writer": WRITER, "application": APPLICATION}
    headers = {} if token is None else {"Authorization": token}
    answered, answer_headers, body = await site.get("/api/v1/x", **headers)
    assert answered == status
    assert body.get("error", body.get("viewer")) == sentence
    assert answer_headers["Access-Control-Allow-Origin"] == "*"
    assert ("WWW-Authenticate" in answer_headers) == (status == 401)


async def test_a_token_in_the_query_counts_only_where_the_route_says_so(serve: Any) -> None:
    site = await serve(
        [
            api("/api/v1/x", who, auth=Auth.USER),
            api("/api/v1/streaming", who, auth=Auth.USER, token_in_query=True),
        ]
    )
    site.people.tokens = {"reader": READER}
    assert (await site.get("/api/v1/x?access_token=reader"))[0] == 401
    assert (await site.get("/api/v1/streaming?access_token=reader"))[2]["viewer"] == 7
    status, _, body = await site.get("/api/v1/streaming/", Sec_WebSocket_Protocol="reader")
    assert (status, body["viewer"]) == (200, 7)


async def test_a_session_opens_pages_and_never_the_api(serve: Any) -> None:
    site = await serve(
        [
            Route("GET", "/home", page, surface=Surface.PAGE, auth=Auth.USER),
            Route("GET", "/m", who, surface=Surface.MEDIA, auth=Auth.USER),
            api("/api/v1/x", who, auth=Auth.USER),
        ]
    )
    site.people.sessions = {"s3": SESSION}
    cookie = f"other=1; {site.frame.site.cookies.session}=s3"
    assert (await site.get("/home", Cookie=cookie))[2] == "<p>fr 9</p>"
    assert (await site.get("/m", Cookie=cookie))[0] == 200
    assert (await site.get("/api/v1/x", Cookie=cookie))[0] == 401
    assert (await site.get("/home", Cookie=cookie.replace("s3", "s4")))[0] == 401
    assert (await site.get("/home"))[0] == 401


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


async def test_preflight(serve: Any) -> None:
    site = await serve(
        [
            api("/api/v1/x", who, "PATCH", auth=Auth.USER),
            Route("GET", "/p", page, surface=Surface.PAGE, auth=Auth.USER),
        ]
    )
    wish = {"Origin": "https://elk.example", "Access-Control-Request-Method": "PATCH"}
    for path in ("/api/v1/x", "/api/v1/unknown", "/oauth/unknown", "/nodeinfo/2.0"):
        status, headers, _ = await site.request("OPTIONS", path, headers=wish)
        assert status == 204
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert "PATCH" in headers["Access-Control-Allow-Methods"]
        assert "Idempotency-Key" in headers["Access-Control-Allow-Headers"]
        assert "Authorization" in headers["Access-Control-Allow-Headers"]
        assert "*" in headers["Access-Control-Allow-Headers"].split(", ")
        assert "Content-Type" not in headers
    status, headers, _ = await site.request("OPTIONS", "/p", headers=wish)
    assert (status, headers["Allow"]) == (204, "GET, HEAD, OPTIONS")
    assert "Access-Control-Allow-Origin" not in headers
    assert (await site.request("OPTIONS", "/unknown", headers=wish))[0] == 404


async def test_head_is_get_without_a_body(serve: Any) -> None:
    site = await serve([api("/api/v1/x", who)])
    status, headers, body = await site.request("HEAD", "/api/v1/x")
    assert (status, body) == (200, "")
    assert int(headers["Content-Length"]) > 0


async def activity(_request: Request) -> Reply:
    return Reply(b"{}", media_type="application/activity+json")


async def test_one_address_for_people_and_servers(serve: Any) -> None:
    site = await serve(
        [
            Route("GET", "/u/{id}", page, surface=Surface.PAGE, auth=Auth.OPTIONAL),
            Route("GET", "/u/{id}", activity, surface=Surface.ACTIVITYPUB, auth=Auth.PUBLIC),
        ]
    )
    for accept, kind in (
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
        ("application/activity+json", "application/activity+json"),
        ('application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
         "application/activity+json"),
        ("*/*", "text/html"),
    ):  # fmt: skip
        _, headers, _ = await site.get("/u/1", Accept=accept)
        assert headers["Content-Type"].startswith(kind)
        assert headers["Vary"] == "Accept"
    lines = [("Accept", "application/json"), ("Accept", "application/activity+json")]
    _, headers, _ = await site.request("GET", "/u/1", headers=lines)
    assert headers["Content-Type"].startswith("application/activity+json")


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


async def reply_with_everything(_request: Request) -> Reply:
    return Reply(
        b"x",
        status=201,
        media_type="text/plain",
        headers={"Content-Security-Policy": "default-src 'self'", "ETag": '"1"'},
        cookies=["a=1", "b=2"],
    )


async def test_replies(serve: Any) -> None:
    async def empty(_request: Request) -> Reply:
        return no_content()

    async def away(_request: Request) -> Reply:
        return redirect("/é?x=1\r\nSet-Cookie: evil=1")

    site = await serve(
        [
            api("/api/a", reply_with_everything),
            api("/api/b", empty),
            api("/api/c", away),
        ]
    )
    status, headers, body = await site.get("/api/a")
    assert (status, body, headers["ETag"]) == (201, "x", '"1"')
    assert headers.getall("Content-Security-Policy") == ["default-src 'self'"]
    assert headers.getall("Set-Cookie") == ["a=1", "b=2"]
    status, headers, body = await site.get("/api/b")
    assert (status, body, "Content-Type" in headers) == (204, "", False)
    status, headers, _ = await site.get("/api/c")
    assert (status, headers["Location"]) == (303, "/%C3%A9?x=1%0D%0ASet-Cookie:%20evil=1")
    assert "Set-Cookie" not in headers


async def test_links_of_a_page_of_a_list(serve: Any) -> None:
    async def listed(request: Request) -> Reply:
        page = request.page()
        return json_reply([], headers=request.link(page, newest=9, oldest=2))

    site = await serve([api("/api/v1/lists/{id}", listed)])
    query = "?limit=100&max_id=10&only_media=true&types[]=a&x=%3E%22"
    _, headers, _ = await site.get(f"/api/v1/lists/4{query}")
    kept = "http://localhost:8400/api/v1/lists/4?only_media=true&types%5B%5D=a&x=%3E%22&limit=40"
    assert headers["Link"] == (f'<{kept}&max_id=2>; rel="next", <{kept}&min_id=9>; rel="prev"')
    status, _, body = await site.get("/api/v1/lists/4?max_id=abc")
    assert (status, body["error"]) == (400, "max_id must be an id")


async def test_errors_say_what_is_left_of_the_limit(serve: Any) -> None:
    settings = Settings(
        site=SiteSettings(base_url="http://localhost:8400"),
        limits=LimitSettings(requests_per_5_minutes=3),
    )
    site = await serve([api("/api/v1/x", missing)], settings=settings)
    left = [(await site.get("/api/v1/x"))[1]["X-RateLimit-Remaining"] for _ in range(2)]
    assert left == ["2", "1"]


async def test_limits_count_by_person_and_by_address(serve: Any) -> None:
    settings = Settings(
        site=SiteSettings(base_url="http://localhost:8400"),
        limits=LimitSettings(requests_per_5_minutes=2, logins_per_5_minutes=1),
    )
    site = await serve(
        [
            api("/api/v1/x", who, auth=Auth.OPTIONAL),
            api("/api/v1/free", who, limit=Limit.NONE),
            api("/oauth/token", who, limit=Limit.LOGIN),
        ],
        settings=settings,
    )
    site.people.tokens = {"reader": READER}
    reader = {"Authorization": "Bearer reader"}
    _, headers, _ = await site.get("/api/v1/x", **reader)
    assert headers["X-RateLimit-Limit"] == "2"
    assert headers["X-RateLimit-Remaining"] == "1"
    assert headers["X-RateLimit-Reset"] == "2026-01-15T09:05:00.000Z"
    assert (await site.get("/api/v1/x", **reader))[1]["X-RateLimit-Remaining"] == "0"
    status, headers, body = await site.get("/api/v1/x", **reader)
    assert (status, body["error"]) == (429, "Too many requests")
    assert headers["X-RateLimit-Remaining"] == "0"
    assert headers["Retry-After"] == "300"
    assert (await site.get("/api/v1/x"))[0] == 200
    assert (await site.get("/api/v1/x", Authorization="Bearer wrong"))[0] == 401
    assert (await site.get("/api/v1/x", Authorization="Bearer wrong"))[0] == 429
    assert [(await site.get("/oauth/token"))[0] for _ in range(2)] == [200, 429]
    assert {(await site.get("/api/v1/free"))[0] for _ in range(5)} == {200}
    site.clock.advance(300_000)
    assert (await site.get("/api/v1/x", **reader))[0] == 200


async def test_forwarded_addresses_are_believed_from_trusted_proxies_only(serve: Any) -> None:
    base = SiteSettings(base_url="http://localhost:8400")
    routes = [api("/api/v1/x", who)]
    trusting = await serve(
        routes,
        settings=Settings(site=base, server=ServerSettings(trusted_proxies=["127.0.0.1"])),
    )
    wary = await serve(routes, settings=Settings(site=base))
    for site, address in ((trusting, "9.9.9.9"), (wary, "127.0.0.1")):
        _, _, body = await site.get("/api/v1/x", X_Forwarded_For="6.6.6.6, 9.9.9.9")
        assert body["address"] == address


async def test_a_stream_ends_when_its_task_is_cancelled(serve: Any) -> None:
    opened = asyncio.Event()

    async def stream(request: Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request.raw)
        await response.write(b"first")
        opened.set()
        await asyncio.Event().wait()
        return response

    site = await serve([api("/api/v1/streaming", stream, stream=True)])
    async with site.client.get(site.address + "/api/v1/streaming") as response:
        await opened.wait()
        assert await response.content.readexactly(5) == b"first"
        (task,) = site.frame.streams
        task.cancel()
        await asyncio.wait([task])
    assert not site.frame.streams


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


async def test_requests_are_logged_without_their_query(serve: Any, capfd: Any) -> None:
    settings = Settings(
        site=SiteSettings(base_url="http://localhost:8400"), log=LogSettings(requests=True)
    )
    site = await serve([api("/api/v1/x", who)], settings=settings)
    await site.get("/api/v1/x?access_token=hidden")
    output = "".join(capfd.readouterr())
    assert "/api/v1/x" in output
    assert "hidden" not in output


@pytest.mark.parametrize("proxy", ["", "localhost", "10.0.0.0/99"])
def test_a_wrong_proxy_address_stops_the_start(proxy: str) -> None:
    settings = Settings(
        site=SiteSettings(base_url="http://localhost:8400"),
        server=ServerSettings(trusted_proxies=[proxy]),
    )
    with pytest.raises(ValueError):
        Frame(settings, [], NobodyKnown())
