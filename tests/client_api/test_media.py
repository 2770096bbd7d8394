"""Uploads over the API of a whole site."""

from __future__ import annotations

import io
from typing import Any

import pytest
from aiohttp import FormData
from PIL import Image

from tests.client_api.conftest import Opener
from tests.client_api.stage import Answer, Person, Stage

BASE = "/api/v1/media"


def _picture(form: str, size: tuple[int, int] = (120, 80), **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (10, 120, 200)).save(out, form, **options)
    return out.getvalue()


async def _upload(person: Person, content: bytes, media_type: str, **fields: str) -> Answer:
    form = FormData()
    form.add_field("file", content, filename="x", content_type=media_type)
    for name, value in fields.items():
        form.add_field(name, value)
    return await person.answer("POST", "/api/v2/media", data=form)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "AVIF"])
async def test_all_kinds_of_pictures(stage: Stage, kind: str) -> None:
    me = await stage.person("amina")
    answer = await _upload(me, _picture(kind), f"image/{kind.lower()}", description="blue")
    assert (answer.status, answer.body["type"]) == (200, "image")
    assert answer.body["meta"]["original"]["width"] == 120
    file = await stage.answer("GET", answer.body["url"])
    announced = (await me.get("/api/v2/instance"))["configuration"]["media_attachments"]
    assert file.headers["Content-Type"] in announced["supported_mime_types"]


async def test_files_have_the_headers_of_their_surface(stage: Stage) -> None:
    """Apps in browsers read them from another origin, and a file says no more than a page."""
    me = await stage.person("amina")
    url = (await _upload(me, _picture("PNG"), "image/png")).body["url"]
    for method, headers, status in (
        ("GET", {"Origin": "https://app.example"}, 200),
        ("HEAD", {}, 200),
        ("GET", {"Range": "bytes=0-9"}, 206),
        ("GET", {"If-None-Match": "*"}, 304),
    ):
        file = await stage.answer(method, url, headers=headers)
        assert file.status == status
        assert file.headers["Access-Control-Allow-Origin"] == "*"
        assert file.headers["Server"] == "fedrse"
        assert file.headers["X-Request-Id"]
        assert file.headers["Cache-Control"].endswith("immutable")
        assert "sandbox" in file.headers["Content-Security-Policy"]
        assert "Python" not in str(file.headers)


async def test_metadata_goes_and_orientation_stays(stage: Stage) -> None:
    me = await stage.person("amina")
    exif = Image.Exif()
    exif[0x0112] = 6  # stands on its side
    exif[0x010F] = "a camera"
    answer = await _upload(me, _picture("JPEG", exif=exif), "image/jpeg")
    original = answer.body["meta"]["original"]
    assert (original["width"], original["height"]) == (80, 120)
    file = await stage.answer("GET", answer.body["url"])
    assert b"a camera" not in file.body
    assert not Image.open(io.BytesIO(file.body)).getexif()


async def test_changes(stage: Stage) -> None:
    me, other = await stage.people("amina", "bruno")
    answer = await _upload(me, _picture("PNG"), "image/png", focus="-0.5,0.25")
    one = f"{BASE}/{answer.body['id']}"
    assert answer.body["meta"]["focus"] == {"x": -0.5, "y": 0.25}
    changed = await me.call("PUT", one, json={"description": "A square", "focus": "0.1,0.2"})
    assert changed["description"] == "A square"
    assert (await me.get(one))["meta"]["focus"] == {"x": 0.1, "y": 0.2}
    for method in ("GET", "PUT", "DELETE"):
        assert (await other.answer(method, one)).status == 404
    for focus in ("1", "2,0", "a,b"):
        assert (await me.answer("PUT", one, json={"focus": focus})).status == 422
    long = await me.answer("PUT", one, json={"description": "x" * 1501})
    assert long.status == 422
    await me.call("DELETE", one)
    assert (await me.answer("GET", one)).status == 404
    used = await _upload(me, _picture("PNG"), "image/png")
    await me.write("once", media_ids=[used.body["id"]])
    again = {"status": "twice", "media_ids": [used.body["id"]]}
    assert (await me.answer("POST", "/api/v1/statuses", json=again)).status == 422
    assert (await me.answer("DELETE", f"{BASE}/{used.body['id']}")).status == 422


@pytest.mark.parametrize(
    ("content", "media_type", "code"),
    [
        (b"<svg/>", "image/png", "file_not_usable"),
        (_picture("PNG")[:60], "image/png", "file_not_usable"),
        (b"", "image/png", "file_not_usable"),
    ],
)
async def test_what_cannot_be_uploaded(
    stage: Stage, content: bytes, media_type: str, code: str
) -> None:
    me = await stage.person("amina")
    answer = await _upload(me, content, media_type)
    assert (answer.status, answer.body["error_code"]) == (422, code)
    assert answer.body["error"].startswith("Validation failed: ")


async def test_an_office_with_one_address_sees_all_pictures(opener: Opener) -> None:
    limits = {"enabled": True, "requests_per_5_minutes": 5}
    async with opener("lyon", limits=limits) as (stage,):
        me = await stage.person("amina")
        url = (await _upload(me, _picture("PNG"), "image/png")).body["url"]
        seen = [(await stage.answer("GET", url)).status for _ in range(12)]
        assert set(seen) == {200}
        # Everything else is counted.
        asked = [(await stage.answer("GET", "/api/v2/instance")).status for _ in range(8)]
        assert 429 in asked
