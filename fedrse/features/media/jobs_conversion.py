"""The job that makes a film or sound playable for everybody; one at a time in each process."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import structlog

from fedrse.blobs.conversions import Source
from fedrse.blobs.converter import Converted, Converter
from fedrse.blobs.formats import HEAD, sniff
from fedrse.blobs.pictures import UnusableImage
from fedrse.blobs.recordings import UnusableRecording
from fedrse.blobs.store import BlobStore, new_key
from fedrse.core.clock import SECOND
from fedrse.features.media.model import Media
from fedrse.features.media.service_conversion import CONVERT, Conversions
from fedrse.features.media.service_uploads import UploadedFiles
from fedrse.jobs.model import Job, TryLater
from fedrse.jobs.runner import Runner
from fedrse.store.database import Database

ATTEMPTS = 4
NEXT_LOOK = 2 * SECOND
FAILED = "This file could not be processed, please try another one"
log = structlog.get_logger(__name__)


class ConversionJobs:
    """Handler of the job."""

    def __init__(
        self,
        *,
        database: Database,
        conversions: Conversions,
        files: UploadedFiles,
        blobs: BlobStore,
        converter: Converter,
    ) -> None:
        self._database = database
        self._conversions = conversions
        self._files = files
        self._blobs = blobs
        self._converter = converter
        self._turn = asyncio.Lock()

    def register(self, runner: Runner) -> None:
        """Takes the job."""
        runner.handle(CONVERT, self.convert, attempts=ATTEMPTS)

    async def convert(self, job: Job) -> None:
        """Converts one file; what was begun by a process that died begins anew."""
        if self._turn.locked():
            # Whoever waits here would keep other jobs from running.
            raise TryLater("another file is being converted", delay=NEXT_LOOK)
        async with self._turn:
            media = await self._database.read(
                self._conversions.waiting, int(job.arguments["media"])
            )
            if media is None:
                return
            try:
                await self._in_folder(media)
            except (UnusableRecording, UnusableImage) as error:
                await self._database.write(self._conversions.fail, media.id, str(error))
            except Exception:
                if job.attempt < ATTEMPTS:
                    raise
                log.exception("media_not_converted", media=media.id)
                await self._database.write(self._conversions.fail, media.id, FAILED)

    async def _in_folder(self, media: Media) -> None:
        folder = self._blobs.incoming / str(media.id)
        await asyncio.to_thread(_make_empty, folder)
        try:
            await self._convert(media, folder)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _convert(self, media: Media, folder: Path) -> None:
        if not await self._converter.ready():
            raise UnusableRecording("Film and sound cannot be processed here any more")
        source = self._blobs.path(media.source_key or "")
        demuxer = await asyncio.to_thread(_demuxer_of, source, media)
        await self._keep(media, await self._converter.convert(Source(source, demuxer), folder))

    async def _keep(self, media: Media, made: Converted) -> None:
        """Stores what was made, then records it; without a record it goes."""
        thumbnail = None
        key = new_key(made.extension)
        stored = [key]
        try:
            await self._blobs.adopt(key, made.path)
            if made.preview is not None:
                thumbnail = await self._files.keep_thumbnail(made.preview)
                stored.append(thumbnail.key)
            wanted = await self._database.write(
                self._conversions.finish, media.id, made, key, thumbnail
            )
        except BaseException:
            await self._blobs.delete(*stored)
            raise
        if not wanted:
            await self._blobs.delete(*stored)


def _make_empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()


def _demuxer_of(source: Path, media: Media) -> str:
    if media.kind == "gifv":
        return "gif"
    with source.open("rb") as file:
        found = sniff(file.read(HEAD))
    if found is None or not found.demuxer:
        raise UnusableRecording(FAILED)
    return found.demuxer
