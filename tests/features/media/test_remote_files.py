"""Copies of files of other sites: what is kept, and what only claims to be a film."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from fedrse.activitypub.quotas import Quota, Quotas
from fedrse.blobs.store import BlobStore
from fedrse.blobs.workers import FileWorkers
from fedrse.core.clock import DAY, ManualClock
from fedrse.core.errors import NotFound, TooMany
from fedrse.core.settings_limits import LimitSettings
from fedrse.features.media.service_remote import RemoteFiles
from fedrse.net.client import FetchLimits, Response, Sink
from fedrse.net.errors import ResponseTooLarge
from fedrse.store.database import Database
from tests.blobs.pictures import SECRET, with_metadata
from tests.features.fakes import FakeQueue

FILM = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(1_000_000)
URL = "https://nantes.corp.example/film.mp4"


@dataclass
class FakeClient:
    """Answers everything with one file, in pieces."""

    media_type: str = "video/mp4"
    body: bytes = FILM
    status: int = 200
    asked: int = 0

    async def download(
        self, url: str, sink: Sink, *, accept: str = "*/*", limits: FetchLimits | None = None
    ) -> Response:
        self.asked += 1
        assert limits is not None
        for start in range(0, len(self.body), 70_000):
            if start > limits.body:
                raise ResponseTooLarge("body_too_large", "The answer is too large")
            await sink(self.body[start : start + 70_000])
        return Response(self.status, {"content-type": f"{self.media_type}; x=y"}, b"", url)


@dataclass
class Bench:
    files: RemoteFiles
    client: FakeClient
    folder: Path

    def kept(self) -> list[Path]:
        return [path for path in self.folder.rglob("*") if path.is_file()]


@pytest.fixture
async def bench(
    database: Database, clock: ManualClock, queue: FakeQueue, tmp_path: Path
) -> AsyncIterator[Bench]:
    client, workers = FakeClient(), FileWorkers()
    files = RemoteFiles(
        database=database,
        clock=clock,
        client=client,
        blobs=BlobStore(tmp_path / "media"),
        workers=workers,
        jobs=queue,
        largest=2_000_000,
        kept=DAY,
    )
    yield Bench(files, client, tmp_path / "media")
    workers.close()


async def test_films_are_kept_as_they_are(bench: Bench) -> None:
    found = await bench.files.copy(URL)
    assert (found.media_type, found.size) == ("video/mp4", len(FILM))
    assert found.key == found.preview_key
    (path,) = bench.kept()
    assert path.name == found.key
    assert path.suffix == ".mp4"
    assert path.read_bytes() == FILM
    assert await bench.files.copy(URL) == found
    assert bench.client.asked == 1


@pytest.mark.parametrize(
    "body",
    [
        b"<html><script>alert(1)</script></html>",
        b"#EXTM3U\nhttp://127.0.0.1/\n",
        b"<svg onload='alert(1)'/>",
        b"",
    ],
)
@pytest.mark.parametrize("media_type", ["video/mp4", "audio/mpeg", "text/html", "image/png", ""])
async def test_what_only_claims_to_be_shown(bench: Bench, body: bytes, media_type: str) -> None:
    bench.client.body, bench.client.media_type = body, media_type
    with pytest.raises(NotFound):
        await bench.files.copy(URL)
    assert bench.kept() == []


async def test_films_that_claim_to_be_something_else(bench: Bench) -> None:
    bench.client.media_type = "text/html"
    with pytest.raises(NotFound):
        await bench.files.copy(URL)
    assert bench.kept() == []


@pytest.mark.parametrize("media_type", ["image/jpeg", "text/html", "video/mp4"])
async def test_pictures_are_drawn_again(bench: Bench, media_type: str) -> None:
    bench.client.body, bench.client.media_type = with_metadata("JPEG"), media_type
    found = await bench.files.copy(URL)
    assert found.media_type == "image/jpeg"
    kept = bench.kept()
    assert {path.name for path in kept} == {found.key, found.preview_key}
    assert all(SECRET not in path.read_bytes() for path in kept)


async def test_too_large_or_not_there(bench: Bench) -> None:
    bench.client.body = FILM * 4
    with pytest.raises(NotFound):
        await bench.files.copy(URL)
    bench.client.body, bench.client.status = FILM, 404
    with pytest.raises(NotFound):
        await bench.files.copy(URL)
    assert bench.kept() == []


async def test_the_quota_of_a_host_is_used_up(bench: Bench, database: Database) -> None:
    quotas = Quotas(
        settings=LimitSettings(media_megabytes_per_day=1),
        clock=ManualClock(),
        database=database,
        is_trusted=lambda _host: False,
    )
    bench.files._quotas = quotas
    quotas.spend(Quota.MEDIA, urlsplit(URL).netloc, 1 << 20)
    with pytest.raises(TooMany) as caught:
        await bench.files.copy(URL)
    assert caught.value.retry_after >= 1
    assert bench.client.asked == 0
    elsewhere = URL.replace(urlsplit(URL).netloc, "other.example")
    assert (await bench.files.copy(elsewhere)).size == len(FILM)


async def test_files_of_a_peer_that_rules_show_without_media_are_not_copied_or_shown(
    bench: Bench,
) -> None:
    assert (await bench.files.copy(URL)).key
    silent: set[str] = {"nantes.corp.example"}
    bench.files._is_unwanted = silent.__contains__
    for url in (URL, f"{URL}?other"):
        with pytest.raises(NotFound):
            await bench.files.copy(url)
    assert bench.client.asked == 1
    silent.clear()
    assert (await bench.files.copy(URL)).key, "it is back when the rule ends"
