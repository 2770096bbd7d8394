"""Downloads and uploads of lists: a page for people, and the same for programs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from fedrse.core.errors import Invalid, NotFound
from fedrse.features.migration.model import (
    LARGEST_FILE,
    MOST_ROWS,
    Kind,
    read_csv,
    read_kind,
    write_csv,
)
from fedrse.features.migration.service import Migration
from fedrse.http.multipart import Uploads
from fedrse.http.principal import Held
from fedrse.http.reply import Reply, json_reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer
from fedrse.web.viewers import Me

PATH = "/settings/data"
MEBIBYTE = 1024 * 1024
HasArchive = Callable[[Transaction, int], Awaitable[bool]]
"""Whether somebody has sent an archive that is being looked at or taken over, or was."""

NAMES = {
    Kind.FOLLOWING: translatable("People you follow"),
    Kind.LISTS: translatable("Your lists"),
    Kind.BOOKMARKS: translatable("Your bookmarks"),
    Kind.BLOCKING: translatable("People you block"),
    Kind.MUTING: translatable("People you mute"),
    Kind.DOMAIN_BLOCKING: translatable("Domains you block"),
}


class MigrationPages:
    """``/settings/data``, ``/api/v1/exports`` and ``/api/v1/imports`` (an extension)."""

    def __init__(
        self,
        *,
        database: Database,
        migration: Migration,
        renderer: Renderer,
        me: Me,
        has_archive: HasArchive,
        largest_archive: int,
    ) -> None:
        """``largest_archive`` in bytes."""
        self._has_archive = has_archive
        self._largest_archive = largest_archive
        self._database = database
        self._migration = migration
        self._renderer = renderer
        self._me = me

    def routes(self) -> list[Route]:
        """The addresses."""
        page, api, user = Surface.PAGE, Surface.API, Auth.USER
        uploads = Uploads(count=1, bytes_each=LARGEST_FILE)
        write = ("write",)
        return [
            Route("GET", PATH, self.show, page, user),
            Route("GET", f"{PATH}/{{file}}", self.download, page, user, open_to=Held.SUSPENDED),
            Route("POST", f"{PATH}/import", self.upload, page, user, uploads=uploads),
            Route("GET", "/api/v1/exports/{file}", self.download, api, user, ("read",)),
            Route("POST", "/api/v1/imports", self.bring_in, api, user, write, uploads=uploads),
        ]

    async def show(self, request: Request) -> Reply:
        """``GET /settings/data``."""
        return await self.draw(request)

    async def draw(
        self, request: Request, *, refused: bool = False, wrong: Invalid | None = None
    ) -> Reply:
        """The page; ``refused``: a list could not be read. ``wrong`` is said at the archive."""
        viewer = await self._database.read(self._me, request.require_viewer())
        has_archive = await self._database.read(self._has_archive, request.require_viewer())
        return self._renderer.render(
            request,
            "migration/data.html",
            viewer=viewer,
            path=PATH,
            kinds=[(kind.value, name) for kind, name in NAMES.items()],
            taken=request.text("taken") == "1",
            refused=refused,
            most=MOST_ROWS,
            has_archive=has_archive,
            largest=self._largest_archive // MEBIBYTE,
            wrong="" if wrong is None else wrong.message,
            status=422 if refused or wrong is not None else 200,
        )

    async def download(self, request: Request) -> Reply:
        """``GET /settings/data/following.csv``."""
        name = request.values["file"].removesuffix(".csv")
        if name not in set(Kind):
            raise NotFound
        kind = Kind(name)
        rows = await self._database.read(self._migration.rows, request.require_viewer(), kind)
        headers = {
            "Content-Disposition": f'attachment; filename="{kind.value}.csv"',
            "Cache-Control": "private, no-store",
        }
        return Reply(write_csv(kind, rows), media_type="text/csv; charset=utf-8", headers=headers)

    async def upload(self, request: Request) -> Reply:
        """``POST /settings/data/import``."""
        try:
            await self._take(request)
        except Invalid:
            return await self.draw(request, refused=True)
        return redirect(f"{PATH}?taken=1")

    async def bring_in(self, request: Request) -> Reply:
        """``POST /api/v1/imports`` with ``type``, ``mode`` (merge, overwrite) and ``data``."""
        return json_reply({"type": (await self._take(request)).value})

    async def _take(self, request: Request) -> Kind:
        kind = read_kind(request.text("type") or "")
        mode = request.text("mode") or "merge"
        if mode not in {"merge", "overwrite"}:
            raise Invalid("import_mode", "Validation failed: Mode is not included in the list")
        upload = request.uploads.get("data")
        if upload is None:
            raise Invalid("import_missing", "Validation failed: Data can't be blank")
        content = await asyncio.to_thread(upload.path.read_bytes)
        entries = read_csv(kind, content)
        await self._database.write(
            self._migration.plan,
            request.require_viewer(),
            kind,
            entries,
            overwrite=mode == "overwrite",
        )
        return kind
