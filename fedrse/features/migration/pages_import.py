"""``/settings/data/archive``: an archive of an account is sent, looked at and taken over."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from fedrse.blobs.workers import FileWorkers
from fedrse.core.clock import DAY, Clock
from fedrse.core.errors import Invalid, TooMany, Unavailable
from fedrse.features.migration.jobs_archive import remove_folder
from fedrse.features.migration.model import Kind
from fedrse.features.migration.model_archive import (
    REASONS,
    Choices,
    Contents,
    Import,
    State,
    UnusableArchive,
    refusal,
)
from fedrse.features.migration.pages import NAMES, PATH, MigrationPages
from fedrse.features.migration.service_archive import Archives, lists_of
from fedrse.features.migration.service_contents import read_archive
from fedrse.features.migration.service_unpacking import Limits
from fedrse.features.posts.model import Audience
from fedrse.http.multipart import Upload, Uploads
from fedrse.http.rate_limits import Window
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer
from fedrse.web.viewers import Me

ARCHIVE: Final = f"{PATH}/archive"
MOST_A_DAY: Final = 10  # uploads of one person
MOST_SECONDS: Final = 600.0  # in which an archive has to be unpacked
AUDIENCES: Final = {
    Audience.PUBLIC: translatable("Everybody"),
    Audience.NETWORK: translatable("All sites of the network"),
    Audience.SITE: translatable("This site only"),
    Audience.FOLLOWERS: translatable("Your followers"),
}


class ImportPages:
    """The page, and what its forms do."""

    def __init__(
        self,
        *,
        database: Database,
        archives: Archives,
        overview: MigrationPages,
        renderer: Renderer,
        me: Me,
        clock: Clock,
        incoming: Path,
        limits: Limits,
        largest: int,
        audiences: Callable[[], Sequence[Audience]],
        limited: bool,
    ) -> None:
        """``largest``: bytes of an archive. ``audiences`` can be chosen, the usual one first."""
        self._database = database
        self._archives = archives
        self._overview = overview
        self._renderer = renderer
        self._me = me
        self._incoming = incoming
        self._limits = limits
        self._largest = largest
        self._audiences = audiences
        self._sent = Window(clock, limit=MOST_A_DAY, length=DAY) if limited else None
        self._one_by_one = asyncio.Semaphore(1)

    def routes(self) -> list[Route]:
        """The addresses."""
        page, user = Surface.PAGE, Auth.USER
        uploads = Uploads(count=1, bytes_each=self._largest, keeps_text=True)
        return [
            Route("GET", ARCHIVE, self.show, page, user),
            Route("POST", ARCHIVE, self.send, page, user, uploads=uploads),
            Route("POST", f"{ARCHIVE}/start", self.start, page, user),
            Route("POST", f"{ARCHIVE}/stop", self.stop, page, user),
        ]

    async def show(self, request: Request) -> Reply:
        """``GET /settings/data/archive``: what is in it, how far it is, what became of it."""
        return await self._page(request)

    async def _page(self, request: Request, wrong: Invalid | None = None) -> Reply:
        me = request.require_viewer()
        viewer = await self._database.read(self._me, me)
        found = await self._database.read(self._archives.of, me)
        if found is None:
            return await self._overview.draw(request, wrong=wrong)
        chosen = _chosen(request) if wrong is not None else None
        return self._renderer.render(
            request,
            "migration/archive.html",
            viewer=viewer,
            path=ARCHIVE,
            one=found,
            chosen=chosen,
            lists=[
                (kind.value, NAMES[kind], found.contents.lists[kind.value])
                for kind in Kind
                if found.contents.lists.get(kind.value)
            ],
            audiences=[
                (one.value, self._renderer.languages.gettext(request.language, AUDIENCES[one]))
                for one in self._audiences()
            ],
            reasons=[(REASONS[name], many) for name, many in found.skipped.items() if many],
            wrong="" if wrong is None else wrong.message,
            wrong_audience=wrong is not None and wrong.code == "archive_audience",
            status=200 if wrong is None else 422,
        )

    # Sending

    async def send(self, request: Request) -> Reply:
        """``POST /settings/data/archive`` with ``archive``."""
        me = request.require_viewer()
        try:
            one = await self._database.read(self._archives.of, me)
            if one is not None and one.state is State.RUNNING:
                raise refusal("archive_running")
            upload = request.uploads.get("archive")
            if upload is None:
                raise refusal("archive_missing")
            if upload.size > self._largest:
                raise refusal("archive_too_large")
            self._count(me)
            await self._take(me, upload)
        except Invalid as error:
            return await self._overview.draw(request, wrong=error)
        return redirect(ARCHIVE)

    def _count(self, me: int) -> None:
        try:
            if self._sent is not None:
                self._sent.take(me)
        except TooMany:
            raise refusal("archive_often") from None

    async def _take(self, me: int, upload: Upload) -> None:
        folder = self._incoming / f"archive-{secrets.token_hex(16)}"
        await asyncio.to_thread(folder.mkdir, mode=0o700)
        try:
            contents = await self._read(upload, folder)
            replaced = await self._database.write(self._archives.offer, me, folder.name, contents)
        except BaseException:
            await asyncio.to_thread(remove_folder, folder)
            raise
        if replaced is not None:
            await asyncio.to_thread(remove_folder, self._incoming / replaced.folder)

    async def _read(self, upload: Upload, folder: Path) -> Contents:
        """In a process of its own, which ends with it: one archive at a time."""
        async with self._one_by_one:
            workers = FileWorkers(seconds=MOST_SECONDS)
            try:
                return await workers.run(read_archive, str(upload.path), str(folder), self._limits)
            except UnusableArchive as error:
                raise refusal(error.code) from None
            except Unavailable:
                raise refusal("archive_failed") from None
            finally:
                await asyncio.to_thread(workers.close)

    # Taking over

    async def start(self, request: Request) -> Reply:
        """``POST /settings/data/archive/start`` with what is chosen."""
        me = request.require_viewer()
        try:
            one = await self._database.read(self._archives.of, me)
            if one is None or str(one.id) != request.text("import"):
                raise refusal("archive_gone")
            choices = self._choices(request, one)
            folder = self._incoming / one.folder
            lists = {}
            if one.state is State.OFFERED:
                lists = await asyncio.to_thread(lists_of, folder, one, choices.lists)
            await self._database.write(self._archives.begin, me, one.id, choices, lists)
        except FileNotFoundError:
            await self._database.write(self._archives.stop, me)
            return await self._overview.draw(request, wrong=refusal("archive_gone"))
        except Invalid as error:
            return await self._page(request, error)
        return redirect(ARCHIVE)

    def _choices(self, request: Request, one: Import) -> Choices:
        """Raises Invalid."""
        chosen = _chosen(request)
        contents = one.contents
        offered = {audience.value: audience for audience in self._audiences()}
        posts = "posts" in chosen and contents.posts > 0
        followers_too = posts and "followers_too" in chosen
        audience = offered.get(request.text("audience") or "")
        if posts and audience is None:
            raise refusal("archive_audience")
        choices = Choices(
            name="name" in chosen and bool(contents.name),
            about="about" in chosen and bool(contents.note or contents.fields),
            avatar="avatar" in chosen and contents.avatar is not None,
            header="header" in chosen and contents.header is not None,
            posts=posts,
            followers_too=followers_too,
            audience=audience or Audience.SITE,
            lists=tuple(
                kind for kind in Kind if kind.value in chosen and contents.lists.get(kind.value)
            ),
        )
        if choices.is_empty:
            raise refusal("archive_nothing")
        return choices

    async def stop(self, request: Request) -> Reply:
        """``POST /settings/data/archive/stop``: forgets it, or ends what goes on."""
        one = await self._database.write(self._archives.stop, request.require_viewer())
        if one is not None:
            await asyncio.to_thread(remove_folder, self._incoming / one.folder)
        running = one is not None and one.state is State.RUNNING
        return redirect(ARCHIVE if running else PATH)


_BOXES: Final = (
    *("name", "about", "avatar", "header", "posts", "followers_too"),
    *(kind.value for kind in Kind),
)


def _chosen(request: Request) -> set[str]:
    """The boxes that are ticked."""
    return {name for name in _BOXES if request.text(name)}
