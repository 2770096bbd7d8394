"""Compressed answers: to whom, of what, and that secrets in them do not repeat."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from fedrse.core.errors import Forbidden
from fedrse.http import csrf
from fedrse.http.compression import LARGEST, SMALLEST, compress, reads_gzip
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface

LONG = b"<p>" + b"words " * 1000 + b"</p>"


@pytest.mark.parametrize(
    ("accepted", "read"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("gzip; q=0", False),
        ("br, gzip;q=0.000, identity", False),
        ("br", False),
        ("", False),
        (None, False),
    ],
)
def test_who_reads_gzip(accepted: str | None, read: bool) -> None:
    assert reads_gzip(accepted) is read


@pytest.mark.parametrize(
    ("body", "headers", "compressed"),
    [
        (LONG, {}, True),
        (b"x" * (SMALLEST - 1), {}, False),
        (b"x" * (LARGEST + 1), {}, False),
        (LONG, {"Content-Encoding": "br"}, False),
    ],
)
def test_what_is_compressed(body: bytes, headers: dict[str, str], compressed: bool) -> None:
    response = web.Response(body=body, headers=headers)
    compress(response, "gzip")
    assert (response.headers.get("Content-Encoding") == "gzip") is compressed
    assert isinstance(response.body, bytes)
    if compressed:
        assert gzip.decompress(response.body) == body
        assert response.headers["Vary"] == "Accept-Encoding"
    else:
        assert response.body == body


def test_what_an_answer_varies_on_stays() -> None:
    for before, after in (("Accept", "Accept, Accept-Encoding"), ("Accept-Encoding", None)):
        response = web.Response(body=LONG, headers={"Vary": before})
        compress(response, "br")
        assert response.headers["Vary"] == (after or before)
        assert response.body == LONG


async def test_pages_and_the_api(serve: Any) -> None:
    async def page(_request: Request) -> Reply:
        return Reply(LONG, media_type="text/html; charset=utf-8")

    async def data(_request: Request) -> bytes:
        return b"[" + b"1," * 2000 + b"1]"

    site = await serve(
        [
            Route("GET", "/p", page, surface=Surface.PAGE, auth=Auth.PUBLIC),
            Route("GET", "/api/v1/x", data, surface=Surface.API, auth=Auth.PUBLIC),
        ]
    )
    for path in ("/p", "/api/v1/x"):
        async with site.client.get(
            site.address + path, headers={"Accept-Encoding": "gzip"}
        ) as answer:
            assert answer.headers["Content-Encoding"] == "gzip"
            assert int(answer.headers["Content-Length"]) < 500
            assert len(await answer.read()) > 4000


@given(st.text(min_size=1, max_size=60))
def test_tokens_are_masked(token: str) -> None:
    try:
        token.encode()
    except UnicodeEncodeError:
        return
    one, other = csrf.mask(token), csrf.mask(token)
    assert one != other
    csrf.check_token(token, one)
    csrf.check_token(token, other)
    csrf.check_token(token, token)


@given(st.text(max_size=600))
def test_what_is_no_token_is_refused(given_text: str) -> None:
    token = csrf.new_token()
    with pytest.raises(Forbidden):
        csrf.check_token(token, given_text)
    with pytest.raises(Forbidden):
        csrf.check_token(token, csrf.mask(token)[:-4] + given_text[:4].ljust(4, "."))
