"""Client API: uploads (Mastodon API ``media``), and the addresses of stored files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from fedrse.blobs.store import BlobStore
from fedrse.core.errors import Invalid, NotFound
from fedrse.features.media.model import Media, MediaUrls, entity, media_type_of
from fedrse.features.media.service import MediaLibrary
from fedrse.features.media.service_conversion import PROCESSING
from fedrse.features.media.service_served import ServedBytes
from fedrse.features.media.service_uploads import Sent, UploadedFiles
from fedrse.http.multipart import Uploads
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Limit, Route, Surface
from fedrse.store.database import Database

IMMUTABLE = "public, max-age=604800, immutable"
# What a player may do with a film that is opened by itself; nothing else is allowed in it.
SHOWN_ALONE = "default-src 'none'; media-src 'self'; sandbox"
LOOKS = 0.2  # seconds between two looks whether a file is converted
PATIENCE = 300.0  # seconds that version 1 waits for it


class MediaApi:
    """Handlers of uploads and files."""

    def __init__(
        self,
        *,
        database: Database,
        library: MediaLibrary,
        files: UploadedFiles,
        blobs: BlobStore,
        urls: MediaUrls,
        served: ServedBytes,
    ) -> None:
        self._served = served
        self._database = database
        self._library = library
        self._files = files
        self._blobs = blobs
        self._urls = urls

    async def upload(self, request: Request) -> Reply:
        """``POST /api/v2/media``: 200 for what is ready, 202 for what has to be converted."""
        media = await self._take(request)
        return json_reply(entity(media, self._urls), status=202 if _is_waiting(media) else 200)

    async def upload_and_wait(self, request: Request) -> Reply:
        """``POST /api/v1/media``: answers when the file is ready."""
        media = await self._take(request)
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while _is_waiting(media):
                    await asyncio.sleep(LOOKS)
                    media = await self._own(request, media.id)
        return self._shown(media, waiting=202)

    async def _take(self, request: Request) -> Media:
        upload, thumbnail = request.uploads.get("file"), request.uploads.get("thumbnail")
        if upload is None:
            raise Invalid("file_missing", "Validation failed: File can't be blank")
        sent = Sent(
            path=upload.path,
            size=upload.size,
            thumbnail=None if thumbnail is None else thumbnail.path,
            description=request.text("description") or "",
            focus=_focus(request.text("focus")) or (0.0, 0.0),
        )
        return await self._files.take(request.require_viewer(), sent)

    async def _own(self, request: Request, media_id: int) -> Media:
        return await self._database.read(
            self._library.access_own, request.require_viewer(), media_id
        )

    def _shown(self, media: Media, *, waiting: int) -> Reply:
        """The entity, with a status that tells whether it is ready. Raises Invalid: it failed."""
        if media.error is not None:
            raise Invalid("media_failed", media.error)
        return json_reply(entity(media, self._urls), status=waiting if _is_waiting(media) else 200)

    async def show(self, request: Request) -> Reply:
        """``GET /api/v1/media/:id``: 206 while it is converted, 422 when that has failed."""
        return self._shown(await self._own(request, request.path_id()), waiting=206)

    async def change(self, request: Request) -> Reply:
        """``PUT /api/v1/media/:id``."""
        thumbnail = request.uploads.get("thumbnail")
        if thumbnail is not None:
            media = await self._own(request, request.path_id())
            await self._files.show_as(media.id, thumbnail.path)
        changed = await self._database.write(
            self._library.describe,
            request.require_viewer(),
            request.path_id(),
            description=request.text("description"),
            focus=_focus(request.text("focus")),
        )
        return json_reply(entity(changed, self._urls))

    async def remove(self, request: Request) -> Reply:
        """``DELETE /api/v1/media/:id``."""
        await self._database.write(
            self._library.remove, request.require_viewer(), request.path_id()
        )
        return json_reply({})

    async def file(self, request: Request) -> web.FileResponse:
        """A stored file; whoever knows its address may have it, until what it belongs to is gone.

        Keys cannot be guessed and files go with their rows, so nothing is looked up. Parts of it
        are sent to players that ask for them (``Range``, RFC 9110, 14).

        Raises NotFound, TooMany for an address that got too much.
        """
        self._served.check(request.address)
        media_type = media_type_of(request.values["key"])
        if media_type is None:
            raise NotFound
        path = self._blobs.path(request.values["key"])
        if not await asyncio.to_thread(path.is_file):
            raise NotFound
        headers = {
            "Content-Type": media_type,
            "Cache-Control": IMMUTABLE,
            "Content-Security-Policy": SHOWN_ALONE,
            "X-Content-Type-Options": "nosniff",
        }
        return _CountedFile(path, headers, partial(self._served.sent, request.address))


class _CountedFile(web.FileResponse):
    """Tells how many bytes it has announced."""

    def __init__(self, path: Path, headers: dict[str, str], sent: Callable[[int], None]) -> None:
        super().__init__(path, headers=headers)
        self._sent = sent

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        try:
            return await super().prepare(request)
        finally:
            if self.status in (200, 206):
                self._sent(self.content_length or 0)


def _is_waiting(media: Media) -> bool:
    return media.state == PROCESSING


def _focus(text: str | None) -> tuple[float, float] | None:
    """``"-0.5,0.2"`` as numbers. Raises Invalid."""
    if not text:
        return None
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError:
        raise Invalid("focus_invalid", "Validation failed: Focus is invalid") from None
    if not (-1 <= x <= 1 and -1 <= y <= 1):
        raise Invalid("focus_invalid", "Validation failed: Focus must be between -1 and 1")
    return x, y


def routes(api: MediaApi, largest: int) -> list[Route]:
    """The addresses of this feature; ``largest``: bytes of the largest file of any kind."""
    uploads = Uploads(count=2, bytes_each=largest)

    def route(method: str, path: str, handler: Handler, uploads: Uploads | None = None) -> Route:
        return Route(
            method, path, handler, Surface.API, Auth.USER, scopes=("write:media",), uploads=uploads
        )

    return [
        route("POST", "/api/v2/media", api.upload, uploads),
        route("POST", "/api/v1/media", api.upload_and_wait, uploads),
        route("GET", "/api/v1/media/{id}", api.show),
        route("PUT", "/api/v1/media/{id}", api.change, uploads),
        route("DELETE", "/api/v1/media/{id}", api.remove),
        # Not counted: a whole office may have one address, and a page has many pictures.
        Route("GET", "/media/{key}", api.file, Surface.MEDIA, Auth.PUBLIC, limit=Limit.NONE),
    ]
