"""Takes archives over, some posts at a time; whatever is done twice is done once."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog
from msgspec import Struct

from fedrse.core.clock import HOUR
from fedrse.core.errors import FedrseError
from fedrse.features.media.model import Media
from fedrse.features.media.service import ALONE, MediaLibrary
from fedrse.features.media.service_uploads import Sent, UploadedFiles
from fedrse.features.migration.model_archive import (
    FILES_FILE,
    POSTS_FILE,
    Entry,
    Import,
    Skip,
    State,
)
from fedrse.features.migration.service_archive import (
    GO_ON,
    PROFILE_PENDING,
    Archives,
    Ready,
    Step,
)
from fedrse.features.migration.service_old_posts import PostFile, ReadPost, old_post
from fedrse.jobs.model import Job
from fedrse.jobs.runner import Runner
from fedrse.store.database import Database

FORGET: Final = "migration.forget_archives"
MOST_POSTS: Final = 20  # of a piece
MOST_FILES: Final = 8  # of a piece: each takes up to a second
LONGEST_NAME, LONGEST_NOTE, LONGEST_FIELD, MOST_FIELDS = 30, 500, 255, 4
KeepPicture = Callable[[Path], Awaitable[str]]
"""Stores a picture of a profile; its key. Raises Invalid."""

log = structlog.get_logger(__name__)


class _Line(Struct, frozen=True):
    """A line of the file of posts, and where the next one begins."""

    entry: Entry
    end: int


class ArchiveJobs:
    """Handlers of jobs."""

    def __init__(
        self,
        *,
        database: Database,
        archives: Archives,
        library: MediaLibrary,
        uploads: UploadedFiles,
        keep_picture: KeepPicture,
        incoming: Path,
    ) -> None:
        """``incoming``: where folders of archives lie."""
        self._database = database
        self._archives = archives
        self._library = library
        self._uploads = uploads
        self._keep_picture = keep_picture
        self._incoming = incoming

    def register(self, runner: Runner) -> None:
        """Takes the jobs of this feature."""
        runner.handle(GO_ON, self.go_on)
        runner.every(HOUR, FORGET, self.forget)

    async def go_on(self, job: Job) -> None:
        """Takes over the next piece of an archive, and plans the one after it."""
        one = await self._database.read(self._archives.by_id, int(job.arguments["import"]))
        if one is None or one.state is not State.RUNNING:
            if one is not None:
                await self._remove(one)
            return
        folder = self._incoming / one.folder
        try:
            await asyncio.to_thread(os.utime, folder)  # somebody works on it
            if one.place == PROFILE_PENDING:
                await self._profile(one, folder)
            else:
                await self._posts(one, folder)
        except FileNotFoundError:
            await self._database.write(self._archives.end, one)
            log.warning("archive_files_gone", account=one.account_id)

    async def forget(self, _job: Job) -> None:
        """Removes what nobody goes on with."""
        for one in await self._database.write(self._archives.forget_old):
            await self._remove(one)

    async def _remove(self, one: Import) -> None:
        await asyncio.to_thread(remove_folder, self._incoming / one.folder)

    # The profile

    async def _profile(self, one: Import, folder: Path) -> None:
        parts, failed = profile_parts(one), 0
        for name in ("avatar", "header"):
            number = getattr(one.contents, name)
            if not getattr(one.choices, name) or number is None:
                continue
            try:
                key = await self._keep_picture(folder / str(number))
            except FedrseError as error:
                if error.status >= 500:
                    raise
                failed += 1
            else:
                parts.append({name: key})
        await self._database.write(self._archives.change_profile, one, parts, failed=failed)

    # Posts

    async def _posts(self, one: Import, folder: Path) -> None:
        lines: list[_Line] = []
        if one.choices.posts:
            lines = await asyncio.to_thread(_read_lines, folder / POSTS_FILE, one.place)
        index = await asyncio.to_thread((folder / FILES_FILE).read_bytes)
        piece = _Piece(self, one, folder, msgspec.json.decode(index, type=dict[str, int]))
        step = await piece.make(lines)
        after = await self._database.write(self._archives.store, one, step)
        if after is not None and after.state is State.DONE:
            await self._remove(one)
            log.info("archive_taken_over", account=one.account_id, posts=after.added)

    async def known(self, one: Import, found: Sequence[ReadPost]) -> Mapping[str, int]:
        """Those of these posts that are here already."""
        origins = [post.uri for post in found]
        return await self._database.read(self._archives.known, one.account_id, origins)

    async def waiting(self, one: Import) -> list[Media]:
        """The files for which the next post waits."""
        ids = one.waiting
        found = await self._database.read(self._library.own, one.account_id, ids) if ids else {}
        return [found[media_id] for media_id in ids if media_id in found]

    async def take(self, owner: int, path: Path, file: PostFile) -> Media:
        """A file of a post, as if it were uploaded. Raises FedrseError."""
        copy = self._incoming / f"upload-{secrets.token_hex(8)}"
        await asyncio.to_thread(_link, path, copy)
        try:
            size = (await asyncio.to_thread(copy.stat)).st_size
            sent = Sent(path=copy, size=size, description=file.description, focus=file.focus)
            return await self._uploads.take(owner, sent)
        finally:
            await asyncio.to_thread(copy.unlink, missing_ok=True)


class _Piece:
    """Some posts of one archive on their way."""

    def __init__(
        self, jobs: ArchiveJobs, one: Import, folder: Path, files: Mapping[str, int]
    ) -> None:
        self._jobs = jobs
        self._import = one
        self._folder = folder
        self._files = files
        self._skipped: Counter[str] = Counter()
        self._taken = 0

    async def make(self, lines: Sequence[_Line]) -> Step:
        """The next step: as many of these posts as fit, or until one waits for its files."""
        one = self._import
        read = [old_post(line.entry, one.choices, one.contents.host, self._files) for line in lines]
        known = await self._jobs.known(one, [post for post in read if isinstance(post, ReadPost)])
        ready: list[Ready] = []
        place, seen = one.place, 0
        for line, post in zip(lines, read, strict=True):
            media = await self._media(post, known, first=seen == 0)
            if any(item.state != "ready" and item.error is None for item in media):
                waiting = tuple(item.id for item in media)
                return self._step(place, ready, seen, waiting=waiting)
            self._note(post, known, media, ready)
            place, seen = line.end, seen + 1
            if self._taken >= MOST_FILES:
                return self._step(place, ready, seen)
        return self._step(place, ready, seen, finished=len(lines) < MOST_POSTS)

    def _step(
        self,
        place: int,
        ready: Sequence[Ready],
        seen: int,
        *,
        waiting: tuple[int, ...] = (),
        finished: bool = False,
    ) -> Step:
        return Step(
            place=self._import.place,
            next_place=place,
            posts=ready,
            seen=seen,
            skipped=dict(self._skipped),
            waiting=waiting,
            finished=finished,
        )

    async def _media(
        self, post: ReadPost | Skip, known: Mapping[str, int], *, first: bool
    ) -> list[Media]:
        """The files of a post, taken now or before."""
        if isinstance(post, Skip) or post.uri in known:
            return []
        if first and self._import.waiting:
            return await self._jobs.waiting(self._import)
        self._count(Skip.FILES_TOO_MANY, post.beyond)
        found: list[Media] = []
        for file in post.files:
            if file.number is None:
                self._count(Skip.FILE_MISSING)
                continue
            self._taken += 1
            path = self._folder / str(file.number)
            try:
                found.append(await self._jobs.take(self._import.account_id, path, file))
            except FedrseError as error:
                if error.status >= 500:
                    raise
                self._count(Skip.FILE_UNUSABLE)
        return self._together(found)

    def _together(self, media: list[Media]) -> list[Media]:
        """Films and sounds stand alone in a post."""
        if len(media) < 2 or not any(one.kind in ALONE for one in media):
            return media
        pictures = [one for one in media if one.kind not in ALONE]
        kept = pictures or media[:1]
        self._count(Skip.FILES_TOO_MANY, len(media) - len(kept))
        return kept

    def _note(
        self,
        post: ReadPost | Skip,
        known: Mapping[str, int],
        media: Sequence[Media],
        ready: list[Ready],
    ) -> None:
        if isinstance(post, Skip):
            self._count(post)
            return
        self._count(Skip.FILE_UNUSABLE, sum(item.error is not None for item in media))
        usable = tuple(item.id for item in media if item.error is None)
        if post.uri not in known and not usable and not post.post.content:
            self._count(Skip.EMPTY)
            return
        ready.append(Ready(post.uri, post.post, usable))

    def _count(self, reason: Skip, number: int = 1) -> None:
        if number:
            self._skipped[reason.value] += number


def profile_parts(one: Import) -> list[dict[str, Any]]:
    """The texts of a profile that somebody takes over, as short as they have to be here."""
    contents, choices = one.contents, one.choices
    parts: list[dict[str, Any]] = []
    if choices.name and contents.name:
        parts.append({"display_name": contents.name[:LONGEST_NAME].strip()})
    if choices.about and (contents.note or contents.fields):
        few = contents.fields[:MOST_FIELDS]
        fields = tuple((name[:LONGEST_FIELD], value[:LONGEST_FIELD]) for name, value in few)
        parts += [{"note": contents.note[:LONGEST_NOTE]}, {"fields": fields}]
    return parts


def _read_lines(path: Path, place: int) -> list[_Line]:
    """Some lines from a place on."""
    found: list[_Line] = []
    with path.open("rb") as file:
        file.seek(place)
        while len(found) < MOST_POSTS and (line := file.readline()):
            found.append(_Line(msgspec.json.decode(line, type=Entry), file.tell()))
    return found


def _link(path: Path, copy: Path) -> None:
    """The same file once more: whoever takes it may move it away."""
    try:
        os.link(path, copy)
    except FileNotFoundError:
        raise
    except OSError:  # not every disk knows links
        shutil.copyfile(path, copy)


def remove_folder(folder: Path) -> None:
    """Removes a folder of an archive; one that is gone is fine."""
    shutil.rmtree(folder, ignore_errors=True)
