"""``/settings/data/archive.zip``: everything of a person, made while it is downloaded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiohttp import web

from fedrse.core.clock import MINUTE, SECOND, Clock, to_date
from fedrse.core.errors import TooMany
from fedrse.features.migration.pages import PATH
from fedrse.http.principal import Held
from fedrse.http.request import Request
from fedrse.http.routes import Answer, Auth, Route, Surface
from fedrse.web.languages import translatable

MOST_AT_ONCE: Final = 4
Send = Callable[[bytes], Awaitable[None]]
Write = Callable[[int, Send], Awaitable[None]]
"""Sends the archive of an account, piece by piece; implemented by ``app.export.archive``."""
_BUSY = translatable("Your archive is being downloaded already.")
_ALL_BUSY = translatable(
    "Several archives are being downloaded. Please try again in a few minutes."
)


class ArchivePage:
    """One download; a person has one at a time, a process a few."""

    def __init__(self, *, write: Write, clock: Clock, headers: Mapping[str, str]) -> None:
        """``headers`` are those that every page has."""
        self._write = write
        self._clock = clock
        self._headers = headers
        self._busy: set[int] = set()

    def routes(self) -> list[Route]:
        """The address."""
        path, page = f"{PATH}/archive.zip", Surface.PAGE
        held = Held.SUSPENDED
        return [
            Route("GET", path, self.download, page, Auth.USER, stream=True, open_to=held),
        ]

    async def download(self, request: Request) -> Answer:
        """``GET /settings/data/archive.zip``. Raises TooMany."""
        viewer = request.require_viewer()
        if viewer in self._busy or len(self._busy) >= MOST_AT_ONCE:
            said = _BUSY if viewer in self._busy else _ALL_BUSY
            raise TooMany("archive_busy", said, retry_after=MINUTE // SECOND)
        self._busy.add(viewer)
        try:
            return await self._send(request, viewer)
        finally:
            self._busy.discard(viewer)

    async def _send(self, request: Request, viewer: int) -> Answer:
        name = f"fedrse-{to_date(self._clock.now())}.zip"
        response = web.StreamResponse(
            headers={
                **self._headers,
                "Content-Type": "application/zip",
                "Content-Disposition": f'attachment; filename="{name}"',
                "Cache-Control": "private, no-store",
            }
        )
        if request.raw.version >= (1, 1):
            response.enable_chunked_encoding()
        response.force_close()

        async def send(piece: bytes) -> None:
            if not response.prepared:
                await response.prepare(request.raw)
            await response.write(piece)

        try:
            await self._write(viewer, send)
            await response.write_eof()
        except BaseException:
            # A file that ends early must not look complete.
            if response.prepared and request.raw.transport is not None:
                request.raw.transport.abort()
            raise
        return response
