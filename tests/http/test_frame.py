"""What the frame does around every handler: headers, methods, limits, streams, logs."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web

from fedrse.core.settings import (
    LimitSettings,
    LogSettings,
    MediaSettings,
    ServerSettings,
    Settings,
    SiteSettings,
)
from fedrse.http.frame import Frame
from fedrse.http.principal import NobodyKnown
from fedrse.http.reply import Reply, json_reply, no_content, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Limit, Route, Surface
from tests.http.handlers import READER, api, page, who


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
