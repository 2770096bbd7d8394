"""Uploads over the client API, and the addresses of files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import FormData

from fedrse.blobs.converter import Converter
from fedrse.blobs.programs import Programs
from fedrse.blobs.recordings import Limits
from fedrse.blobs.store import BlobStore, new_key
from fedrse.blobs.workers import FileWorkers
from fedrse.core.clock import SECOND, ManualClock
from fedrse.core.errors import Unavailable
from fedrse.core.settings_limits import LimitSettings
from fedrse.features.media.api import MediaApi, routes
from fedrse.features.media.model import LONGEST_DESCRIPTION, MediaUrls
from fedrse.features.media.service import DELETE_BLOBS, MediaLibrary
from fedrse.features.media.service_conversion import Conversions
from fedrse.features.media.service_served import ServedBytes
from fedrse.features.media.service_uploads import UploadedFiles
from fedrse.store.database import Database
from tests.blobs.pictures import SECRET, animation, gradient, saved, with_metadata
from tests.features.fakes import FakeQueue
from tests.features.surface import Surface, surface
from tests.features.timelines.histories import World

LARGEST = 60_000


@dataclass
class Site:
    surface: Surface
    blobs: BlobStore
    folder: Path
    api: MediaApi

    def files(self) -> list[Path]:
        return [path for path in self.folder.rglob("*") if path.is_file()]


@pytest.fixture
async def site(
    database: Database,
    library: MediaLibrary,
    conversions: Conversions,
    clock: ManualClock,
    tmp_path: Path,
) -> AsyncIterator[Site]:
    folder = tmp_path / "media"
    blobs, workers = BlobStore(folder), FileWorkers()
    files = UploadedFiles(
        database=database,
        library=library,
        conversions=conversions,
        blobs=blobs,
        workers=workers,
        converter=Converter(Programs(""), workers, Limits(seconds=60, size=LARGEST)),
        largest_image=LARGEST,
    )
    api = MediaApi(
        database=database,
        library=library,
        files=files,
        blobs=blobs,
        urls=MediaUrls("/media"),
        served=ServedBytes(LimitSettings(served_megabytes_per_hour=1), clock),
    )
    async with surface(routes(api, files.largest), clock=clock, folder=tmp_path) as running:
        yield Site(running, blobs, folder, api)
    workers.close()


def form(content: bytes, filename: str = "photo.jpg", **fields: str) -> FormData:
    data = FormData()
    data.add_field("file", content, filename=filename, content_type="image/jpeg")
    for name, value in fields.items():
        data.add_field(name, value)
    return data


async def test_one_address_gets_so_many_bytes(site: Site, me: int, clock: ManualClock) -> None:
    call = site.surface.call
    _, _, made = await call("POST", "/api/v2/media", me, data=form(with_metadata("JPEG")))
    path = site.blobs.path(made["url"].rpartition("/")[2])
    path.write_bytes(bytes(700_000))
    part = {"Range": "bytes=0-99"}
    for _ in range(50):
        assert (await call("GET", made["url"], headers=part))[0] == 206, "only what is sent counts"
    for _ in range(2):
        assert (await call("GET", made["url"]))[0] == 200
    status, headers, answer = await call("GET", made["url"])
    assert (status, answer["error_code"]) == (429, "quota_exceeded")
    # About 350 kB too much, and a megabyte comes back in an hour.
    assert 1000 < int(headers["Retry-After"]) < 1500
    clock.advance(int(headers["Retry-After"]) * SECOND)
    assert (await call("GET", made["url"], headers=part))[0] == 206


async def test_upload_show_change_remove(site: Site, me: int, queue: FakeQueue) -> None:
    call = site.surface.call
    content = with_metadata("JPEG")
    data = form(content, description="Le pont", focus="0.5,-0.25")
    status, _, made = await call("POST", "/api/v2/media", me, data=data)
    assert status == 200
    assert made["type"] == "image"
    assert made["description"] == "Le pont"
    assert made["meta"]["focus"] == {"x": 0.5, "y": -0.25}
    assert made["meta"]["original"]["size"] == "48x32"
    assert made["blurhash"]
    address = f"/api/v1/media/{made['id']}"
    assert await site.surface.get(address, me) == made
    for path in (made["url"], made["preview_url"]):
        status, headers, stored = await call("GET", path)
        assert status == 200
        assert headers["Content-Type"] in {"image/jpeg", "image/webp"}
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in headers["Content-Security-Policy"]
        assert SECRET not in stored
    status, _, changed = await call("PUT", address, me, data={"description": "Une grue"})
    assert (status, changed["description"]) == (200, "Une grue")
    assert changed["meta"]["focus"] == {"x": 0.5, "y": -0.25}
    assert (await call("DELETE", address, me))[0] == 200
    assert (await call("GET", address, me))[0] == 404
    ((kind, arguments),) = queue.jobs
    assert kind == DELETE_BLOBS
    assert [f"/media/{key}" for key in arguments["keys"]] == [made["url"], made["preview_url"]]
    await site.blobs.delete(*arguments["keys"])
    assert (await call("GET", made["url"]))[0] == 404


async def test_files_of_other_features(site: Site) -> None:
    """Avatars and emoji have no row here."""
    key = new_key("png")
    await site.blobs.put(key, b"content")
    status, headers, stored = await site.surface.call("GET", f"/media/{key}")
    assert (status, headers["Content-Type"], stored) == (200, "image/png", b"content")
    for hidden in (new_key("html"), new_key()):
        await site.blobs.put(hidden, b"<script>")
        assert (await site.surface.call("GET", f"/media/{hidden}"))[0] == 404


async def test_animations_come_back_moving(site: Site, me: int) -> None:
    content, _ = animation()
    status, _, made = await site.surface.call("POST", "/api/v1/media", me, data=form(content))
    assert status == 200
    _, headers, stored = await site.surface.call("GET", made["url"])
    assert headers["Content-Type"] == "image/gif"
    assert stored == content


@pytest.mark.parametrize(
    ("content", "fields", "status"),
    [
        (b"<svg onload='alert(1)'/>", {}, 422),
        (b"", {}, 422),
        (saved(gradient(), "JPEG")[:300], {}, 422),
        (b"\0" * (LARGEST + 1), {}, 413),
        (saved(gradient(), "PNG"), {"focus": "2,0"}, 422),
        (saved(gradient(), "PNG"), {"focus": "nan,0"}, 422),
        (saved(gradient(), "PNG"), {"focus": "a"}, 422),
        (saved(gradient(), "PNG"), {"description": "x" * (LONGEST_DESCRIPTION + 1)}, 422),
    ],
)
async def test_refused_uploads_leave_nothing(
    site: Site, me: int, content: bytes, fields: dict[str, str], status: int
) -> None:
    found, _, body = await site.surface.call(
        "POST", "/api/v2/media", me, data=form(content, **fields)
    )
    assert found == status, body
    assert body["error"]
    assert site.files() == []


async def test_a_form_without_a_file(site: Site, me: int) -> None:
    status, _, body = await site.surface.call("POST", "/api/v2/media", me, data={"file": "text"})
    assert (status, body["error"]) == (422, "Validation failed: File can't be blank")


async def test_files_go_if_their_row_cannot_be_written(
    site: Site, me: int, library: MediaLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object, **__: object) -> None:
        raise Unavailable("database_full", "The disk is full")

    monkeypatch.setattr(library, "add_image", fails)
    content = saved(gradient(), "PNG")
    status, _, _ = await site.surface.call("POST", "/api/v2/media", me, data=form(content))
    assert status == 503
    assert site.files() == []


async def test_only_people_upload_and_only_owners_look(
    site: Site, me: int, world: World, database: Database
) -> None:
    content = saved(gradient(), "PNG")
    assert (await site.surface.call("POST", "/api/v2/media", data=form(content)))[0] == 401
    _, _, made = await site.surface.call("POST", "/api/v2/media", me, data=form(content))
    other = await database.write(world.add_person)
    address = f"/api/v1/media/{made['id']}"
    assert (await site.surface.call("GET", address))[0] == 401
    for method in ("GET", "PUT", "DELETE"):
        assert (await site.surface.call(method, address, other))[0] == 404


@pytest.mark.parametrize(
    "key", ["x", "..%2F..%2Fsite.db", "%2e%2e/site.db", "0" * 32, "0" * 32 + ".png", "%00"]
)
async def test_other_addresses_are_no_files(site: Site, key: str) -> None:
    status, _, _ = await site.surface.call("GET", f"/media/{key}")
    assert status in {400, 404}


async def test_a_file_without_bytes(site: Site, me: int) -> None:
    """The row is there, the file is not: a folder that was not restored."""
    content = saved(gradient(), "PNG")
    _, _, made = await site.surface.call("POST", "/api/v2/media", me, data=form(content))
    await site.blobs.delete(made["url"].removeprefix("/media/"))
    assert (await site.surface.call("GET", made["url"]))[0] == 404
