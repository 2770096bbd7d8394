"""Copies of files of other sites: fetched when somebody looks, kept for a while.

Images are drawn again, so nothing but pixels reaches a reader; films and sounds are kept as they
are and served so that browsers only play them.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog
from msgspec import Struct

from fedrse.blobs.pictures import PREVIEW_TYPE, UnusableImage, process_image
from fedrse.blobs.store import BlobStore, new_key
from fedrse.blobs.workers import FileWorkers
from fedrse.core.clock import DAY, Clock
from fedrse.core.errors import FedrseError, NotFound
from fedrse.features.media import queries_remote as queries
from fedrse.features.media.service import DELETE_BLOBS, JobQueue
from fedrse.net.client import FetchLimits, Response
from fedrse.store.database import Database, Transaction

MEGABYTE = 1024 * 1024
AT_ONCE = 4  # downloads of one process: each may fill the memory with its file
SECONDS = 60.0
# What is played as it is; anything else that is no image is not shown.
PLAYED = {
    "video/mp4": "mp4",
    "video/webm": "webm",
    "video/ogg": "ogv",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/mp4": "m4a",
    "audio/aac": "aac",
    "audio/flac": "flac",
    "audio/wav": "wav",
    "audio/webm": "weba",
}
log = structlog.get_logger(__name__)


class WebClient(Protocol):
    """Fetches addresses; ``net.client.GuardedClient``."""

    async def get(self, url: str, *, accept: str = ..., limits: FetchLimits = ...) -> Response: ...


class Copy(Struct, frozen=True):
    """A row of ``remote_file``: the keys of the file and its thumbnail, which may be the same."""

    url_hash: str
    key: str
    preview_key: str
    media_type: str
    size: int
    fetched_at: int
    used_at: int


class RemoteFiles:
    """The only writer of ``remote_file``."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        client: WebClient,
        blobs: BlobStore,
        workers: FileWorkers,
        jobs: JobQueue,
        largest: int,
        kept: int,
    ) -> None:
        """``largest`` in bytes; ``kept``: milliseconds after which what nobody looks at goes."""
        self._database = database
        self._clock = clock
        self._client = client
        self._blobs = blobs
        self._workers = workers
        self._jobs = jobs
        self._limits = FetchLimits(body=largest, redirects=2, seconds=SECONDS)
        self._kept = kept
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._running: dict[str, asyncio.Task[Copy]] = {}

    async def copy(self, url: str) -> Copy:
        """The copy of a file, fetched if need be. Raises NotFound for what cannot be had."""
        name = hashlib.sha256(url.encode()).hexdigest()
        row = await self._database.read(self._known, name)
        if row is not None:
            if self._clock.now() - row.used_at > DAY:
                await self._database.write(self._touch, name)
            return row
        return await self._once(name, lambda: self._fetch(name, url))

    async def _once(self, name: str, work: Callable[[], Awaitable[Copy]]) -> Copy:
        """Several who look at the same file at the same time wait for one download."""
        task = self._running.get(name)
        if task is None:
            task = asyncio.ensure_future(work())
            self._running[name] = task
            task.add_done_callback(lambda _done: self._running.pop(name, None))
        return await asyncio.shield(task)

    async def _known(self, tx: Transaction, name: str) -> Copy | None:
        row = await tx.one(queries.BY_HASH, name=name)
        return None if row is None else Copy(*row)

    async def _touch(self, tx: Transaction, name: str) -> None:
        await tx.run(queries.TOUCH, name=name, now=self._clock.now())

    async def _fetch(self, name: str, url: str) -> Copy:
        async with self._turn:
            response = await self._get(url)
            stored = await self._store(response)
        now = self._clock.now()
        row = Copy(name, *stored, fetched_at=now, used_at=now)
        try:
            return await self._database.write(self._add, row)
        except BaseException:
            await self._blobs.delete(row.key, row.preview_key)
            raise

    async def _add(self, tx: Transaction, row: Copy) -> Copy:
        """Another process may have been first: then its copy counts."""
        values = {field: getattr(row, field) for field in Copy.__struct_fields__}
        if await tx.run(queries.ADD, **values):
            return row
        await self._drop(tx, [row])
        first = await tx.one(queries.BY_HASH, name=row.url_hash)
        assert first is not None  # noqa: S101  (it was in the way)
        return Copy(*first)

    async def _get(self, url: str) -> Response:
        try:
            response = await self._client.get(url, limits=self._limits)
        except FedrseError as error:
            log.info("remote_file_not_fetched", url=url, why=error.code)
            raise NotFound from error
        if response.status != 200:
            raise NotFound
        return response

    async def _store(self, response: Response) -> tuple[str, str, str, int]:
        headers = {name.lower(): value for name, value in response.headers.items()}
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        extension = PLAYED.get(media_type)
        if extension is not None:
            key = new_key(extension)
            await self._blobs.put(key, response.body)
            return key, key, media_type, len(response.body)
        try:
            image = await self._workers.run(process_image, response.body)
        except UnusableImage as error:
            raise NotFound from error
        key, preview = new_key(image.extension), new_key(PREVIEW_TYPE[1])
        await self._blobs.put(key, image.content)
        await self._blobs.put(preview, image.preview)
        return key, preview, image.media_type, len(image.content)

    # Going

    async def forget_unused(self, tx: Transaction) -> int:
        """Removes copies that nobody has looked at for a while; returns how many."""
        rows = await tx.all(queries.UNUSED, before=self._clock.now() - self._kept)
        found = [Copy(*row) for row in rows]
        if found:
            await tx.run(queries.REMOVE, names=[one.url_hash for one in found])
            await self._drop(tx, found)
        return len(found)

    async def _drop(self, tx: Transaction, found: list[Copy]) -> None:
        keys = sorted({key for one in found for key in (one.key, one.preview_key)})
        await self._jobs.enqueue(tx, DELETE_BLOBS, {"keys": keys})
