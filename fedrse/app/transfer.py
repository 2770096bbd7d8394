"""Wires exports and imports of people's lists."""

from __future__ import annotations

from fedrse.app.ground import Ground
from fedrse.app.me import me_of
from fedrse.app.protocol import Protocol
from fedrse.app.services import Services
from fedrse.app.whole import Whole
from fedrse.core.errors import FedrseError
from fedrse.features.accounts.model_handles import parse_handle
from fedrse.features.migration.jobs import MigrationJobs
from fedrse.features.migration.pages import MigrationPages
from fedrse.features.migration.pages_archive import ArchivePage, Send
from fedrse.features.migration.service import Migration
from fedrse.http.headers import surface_headers
from fedrse.http.routes import Route, Surface
from fedrse.store.database import Transaction
from fedrse.web.renderer import Renderer


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


def make_migration(ground: Ground, protocol: Protocol, services: Services) -> Migration:
    """The service, with its jobs registered."""
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
    return migration


def routes(
    ground: Ground,
    protocol: Protocol,
    services: Services,
    migration: Migration,
    renderer: Renderer,
) -> list[Route]:
    """The page, the addresses for programs, and the archive of everything."""
    pages = MigrationPages(
        database=ground.database,
        migration=migration,
        renderer=renderer,
        me=me_of(services, renderer),
    )

    async def write(account_id: int, send: Send) -> None:
        from fedrse.app.export.archive import send_archive  # noqa: PLC0415  (memory)

        await send_archive(Whole(ground, protocol, services), account_id, send)

    secure = ground.settings.origin.startswith("https:")
    headers = surface_headers(secure=secure)[Surface.PAGE]
    archive = ArchivePage(write=write, clock=ground.clock, headers=headers)
    return [*archive.routes(), *pages.routes()]
