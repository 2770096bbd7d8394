"""Wires uploads: what takes files, what converts films and sounds, and the jobs behind them."""

from __future__ import annotations

from msgspec import Struct

from fedrse.app.ground import Ground
from fedrse.blobs.converter import Converter
from fedrse.blobs.programs import Programs
from fedrse.blobs.recordings import Limits
from fedrse.blobs.store import BlobStore
from fedrse.blobs.workers import FileWorkers
from fedrse.core.clock import SystemClock
from fedrse.features.media import api
from fedrse.features.media.jobs import MediaJobs
from fedrse.features.media.jobs_conversion import ConversionJobs
from fedrse.features.media.model import MediaUrls
from fedrse.features.media.service import MediaLibrary
from fedrse.features.media.service_conversion import Conversions
from fedrse.features.media.service_remote import MEGABYTE, RemoteFiles
from fedrse.features.media.service_served import ServedBytes
from fedrse.features.media.service_uploads import UploadedFiles
from fedrse.http.routes import Route


class UploadParts(Struct, frozen=True):
    """What belongs to uploads."""

    library: MediaLibrary
    files: UploadedFiles
    conversions: Conversions
    converter: Converter
    blobs: BlobStore


def make_uploads(
    ground: Ground, *, library: MediaLibrary, blobs: BlobStore, workers: FileWorkers
) -> UploadParts:
    """Makes everything; no program is started yet."""
    settings = ground.settings.media
    limits = Limits(
        seconds=settings.max_video_minutes * 60, size=settings.max_video_megabytes * MEGABYTE
    )
    converter = Converter(Programs(settings.ffmpeg), workers, limits)
    conversions = Conversions(clock=ground.clock, ids=ground.ids, jobs=ground.queue)
    files = UploadedFiles(
        database=ground.database,
        library=library,
        conversions=conversions,
        blobs=blobs,
        workers=workers,
        converter=converter,
        largest_image=settings.max_image_megabytes * MEGABYTE,
    )
    return UploadParts(library, files, conversions, converter, blobs)


def register_jobs(ground: Ground, uploads: UploadParts, remote: RemoteFiles) -> None:
    """Takes the jobs of uploads and of copies of other sites' files."""
    MediaJobs(
        database=ground.database, library=uploads.library, blobs=uploads.blobs, remote=remote
    ).register(ground.runner)
    ConversionJobs(
        database=ground.database,
        conversions=uploads.conversions,
        files=uploads.files,
        blobs=uploads.blobs,
        converter=uploads.converter,
    ).register(ground.runner)


def upload_routes(ground: Ground, uploads: UploadParts, urls: MediaUrls) -> list[Route]:
    """Client API of uploads, and the addresses of stored files."""
    handlers = api.MediaApi(
        database=ground.database,
        library=uploads.library,
        files=uploads.files,
        blobs=uploads.blobs,
        urls=urls,
        served=ServedBytes(ground.settings.limits, SystemClock()),
    )
    return api.routes(handlers, uploads.files.largest)
