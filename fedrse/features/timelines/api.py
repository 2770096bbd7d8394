"""Client API: home, public and tag timelines (Mastodon API ``timelines``)."""

from __future__ import annotations

from msgspec import Struct

from fedrse.core.paging import Page
from fedrse.core.ports import Protocol
from fedrse.core.text import fold_hashtag
from fedrse.features.timelines.service import Timelines
from fedrse.features.timelines.service_tagged import choice_of, tagged_together
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction


class StatusEntities(Protocol):
    """Renders posts for a viewer; implemented by the feature ``posts``."""

    async def listed(self, tx: Transaction, ids: list[int], viewer_id: int | None) -> bytes: ...


class PublicParameters(Struct):
    """Parameters of the public and tag timelines."""

    local: bool = False
    remote: bool = False
    only_media: bool = False

    @property
    def origin(self) -> bool | None:
        """True: of this site only; False: of other sites only; None: of all."""
        if self.local == self.remote:
            return None
        return self.local


class TagParameters(PublicParameters):
    """Parameters of the tag timeline: other tags that posts may have, too, must have or not."""

    any: list[str] = []
    all: list[str] = []
    none: list[str] = []


class TimelinesApi:
    """Handlers; each opens one read transaction.

    ``public_pages``: visitors find what people of this site who agreed to it write for everybody.
    """

    def __init__(
        self,
        database: Database,
        timelines: Timelines,
        statuses: StatusEntities,
        *,
        public_pages: bool = False,
    ) -> None:
        self._public_pages = public_pages
        self._database = database
        self._timelines = timelines
        self._statuses = statuses

    async def home(self, request: Request) -> Reply:
        """``GET /api/v1/timelines/home``."""
        viewer, page = request.require_viewer(), request.page()

        async def unit(tx: Transaction) -> tuple[list[int], bytes]:
            ids = await self._timelines.home(tx, viewer, page)
            return ids, await self._statuses.listed(tx, ids, viewer)

        return _reply(request, page, *await self._database.read(unit))

    async def public(self, request: Request) -> Reply:
        """``GET /api/v1/timelines/public``."""
        wanted, page = request.bind(PublicParameters), request.page()
        viewer, media = self._reader(request, wanted), wanted.only_media

        async def unit(tx: Transaction) -> tuple[list[int], bytes]:
            ids = await (
                self._timelines.for_visitors(tx, page, only_media=media)
                if viewer is None
                else self._timelines.public(tx, viewer, page, local=wanted.origin, only_media=media)
            )
            return ids, await self._statuses.listed(tx, ids, viewer)

        return _reply(request, page, *await self._database.read(unit))

    async def tagged(self, request: Request) -> Reply:
        """``GET /api/v1/timelines/tag/:hashtag``."""
        wanted, page = request.bind(TagParameters), request.page()
        viewer = self._reader(request, wanted)
        name = fold_hashtag(request.values["hashtag"].removeprefix("#"))
        choice = choice_of(name, any_=wanted.any, every=wanted.all, none=wanted.none)
        local, media = wanted.origin, wanted.only_media

        async def unit(tx: Transaction) -> tuple[list[int], bytes]:
            if choice is not None:
                ids = await tagged_together(tx, viewer, choice, page, local=local, only_media=media)
            elif viewer is None:
                ids = await self._timelines.for_visitors(tx, page, tag=name, only_media=media)
            else:
                ids = await self._timelines.tagged(
                    tx, viewer, name, page, local=local, only_media=media
                )
            return ids, await self._statuses.listed(tx, ids, viewer)

        return _reply(request, page, *await self._database.read(unit))

    def _reader(self, request: Request, wanted: PublicParameters) -> int | None:
        """Who asks, None for visitors. Raises Unauthenticated for what visitors do not see.

        As the configuration of the instance says (``timelines_access``): of this site, where it
        has public pages, nothing of others. An application without a person is a visitor.
        """
        if not self._public_pages or wanted.origin is False:
            return request.require_viewer()
        return request.viewer


def _reply(request: Request, page: Page, ids: list[int], statuses: bytes) -> Reply:
    links = request.link(page, newest=ids[0] if ids else None, oldest=ids[-1] if ids else None)
    return Reply(statuses, headers=links)


def routes(api: TimelinesApi) -> list[Route]:
    """The addresses of this feature."""
    statuses = ("read:statuses",)

    def get(path: str, handler: Handler, auth: Auth) -> Route:
        return Route("GET", path, handler, Surface.API, auth, scopes=statuses)

    return [
        get("/api/v1/timelines/home", api.home, Auth.USER),
        get("/api/v1/timelines/public", api.public, Auth.OPTIONAL),
        get("/api/v1/timelines/tag/{hashtag}", api.tagged, Auth.OPTIONAL),
    ]
