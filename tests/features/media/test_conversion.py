"""The job behind a film: what it leaves when it ends, fails, is interrupted or not wanted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from fedrse.blobs.conversions import Source
from fedrse.blobs.converter import Converted, Converter
from fedrse.blobs.programs import Programs
from fedrse.blobs.recordings import Limits, UnusableRecording
from fedrse.blobs.store import BlobStore, new_key
from fedrse.blobs.workers import FileWorkers
from fedrse.core.clock import HOUR, ManualClock
from fedrse.core.errors import Invalid, NotFound
from fedrse.features.media.jobs_conversion import ATTEMPTS, FAILED, ConversionJobs
from fedrse.features.media.model import Media
from fedrse.features.media.service import DELETE_BLOBS, MediaLibrary
from fedrse.features.media.service_conversion import CONVERT, Conversions
from fedrse.features.media.service_uploads import SOURCE, UploadedFiles
from fedrse.jobs.model import Job, TryLater
from fedrse.store.database import Database
from tests.features.fakes import FakeQueue

CONTENT = b"RIFF\0\0\0\0WAVE" + bytes(60)


class FakeConverter(Converter):
    """Makes a file without any program; ``does`` is what happens on the way."""

    def __init__(self, workers: FileWorkers) -> None:
        super().__init__(Programs(""), workers, Limits(seconds=60, size=1000))
        self.does: Callable[[Path], Awaitable[None]] | None = None

    async def ready(self) -> bool:
        return True

    async def convert(self, source: Source, folder: Path) -> Converted:
        assert source.path.read_bytes() == CONTENT
        assert source.demuxer == "wav"
        assert list(folder.iterdir()) == []
        path = folder / "converted.mp3"
        path.write_bytes(b"played")
        if self.does is not None:
            await self.does(folder)
        return Converted(
            path=path,
            kind="audio",
            media_type="audio/mpeg",
            extension="mp3",
            size=6,
            seconds=2.5,
            width=None,
            height=None,
            details={"bitrate": 1000},
            preview=None,
        )


@dataclass
class Bench:
    database: Database
    library: MediaLibrary
    conversions: Conversions
    converter: FakeConverter
    blobs: BlobStore
    folder: Path
    jobs: ConversionJobs
    queue: FakeQueue
    me: int

    async def sent(self) -> Media:
        key = new_key(SOURCE)
        await self.blobs.put(key, CONTENT)
        return await self.database.write(self.conversions.add, self.me, "audio", key, len(CONTENT))

    def job(self, media: Media, attempt: int = 1) -> Job:
        assert (CONVERT, {"media": media.id}) in self.queue.jobs
        return Job(1, CONVERT, {"media": media.id}, None, attempt, 0)

    async def now(self, media: Media) -> Media:
        return await self.database.read(self.library.access_own, self.me, media.id)

    async def delete_blobs(self) -> None:
        for kind, arguments in self.queue.jobs:
            if kind == DELETE_BLOBS:
                await self.blobs.delete(*arguments["keys"])

    def files(self) -> list[bytes]:
        return sorted(path.read_bytes() for path in self.folder.rglob("*") if path.is_file())


@pytest.fixture
async def bench(
    database: Database,
    library: MediaLibrary,
    conversions: Conversions,
    queue: FakeQueue,
    me: int,
    tmp_path: Path,
) -> AsyncIterator[Bench]:
    folder = tmp_path / "media"
    blobs, workers = BlobStore(folder), FileWorkers()
    converter = FakeConverter(workers)
    files = UploadedFiles(
        database=database,
        library=library,
        conversions=conversions,
        blobs=blobs,
        workers=workers,
        converter=converter,
        largest_image=1000,
    )
    jobs = ConversionJobs(
        database=database, conversions=conversions, files=files, blobs=blobs, converter=converter
    )
    yield Bench(database, library, conversions, converter, blobs, folder, jobs, queue, me)
    workers.close()


async def test_it_becomes_ready(bench: Bench) -> None:
    media = await bench.sent()
    assert (media.state, media.key) == ("processing", None)
    await bench.jobs.convert(bench.job(media))
    found = await bench.now(media)
    assert (found.state, found.source_key, found.duration) == ("ready", None, 2.5)
    assert await bench.blobs.get(found.key or "") == b"played"
    await bench.delete_blobs()
    assert bench.files() == [b"played"]
    # A crash after the effect runs it again.
    await bench.jobs.convert(bench.job(media))
    assert await bench.now(media) == found
    assert bench.files() == [b"played"]


async def test_what_a_killed_process_left_is_no_obstacle(bench: Bench) -> None:
    media = await bench.sent()
    folder = bench.blobs.incoming / str(media.id)
    folder.mkdir()
    (folder / "converted.mp3").write_bytes(b"half of it")
    await bench.jobs.convert(bench.job(media))
    await bench.delete_blobs()
    assert bench.files() == [b"played"]


async def test_a_cancelled_one_is_begun_anew(bench: Bench) -> None:
    media = await bench.sent()
    begun = asyncio.Event()

    async def hangs(_folder: Path) -> None:
        begun.set()
        await asyncio.sleep(3600)

    bench.converter.does = hangs
    task = asyncio.create_task(bench.jobs.convert(bench.job(media)))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert bench.files() == [CONTENT]
    assert (await bench.now(media)).state == "processing"
    bench.converter.does = None
    await bench.jobs.convert(bench.job(media))
    assert (await bench.now(media)).state == "ready"


async def test_one_at_a_time(bench: Bench) -> None:
    first, second = await bench.sent(), await bench.sent()
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def waits(_folder: Path) -> None:
        begun.set()
        await go_on.wait()

    bench.converter.does = waits
    task = asyncio.create_task(bench.jobs.convert(bench.job(first)))
    await begun.wait()
    with pytest.raises(TryLater):
        await bench.jobs.convert(bench.job(second))
    go_on.set()
    await task
    await bench.jobs.convert(bench.job(second))
    assert (await bench.now(second)).state == "ready"


async def test_a_file_that_cannot_be_converted(bench: Bench, add_post: object) -> None:
    media = await bench.sent()

    async def refuses(_folder: Path) -> None:
        raise UnusableRecording("This file could not be converted")

    bench.converter.does = refuses
    await bench.jobs.convert(bench.job(media))
    found = await bench.now(media)
    assert (found.state, found.error) == ("failed", "This file could not be converted")
    await bench.delete_blobs()
    assert bench.files() == []
    with pytest.raises(Invalid, match="could not be converted"):
        await bench.database.write(bench.library.attach, bench.me, 7, [media.id])


async def test_a_full_disk_is_tried_again_a_few_times(bench: Bench) -> None:
    media = await bench.sent()

    async def full(_folder: Path) -> None:
        raise OSError("No space left on device")

    bench.converter.does = full
    for attempt in range(1, ATTEMPTS):
        with pytest.raises(OSError, match="No space"):
            await bench.jobs.convert(bench.job(media, attempt))
        assert (await bench.now(media)).state == "processing"
    await bench.jobs.convert(bench.job(media, ATTEMPTS))
    assert (await bench.now(media)).error == FAILED
    await bench.delete_blobs()
    assert bench.files() == []


async def test_one_that_is_deleted_meanwhile(bench: Bench) -> None:
    media = await bench.sent()

    async def deleted(_folder: Path) -> None:
        await bench.database.write(bench.library.remove, bench.me, media.id)

    bench.converter.does = deleted
    await bench.jobs.convert(bench.job(media))
    with pytest.raises(NotFound):
        await bench.now(media)
    await bench.delete_blobs()
    assert bench.files() == []


async def test_one_that_nobody_used_goes_with_what_was_sent(
    bench: Bench, clock: ManualClock
) -> None:
    media = await bench.sent()
    clock.advance(25 * HOUR)
    await bench.database.write(bench.library.remove_abandoned)
    await bench.jobs.convert(bench.job(media))
    await bench.delete_blobs()
    assert bench.files() == []
