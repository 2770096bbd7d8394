"""Files of other sites, shown by this one."""

from __future__ import annotations

import asyncio

from aiohttp import web

from fedrse.blobs.store import BlobStore
from fedrse.core.errors import NotFound
from fedrse.features.media.model_proxy import PATH, SMALL, Proxy
from fedrse.features.media.service_remote import PLAYED, RemoteFiles
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Limit, Route, Surface

CACHED = "private, max-age=86400"
PREVIEW = "image/webp"


class ProxyApi:
    """One handler: whoever was shown an address may have its file."""

    def __init__(self, *, proxy: Proxy, files: RemoteFiles, blobs: BlobStore) -> None:
        self._proxy = proxy
        self._files = files
        self._blobs = blobs

    def routes(self) -> list[Route]:
        """The addresses of this interface."""
        one = f"{PATH}/{{signature}}/{{token}}"
        surface, auth = Surface.MEDIA, Auth.PUBLIC
        return [
            # Not counted, as files of this site are not: the signature says who was shown it.
            Route("GET", one, self.file, surface, auth, limit=Limit.NONE),
            Route("GET", f"{one}/{SMALL}", self.small, surface, auth, limit=Limit.NONE),
        ]

    async def file(self, request: Request) -> web.FileResponse:
        """The file itself."""
        return await self._answer(request, small=False)

    async def small(self, request: Request) -> web.FileResponse:
        """A thumbnail of an image."""
        return await self._answer(request, small=True)

    async def _answer(self, request: Request, *, small: bool) -> web.FileResponse:
        url = self._proxy.read(request.values["signature"], request.values["token"])
        if url is None:
            raise NotFound
        found = await self._files.copy(url)
        is_preview = small and found.preview_key != found.key
        path = self._blobs.path(found.preview_key if is_preview else found.key)
        if not await asyncio.to_thread(path.is_file):
            raise NotFound
        headers = {
            "Content-Type": PREVIEW if is_preview else found.media_type,
            "Cache-Control": CACHED,
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
        }
        if found.media_type in PLAYED:
            headers["Content-Security-Policy"] = "default-src 'none'; media-src 'self'; sandbox"
        return web.FileResponse(path, headers=headers)
