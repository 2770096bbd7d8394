"""Arbitrary bytes in multipart bodies and headers: an answer or a refusal, never a crash."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from unittest import mock

import pytest
from aiohttp import StreamReader
from aiohttp.test_utils import make_mocked_request
from hypothesis import example, given
from hypothesis import strategies as st

from fedrse.core.errors import FedrseError, Forbidden
from fedrse.http.csrf import check_origin, check_token, new_token
from fedrse.http.multipart import Upload, Uploads, discard_uploads, read_multipart
from fedrse.http.sessions import read_cookie

# As the program itself does; here every warning is an error.
pytestmark = [
    pytest.mark.filterwarnings("ignore::aiohttp.BadContentDispositionHeader"),
    pytest.mark.filterwarnings("ignore::aiohttp.BadContentDispositionParam"),
]

PIECES = st.sampled_from(
    [
        b"--x",
        b"--x--",
        b"\r\n",
        b"\r\n\r\n",
        b'Content-Disposition: form-data; name="a"',
        b'Content-Disposition: form-data; name="f"; filename="g"',
        b"Content-Disposition: form-data; name*=UTF-8''%ff",
        b"Content-Length: 5",
        b"Content-Length: -1",
        b"Content-Transfer-Encoding: base64",
        b"Content-Encoding: gzip",
        b"Content-Type: multipart/mixed; boundary=x",
        b"\xff\x00",
        b"value",
    ]
)
BODIES = st.lists(PIECES | st.binary(max_size=8), max_size=16).map(b"".join)


async def parse(body: bytes, folder: Path) -> list[tuple[str, object]]:
    protocol = mock.Mock(_reading_paused=False)
    stream = StreamReader(protocol, 2**16, loop=asyncio.get_running_loop())
    stream.feed_data(body)
    stream.feed_eof()
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    request = make_mocked_request("POST", "/", headers=headers, payload=stream)
    request.protocol.max_field_size, request.protocol.max_headers = 8190, 128
    return await read_multipart(
        request, body_limit=1000, uploads=Uploads(count=1, bytes_each=20), folder=folder
    )


@given(BODIES)
@example(b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nvalue\r\n--x--\r\n')
@example(b'--x\r\nContent-Disposition: form-data; name="f"; filename="g"\r\n\r\n\xff\r\n--x--\r\n')
@example(b"--x\r\nContent-Disposition: form-data; name*=UTF-8''%ff\r\n\r\nvalue\r\n--x--\r\n")
@example(b"--x\r\nContent-Disposition: form-data; name\r\n\r\nvalue\r\n--x--\r\n")
def test_no_multipart_body_crashes_or_leaves_files(body: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            pairs = asyncio.run(parse(body, Path(folder)))
        except FedrseError as error:
            status, pairs = error.status, []
        else:
            status = 200
        assert status in (200, 400, 413)
        files = {value.path for _, value in pairs if isinstance(value, Upload)}
        assert set(Path(folder).iterdir()) == files
        discard_uploads(pairs)
        assert not list(Path(folder).iterdir())


async def test_the_examples_are_read(tmp_path: Path) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nvalue\r\n--x--\r\n'
    assert await parse(body, tmp_path) == [("a", "value")]


@given(st.text(max_size=60), st.text(max_size=5))
def test_no_cookie_header_breaks_reading(header: str, name: str) -> None:
    value = read_cookie(header, name)
    assert value is None or value in header


@given(st.none() | st.text(max_size=40) | st.lists(st.text(max_size=3), max_size=2))
def test_no_guess_is_the_token(given_value: object) -> None:
    token = new_token()
    check_token(token, token)
    with pytest.raises(Forbidden):
        check_token(token, given_value)
    with pytest.raises(Forbidden):
        check_token(None, given_value)


@given(st.text(max_size=40))
def test_no_other_origin_is_ours(origin: str) -> None:
    with pytest.raises(Forbidden):
        check_origin("https://lyon.example", origin, None)
