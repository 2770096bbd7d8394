"""Who is let in by the frame: tokens, and sessions of pages."""

from __future__ import annotations

from typing import Any

import pytest

from fedrse.http.routes import Auth, Route, Surface
from tests.http.handlers import APPLICATION, READER, SESSION, WRITER, api, page, who


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
