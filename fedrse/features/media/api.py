"""Client API: uploads (Mastodon API ``media``), and the addresses of stored files."""

from __future__ import annotations

import asyncio

from aiohttp import web

from fedrse.blobs.pictures import UnusableImage, process_image
from fedrse.blobs.store import BlobStore
from fedrse.blobs.workers import FileWorkers
from fedrse.core.errors import Invalid, NotFound
from fedrse.features.media.model import Media, MediaUrls, entity, media_type_of
from fedrse.features.media.service import MediaLibrary, checked_description
from fedrse.http.multipart import Upload, Uploads
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Limit, Route, Surface
from fedrse.store.database import Database

PLAYED = ("video/", "audio/")
IMMUTABLE = "public, max-age=604800, immutable"


class MediaApi:
    """Handlers of uploads and files."""

    def __init__(
        self,
        database: Database,
        library: MediaLibrary,
        blobs: BlobStore,
        workers: FileWorkers,
        urls: MediaUrls,
    ) -> None:
        self._database = database
        self._library = library
        self._blobs = blobs
        self._workers = workers
        self._urls = urls

    async def upload(self, request: Request) -> Reply:
        """``POST /api/v2/media`` (and v1): images are ready at once."""
        viewer = request.require_viewer()
        upload = request.uploads.get("file")
        if upload is None:
            raise Invalid("file_missing", "Validation failed: File can't be blank")
        if upload.media_type.startswith(PLAYED):
            raise Invalid(
                "file_type_not_supported",
                "Validation failed: Film and sound cannot be uploaded here, pictures can"
                " (JPEG, PNG, GIF, WebP, AVIF)",
            )
        media = await self._store(viewer, upload, request)
        return json_reply(entity(media, self._urls))

    async def _store(self, owner: int, upload: Upload, request: Request) -> Media:
        description = checked_description(request.text("description") or "")
        focus = _focus(request.text("focus")) or (0.0, 0.0)
        content = await asyncio.to_thread(upload.path.read_bytes)
        try:
            image = await self._workers.run(process_image, content)
        except UnusableImage as error:
            raise Invalid("file_not_usable", f"Validation failed: {error}") from error
        keys = self._library.name_image(image)
        try:
            # Files first: a row never names a file that is not there.
            await self._blobs.put(keys[0], image.content)
            await self._blobs.put(keys[1], image.preview)
            return await self._database.write(
                self._library.add_image, owner, image, keys, description=description, focus=focus
            )
        except Exception:
            await self._blobs.delete(*keys)
            raise

    async def show(self, request: Request) -> Reply:
        """``GET /api/v1/media/:id``."""
        found = await self._database.read(
            self._library.access_own, request.require_viewer(), request.path_id()
        )
        return json_reply(entity(found, self._urls))

    async def change(self, request: Request) -> Reply:
        """``PUT /api/v1/media/:id``."""
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

        Keys cannot be guessed and files go with their rows, so nothing is looked up.
        """
        media_type = media_type_of(request.values["key"])
        if media_type is None:
            raise NotFound
        path = self._blobs.path(request.values["key"])
        if not await asyncio.to_thread(path.is_file):
            raise NotFound
        headers = {
            "Content-Type": media_type,
            "Cache-Control": IMMUTABLE,
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
        }
        return web.FileResponse(path, headers=headers)


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


def routes(api: MediaApi, largest_image: int) -> list[Route]:
    """The addresses of this feature; ``largest_image`` in bytes."""
    uploads = Uploads(count=2, bytes_each=largest_image)

    def route(method: str, path: str, handler: Handler, uploads: Uploads | None = None) -> Route:
        return Route(
            method, path, handler, Surface.API, Auth.USER, scopes=("write:media",), uploads=uploads
        )

    return [
        route("POST", "/api/v2/media", api.upload, uploads),
        route("POST", "/api/v1/media", api.upload, uploads),
        route("GET", "/api/v1/media/{id}", api.show),
        route("PUT", "/api/v1/media/{id}", api.change, uploads),
        route("DELETE", "/api/v1/media/{id}", api.remove),
        # Not counted: a whole office may have one address, and a page has many pictures.
        Route("GET", "/media/{key}", api.file, Surface.MEDIA, Auth.PUBLIC, limit=Limit.NONE),
    ]
