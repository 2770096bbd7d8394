"""Copies of files of other sites: fetched when somebody looks, kept for a while.

Images are drawn again, so nothing but pixels reaches a reader; films and sounds are kept as they
are and served so that browsers only play them.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from msgspec import Struct

from fedrse.activitypub.quotas import Quota, Quotas
from fedrse.blobs.formats import HEAD, Family, Format, sniff
from fedrse.blobs.pictures import PREVIEW_TYPE, UnusableImage, process_file
from fedrse.blobs.store import BlobStore, new_key
from fedrse.blobs.workers import FileWorkers
from fedrse.core.clock import DAY, Clock
from fedrse.core.errors import FedrseError, NotFound
from fedrse.core.ports import Protocol
from fedrse.features.media import queries_remote as queries
from fedrse.features.media.service import DELETE_BLOBS
from fedrse.jobs.queue import Queue
from fedrse.net.client import FetchLimits, Response, Sink
from fedrse.store.database import Database, Transaction

MEGABYTE = 1024 * 1024
AT_ONCE = 4  # downloads of one process
BLOCK = 1 << 18  # bytes that are written at once
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

    async def download(
        self, url: str, sink: Sink, *, accept: str = ..., limits: FetchLimits = ...
    ) -> Response: ...


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
        jobs: Queue,
        largest: int,
        kept: int,
        quotas: Quotas | None = None,
        is_unwanted: Callable[[str], bool] = lambda _host: False,
    ) -> None:
        """``largest`` in bytes; ``kept``: milliseconds after which what nobody looks at goes.

        ``is_unwanted``: whether the policy shows no files of a host, those that are known neither.
        """
        self._is_unwanted = is_unwanted
        self._database = database
        self._clock = clock
        self._client = client
        self._blobs = blobs
        self._workers = workers
        self._jobs = jobs
        self._quotas = quotas
        self._limits = FetchLimits(body=largest, redirects=2, seconds=SECONDS)
        self._kept = kept
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._running: dict[str, asyncio.Task[Copy]] = {}

    async def copy(self, url: str) -> Copy:
        """The copy of a file, fetched if need be.

        Raises NotFound for what cannot be had, TooMany where the quota of its host is used up.
        """
        if self._is_unwanted(urlsplit(url).netloc.lower()):
            raise NotFound
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
            path = self._blobs.incoming / f"copy-{secrets.token_hex(8)}"
            try:
                stored = await self._store(await self._download(url, path), path)
            finally:
                await asyncio.to_thread(path.unlink, missing_ok=True)
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

    async def _download(self, url: str, path: Path) -> str:
        """Writes the file to the disk, not to the memory; returns the media type that was told."""
        block = bytearray()
        host = urlsplit(url).netloc.lower()
        if self._quotas is not None:
            self._quotas.require(Quota.MEDIA, host)
        with await asyncio.to_thread(path.open, "wb") as file:

            async def keep(piece: bytes) -> None:
                block.extend(piece)
                if self._quotas is not None:
                    self._quotas.spend(Quota.MEDIA, host, len(piece))
                if len(block) >= BLOCK:
                    await asyncio.to_thread(file.write, bytes(block))
                    block.clear()

            try:
                response = await self._client.download(url, keep, limits=self._limits)
            except FedrseError as error:
                log.info("remote_file_not_fetched", url=url, why=error.code)
                raise NotFound from error
            if response.status != 200:
                raise NotFound
            await asyncio.to_thread(file.write, bytes(block))
        return response.headers.get("content-type", "").partition(";")[0].strip().lower()

    async def _store(self, told: str, path: Path) -> tuple[str, str, str, int]:
        size, found = await asyncio.to_thread(_look, path)
        extension = PLAYED.get(told)
        if extension is not None and found is not None and found.family is Family.RECORDING:
            key = new_key(extension)
            await self._blobs.adopt(key, path)
            return key, key, told, size
        # Whatever it says it is: an image is drawn again, anything else is not shown.
        try:
            image = await self._workers.run(process_file, str(path))
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


def _look(path: Path) -> tuple[int, Format | None]:
    """Bytes and format of a file."""
    with path.open("rb") as file:
        return path.stat().st_size, sniff(file.read(HEAD))
