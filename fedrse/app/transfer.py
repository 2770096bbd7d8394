"""Wires exports and imports: lists of people, and archives of everything."""

from __future__ import annotations

import asyncio
from pathlib import Path

from msgspec import Struct

from fedrse.app.ground import Ground
from fedrse.app.me import me_of
from fedrse.app.profiles import PictureStore
from fedrse.app.protocol import Protocol
from fedrse.app.services import Services
from fedrse.app.whole import Whole
from fedrse.core.errors import FedrseError, TooLarge
from fedrse.core.settings import FederationMode, Settings
from fedrse.features.accounts.model_handles import parse_handle
from fedrse.features.migration.jobs import MigrationJobs
from fedrse.features.migration.jobs_archive import ArchiveJobs
from fedrse.features.migration.pages import MigrationPages
from fedrse.features.migration.pages_archive import ArchivePage, Send
from fedrse.features.migration.pages_import import ImportPages
from fedrse.features.migration.service import Migration
from fedrse.features.migration.service_archive import Archives
from fedrse.features.migration.service_unpacking import Limits
from fedrse.features.posts.model import Audience
from fedrse.features.posts.model_readers import choosable, preferred
from fedrse.features.posts.service_backfill import Backfill
from fedrse.http.headers import surface_headers
from fedrse.http.multipart import Upload
from fedrse.http.routes import Route, Surface
from fedrse.store.database import Transaction
from fedrse.web.renderer import Renderer

UNPACKED = 2  # times its size may an archive have unpacked
MEGABYTE = 1024 * 1024


class Transfer(Struct, frozen=True):
    """What brings in what people take along from elsewhere."""

    migration: Migration
    archives: Archives


class Find:
    """What a line of a file names; other sites are asked where it is not known here."""

    def __init__(self, ground: Ground, protocol: Protocol, services: Services) -> None:
        self._database = ground.database
        self._lookup = protocol.lookup
        self._services = services

    async def __call__(self, text: str, is_post: bool) -> int | None:
        """See ``migration.jobs.Find``."""
        known = await self._database.read(self._known, text, is_post=is_post)
        if known is not None:
            return known
        try:
            uri = await self._lookup.lookup(text)
        except FedrseError:
            return None
        return await self._database.read(self._known, uri, is_post=is_post)

    async def _known(self, tx: Transaction, text: str, *, is_post: bool) -> int | None:
        if is_post:
            post = await self._services.posts.by_uri(tx, text)
            return None if post is None else post.id
        people = self._services.accounts
        handle = None if "://" in text else parse_handle(text)
        if handle is not None:
            account = await people.by_handle(tx, *handle)
        elif "://" in text:
            account = await people.by_uri(tx, text)
        else:
            account = await people.by_handle(tx, text, None)
        return None if account is None else account.id


def make_migration(ground: Ground, protocol: Protocol, services: Services) -> Transfer:
    """The services, with their jobs registered."""
    migration = Migration(
        queue=ground.queue,
        accounts=services.accounts,
        relationships=services.relationships,
        posts=services.posts,
        lists=services.lists,
    )
    MigrationJobs(
        database=ground.database,
        migration=migration,
        find=Find(ground, protocol, services),
        clock=ground.clock,
    ).register(ground.runner)
    archives = _archives(ground, services, migration)
    keep = PictureStore(services)

    async def keep_picture(path: Path) -> str:
        size = (await asyncio.to_thread(path.stat)).st_size
        if size > ground.settings.media.max_image_megabytes * MEGABYTE:
            raise TooLarge("file_too_large", "A picture is too large.")
        return await keep(0, Upload("picture", path.name, "", size, path))

    ArchiveJobs(
        database=ground.database,
        archives=archives,
        library=services.media,
        uploads=services.uploads.files,
        keep_picture=keep_picture,
        incoming=services.blobs.incoming,
    ).register(ground.runner)
    return Transfer(migration, archives)


def _archives(ground: Ground, services: Services, migration: Migration) -> Archives:
    posts = services.posts
    backfill = Backfill(
        clock=ground.clock,
        ids=ground.ids,
        local_ids=ground.local_ids,
        events=ground.events,
        people=services.accounts,
        media=services.media,
        emojis=services.emojis,
        access=posts.access,
        rows=posts.rows,
        counters=posts.counters,
    )
    return Archives(
        clock=ground.clock,
        ids=ground.ids,
        events=ground.events,
        queue=ground.queue,
        accounts=services.accounts,
        posts=posts,
        migration=migration,
        backfill=backfill,
    )


def routes(
    ground: Ground,
    protocol: Protocol,
    services: Services,
    transfer: Transfer,
    renderer: Renderer,
) -> list[Route]:
    """The page, the addresses for programs, and archives of everything, out and in."""
    largest = largest_archive(ground.settings)

    async def has_archive(tx: Transaction, me: int) -> bool:
        return await transfer.archives.of(tx, me) is not None

    pages = MigrationPages(
        database=ground.database,
        migration=transfer.migration,
        renderer=renderer,
        me=me_of(services, renderer),
        has_archive=has_archive,
        largest_archive=largest,
    )
    imports = ImportPages(
        database=ground.database,
        archives=transfer.archives,
        overview=pages,
        renderer=renderer,
        me=me_of(services, renderer),
        clock=ground.clock,
        incoming=services.blobs.incoming,
        limits=archive_limits(ground.settings, services),
        largest=largest,
        audiences=lambda: _audiences(ground, protocol),
        limited=ground.settings.limits.enabled,
    )

    async def write(account_id: int, send: Send) -> None:
        from fedrse.app.export.archive import send_archive  # noqa: PLC0415  (memory)

        await send_archive(Whole(ground, protocol, services), account_id, send)

    secure = ground.settings.origin.startswith("https:")
    headers = surface_headers(secure=secure)[Surface.PAGE]
    archive = ArchivePage(write=write, clock=ground.clock, headers=headers)
    return [*archive.routes(), *imports.routes(), *pages.routes()]


def largest_archive(settings: Settings) -> int:
    """Bytes of an archive that is brought in."""
    return settings.media.max_archive_megabytes * MEGABYTE


def archive_limits(settings: Settings, services: Services) -> Limits:
    """What an archive may become when it is unpacked."""
    return Limits(UNPACKED * largest_archive(settings), services.uploads.files.largest)


def _audiences(ground: Ground, protocol: Protocol) -> list[Audience]:
    """For whom posts of an archive can be, the usual audience first; never for the named only."""
    closed = ground.settings.federation.mode is FederationMode.CLOSED
    offered = choosable(network=protocol.network.exists, closed=closed, parent=None)
    offered = [one for one in offered if one is not Audience.DIRECT]
    usual = preferred(None, offered, Audience(ground.settings.posts.default_audience), None)
    return sorted(offered, key=lambda one: one is not usual)
