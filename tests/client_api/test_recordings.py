"""Films and sounds over the API of a whole site: sent, converted, posted, played, deleted."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from aiohttp import FormData
from PIL import Image

from fedrse.blobs.recordings import ACCEPTED
from tests.blobs import recordings as made
from tests.blobs.pictures import animation, gradient, saved
from tests.client_api.conftest import Opener
from tests.client_api.stage import Answer, Person, Stage, until

BASE = "/api/v1/media"
NOT_FINISHED = "Cannot attach files that have not finished processing. Try again in a moment!"


def _form(content: bytes, thumbnail: bytes | None = None, **fields: str) -> FormData:
    form = FormData()
    body = io.BytesIO(content)
    form.add_field("file", body, filename="x", content_type="application/octet-stream")
    if thumbnail is not None:
        form.add_field("thumbnail", thumbnail, filename="y", content_type="image/png")
    for name, value in fields.items():
        form.add_field(name, value)
    return form


async def _send(person: Person, content: bytes, version: int = 2, **more: Any) -> Answer:
    return await person.answer("POST", f"/api/v{version}/media", data=_form(content, **more))


async def _ready(person: Person, media_id: str) -> Any:
    async def looked() -> Any:
        answer = await person.answer("GET", f"{BASE}/{media_id}")
        assert answer.status in (200, 206)
        if answer.status == 206:
            assert answer.body["url"] is None
        return answer.body if answer.status == 200 else None

    return await until(looked)


def _files(stage: Stage) -> list[Path]:
    folder = stage.site.services.blobs._folder
    return [path for path in folder.rglob("*") if path.is_file()]


@made.needs_ffmpeg
async def test_a_film_from_sending_to_deleting(stage: Stage, tmp_path: Path) -> None:
    me = await stage.person("amina")
    content = made.film(tmp_path, "film.webm", options=("-c:v", "libvpx", "-deadline", "realtime"))
    sent = await _send(me, content.read_bytes(), description="A test card")
    assert (sent.status, sent.body["type"], sent.body["url"]) == (202, "video", None)
    media = sent.body["id"]
    early = {"status": "too early", "media_ids": [media]}
    refused = await me.answer("POST", "/api/v1/statuses", json=early)
    if refused.status != 200:  # or it was ready already
        assert (refused.status, refused.body["error"]) == (422, NOT_FINISHED)
        found = await _ready(me, media)
        post = await me.write("a film", media_ids=[media])
    else:
        found, post = await _ready(me, media), refused.body
    assert post["media_attachments"][0] == found
    assert found["description"] == "A test card"
    meta = found["meta"]
    assert (meta["original"]["width"], meta["original"]["height"]) == (320, 180)
    assert meta["original"]["frame_rate"] == "25/1"
    assert 1.9 < meta["original"]["duration"] < 2.2
    assert meta["original"]["bitrate"] > 0
    assert (meta["fps"], meta["size"], meta["length"][:6]) == (25, "320x180", "0:00:0")
    assert meta["audio_encode"] == "aac"
    assert meta["small"]["size"] == "320x180"
    assert found["blurhash"]

    file = await stage.answer("GET", found["url"])
    assert file.headers["Content-Type"] == "video/mp4"
    assert made.SECRET not in file.body
    assert file.body.index(b"moov") < file.body.index(b"mdat")
    preview = await stage.answer("GET", found["preview_url"])
    assert Image.open(io.BytesIO(preview.body)).size == (320, 180)

    await me.call("DELETE", f"/api/v1/statuses/{post['id']}", query={"delete_media": "true"})
    await until(lambda: _nothing(stage))
    assert (await stage.answer("GET", found["url"])).status == 404


async def _nothing(stage: Stage) -> bool:
    return _files(stage) == []


@made.needs_ffmpeg
async def test_players_seek(stage: Stage, tmp_path: Path) -> None:
    me = await stage.person("amina")
    sent = await _send(me, made.sound(tmp_path).read_bytes(), version=1)
    assert (sent.status, sent.body["type"]) == (200, "audio")
    whole = await stage.answer("GET", sent.body["url"])
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert whole.headers["Content-Type"] == "audio/mpeg"
    size = len(whole.body)
    for asked, expected in (
        ("bytes=0-99", whole.body[:100]),
        ("bytes=100-", whole.body[100:]),
        ("bytes=-50", whole.body[-50:]),
    ):
        part = await stage.answer("GET", sent.body["url"], headers={"Range": asked})
        assert (part.status, part.body) == (206, expected)
        assert part.headers["Content-Range"].endswith(f"/{size}")
    beyond = await stage.answer(
        "GET", sent.body["url"], headers={"Range": f"bytes={size + 1}-"}, check=False
    )
    assert beyond.status == 416
    meta = sent.body["meta"]
    assert (meta["audio_encode"], meta["audio_channels"]) == ("mp3", "mono")
    assert set(meta["original"]) == {"duration", "bitrate"}
    assert sent.body["preview_url"] is None


@made.needs_ffmpeg
async def test_moving_gifs_become_films(stage: Stage) -> None:
    me = await stage.person("amina")
    content, _ = animation()
    sent = await _send(me, content)
    assert (sent.status, sent.body["type"]) == (202, "gifv")
    found = await _ready(me, sent.body["id"])
    assert found["type"] == "gifv"
    assert "audio_encode" not in found["meta"]
    file = await stage.answer("GET", found["url"])
    assert file.headers["Content-Type"] == "video/mp4"
    still = await _send(me, saved(gradient(), "GIF"))
    assert (still.status, still.body["type"]) == (200, "image")
    # Moving pictures may stand beside others, films may not.
    await me.write("both", media_ids=[found["id"], still.body["id"]])


@made.needs_ffmpeg
async def test_thumbnails_of_ones_own(stage: Stage, tmp_path: Path) -> None:
    me, other = await stage.people("amina", "bruno")
    square, tall = saved(gradient(64, 64), "PNG"), saved(gradient(30, 60), "PNG")
    sent = await _send(me, made.film(tmp_path).read_bytes(), thumbnail=square)
    found = await _ready(me, sent.body["id"])
    assert found["meta"]["small"]["size"] == "64x64"
    assert found["meta"]["original"]["width"] == 320
    one = f"{BASE}/{found['id']}"
    form = FormData()
    form.add_field("thumbnail", tall, filename="y", content_type="image/png")
    assert (await other.answer("PUT", one, data=form)).status == 404
    form = FormData()
    form.add_field("thumbnail", tall, filename="y", content_type="image/png")
    changed = await me.call("PUT", one, data=form)
    assert changed["meta"]["small"]["size"] == "30x60"
    assert changed["preview_url"] != found["preview_url"]
    await until(lambda: _gone(stage, found["preview_url"]))
    shown = await stage.answer("GET", changed["preview_url"])
    assert Image.open(io.BytesIO(shown.body)).size == (30, 60)
    form = FormData()
    form.add_field("thumbnail", b"nothing", filename="y", content_type="image/png")
    assert (await me.answer("PUT", one, data=form)).status == 422
    await me.call("DELETE", one)
    await until(lambda: _nothing(stage))


async def _gone(stage: Stage, url: str) -> bool:
    return (await stage.answer("GET", url)).status == 404


@made.needs_ffmpeg
async def test_what_fails_says_so(stage: Stage, tmp_path: Path) -> None:
    """A file whose head looks well, and whose rest is noise."""
    me = await stage.person("amina")
    content = bytearray(made.film(tmp_path, "film.webm", sound=False).read_bytes())
    start = len(content) // 20
    content[start:] = b"\x55" * (len(content) - start)
    sent = await _send(me, bytes(content))
    assert sent.status == 202

    async def failed() -> Any:
        answer = await me.answer("GET", f"{BASE}/{sent.body['id']}")
        return answer if answer.status != 206 else None

    answer = await until(failed)
    assert (answer.status, answer.body["error"]) == (422, "This file could not be converted")
    post = {"status": "with it", "media_ids": [sent.body["id"]]}
    refused = await me.answer("POST", "/api/v1/statuses", json=post)
    assert (refused.status, refused.body["error"]) == (422, answer.body["error"])
    await me.call("DELETE", f"{BASE}/{sent.body['id']}")
    await until(lambda: _nothing(stage))


@made.needs_ffmpeg
async def test_one_film_and_nothing_beside_it(stage: Stage, tmp_path: Path) -> None:
    me = await stage.person("amina")
    film = await _send(me, made.film(tmp_path).read_bytes(), version=1)
    picture = await _send(me, saved(gradient(), "PNG"))
    ids = [film.body["id"], picture.body["id"]]
    answer = await me.answer("POST", "/api/v1/statuses", json={"status": "x", "media_ids": ids})
    assert answer.status == 422
    assert answer.body["error"].startswith("Cannot attach a video")
    await me.write("x", media_ids=ids[:1])


@made.needs_ffmpeg
async def test_limits(opener: Opener, tmp_path: Path) -> None:
    extra = {"max_video_megabytes": 1, "max_image_megabytes": 1, "max_video_minutes": 1}
    async with opener("lyon", media=extra) as (stage,):
        me = await stage.person("amina")
        long = made.sound(tmp_path, seconds=70, options=("-b:a", "32k"))
        answer = await _send(me, long.read_bytes())
        assert answer.status == 422
        assert "at most 1 minutes" in answer.body["error"]
        big = made.film(tmp_path).read_bytes() + bytes(1 << 20)
        assert (await _send(me, big)).status == 413
        told = (await me.get("/api/v2/instance"))["configuration"]["media_attachments"]
        assert told["video_size_limit"] == told["image_size_limit"] == 1 << 20
        assert set(ACCEPTED) < set(told["supported_mime_types"])
        assert _files(stage) == []


@pytest.mark.parametrize("program", ["", "/nowhere/ffmpeg", "true"])
async def test_without_ffmpeg(opener: Opener, program: str) -> None:
    """It is not there, or it is something else: pictures only, and apps are told so."""
    async with opener("lyon", media={"ffmpeg": program}) as (stage,):
        me = await stage.person("amina")
        for content in (b"\0\0\0\x18ftypmp42" + bytes(50), b"ID3" + bytes(60)):
            for version in (1, 2):
                answer = await _send(me, content, version=version)
                assert answer.status == 422
                assert answer.body["error_code"] == "file_type_not_supported"
                assert answer.body["error"].startswith(
                    "Validation failed: Film and sound cannot be uploaded here"
                )
        content, _ = animation()
        gif = await _send(me, content)
        assert (gif.status, gif.body["type"]) == (200, "image")
        assert (await stage.answer("GET", gif.body["url"])).body == content
        for address in ("/api/v1/instance", "/api/v2/instance"):
            told = (await me.get(address))["configuration"]["media_attachments"]
            assert all(one.startswith("image/") for one in told["supported_mime_types"])


@made.needs_ffmpeg
async def test_films_reach_other_sites(two: list[Stage], tmp_path: Path) -> None:
    lyon, nantes = two
    me, other = await lyon.person("amina"), await nantes.person("bruno")
    await other.follow(me)
    sent = await _send(me, made.film(tmp_path).read_bytes(), version=1, description="A card")
    post = await me.write("Look", media_ids=[sent.body["id"]])
    there = await other.find_status(post["uri"])
    (attachment,) = there["media_attachments"]
    assert (attachment["type"], attachment["description"]) == ("video", "A card")
    assert attachment["blurhash"] == sent.body["blurhash"]
    assert attachment["preview_remote_url"] == sent.body["preview_url"]
    assert attachment["meta"]["original"]["width"] == 320
    assert 1.9 < attachment["meta"]["original"]["duration"] < 2.2
    proxy = f"{nantes.base_url}/media_proxy/"
    assert attachment["url"].startswith(proxy)
    assert attachment["preview_url"].startswith(proxy)
    original = await lyon.answer("GET", sent.body["url"])
    part = await nantes.answer("GET", attachment["url"], headers={"Range": "bytes=10-19"})
    assert (part.status, part.body) == (206, original.body[10:20])
    assert part.headers["Content-Type"] == "video/mp4"
    preview = await nantes.answer("GET", attachment["preview_url"])
    assert Image.open(io.BytesIO(preview.body)).size == (320, 180)
