"""Client API: one's own profile (Mastodon API ``profile``, and ``accounts`` about oneself)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from fedrse.core.errors import Invalid
from fedrse.core.ports import Protocol
from fedrse.features.accounts.service import Accounts, ProfileChanges
from fedrse.features.accounts.service_entities import Entity, profile_entity, source_of
from fedrse.http.multipart import Upload, Uploads
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction

READ = ("profile", "read:accounts")
WRITE = ("write:accounts",)

CredentialPart = Callable[[Transaction, int], Awaitable[Mapping[str, Any]]]
"""What a higher feature adds to ``CredentialAccount``: attributes; ``source`` is merged."""


FeaturedTags = Callable[[Transaction, int], Awaitable[list[dict[str, Any]]]]
"""The tags that somebody shows on the profile: the feature ``tags``."""


class SourceChanges(Struct):
    """``source[...]`` of ``update_credentials``: preferences for new posts."""

    privacy: str | UnsetType = UNSET
    sensitive: bool | UnsetType = UNSET
    language: str | UnsetType | None = UNSET
    quote_policy: str | UnsetType = UNSET


class Preferences(Protocol):
    """Where the preferences for new posts are kept: the feature with the log-ins."""

    async def __call__(self, tx: Transaction, account_id: int, changes: SourceChanges) -> None:
        """Raises Invalid for values that do not exist."""


class PictureStore(Protocol):
    """Keeps uploaded pictures: the feature ``media``."""

    async def __call__(self, account_id: int, upload: Upload) -> str:
        """Stores a picture, scaled, and returns its key. Raises Invalid for what is none."""


class FieldInput(Struct):
    """A line of the table."""

    name: str = ""
    value: str = ""


class CredentialChanges(Struct):
    """Parameters of ``update_credentials`` and of ``PATCH profile``."""

    display_name: str | UnsetType = UNSET
    note: str | UnsetType = UNSET
    locked: bool | UnsetType = UNSET
    bot: bool | UnsetType = UNSET
    discoverable: bool | UnsetType = UNSET
    public_profile: bool | UnsetType = UNSET
    indexable: bool | UnsetType = UNSET
    hide_collections: bool | UnsetType = UNSET
    avatar_description: str | UnsetType = UNSET
    header_description: str | UnsetType = UNSET
    show_media: bool | UnsetType = UNSET
    show_media_replies: bool | UnsetType = UNSET
    show_featured: bool | UnsetType = UNSET
    attribution_domains: list[str] | UnsetType = UNSET
    fields_attributes: list[FieldInput] | UnsetType = UNSET
    source: SourceChanges | UnsetType = UNSET


def routes(
    *,
    database: Database,
    accounts: Accounts,
    parts: Sequence[CredentialPart] = (),
    preferences: Preferences | None = None,
    picture_store: PictureStore | None = None,
    uploads: Uploads | None = None,
    featured_tags: FeaturedTags | None = None,
) -> list[Route]:
    """``uploads`` bounds avatar and header; without ``picture_store`` none are taken."""
    api = OwnProfileApi(
        database=database,
        accounts=accounts,
        parts=parts,
        preferences=preferences,
        picture_store=picture_store,
        featured_tags=featured_tags,
    )
    bounds = uploads or Uploads(count=2)

    def route(
        method: str,
        path: str,
        handler: Handler,
        scopes: tuple[str, ...],
        uploads: Uploads | None = None,
    ) -> Route:
        path = f"/api/v1/{path}"
        return Route(method, path, handler, Surface.API, Auth.USER, scopes, uploads=uploads)

    return [
        route("GET", "accounts/verify_credentials", api.verify_credentials, READ),
        route("PATCH", "accounts/update_credentials", api.update_credentials, WRITE, bounds),
        route("GET", "profile", api.profile, READ),
        route("PATCH", "profile", api.update_profile, WRITE, bounds),
        route("PUT", "profile", api.update_profile, WRITE, bounds),  # masto.js
        route("DELETE", "profile/avatar", api.delete_avatar, WRITE),
        route("DELETE", "profile/header", api.delete_header, WRITE),
    ]


class OwnProfileApi:
    """Handlers; each opens one transaction."""

    def __init__(
        self,
        *,
        database: Database,
        accounts: Accounts,
        parts: Sequence[CredentialPart],
        preferences: Preferences | None,
        picture_store: PictureStore | None,
        featured_tags: FeaturedTags | None,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._parts = parts
        self._preferences = preferences
        self._picture_store = picture_store
        self._featured_tags = featured_tags

    async def verify_credentials(self, request: Request) -> Reply:
        """``GET /api/v1/accounts/verify_credentials``."""
        return json_reply(await self._database.read(self._credentials, request.require_viewer()))

    async def _credentials(self, tx: Transaction, account_id: int) -> Entity:
        """The ``CredentialAccount`` of a person."""
        account = await self._accounts.access_account(tx, account_id, account_id)
        entity = dict((await self._accounts.entities(tx, [account_id]))[account_id])
        source = source_of(account)
        for part in self._parts:
            more = dict(await part(tx, account_id))
            source |= more.pop("source", {})
            entity |= more
        entity["source"] = source
        return entity

    async def update_credentials(self, request: Request) -> Reply:
        """``PATCH /api/v1/accounts/update_credentials``."""
        viewer = request.require_viewer()
        wanted = request.bind(CredentialChanges)
        changes = await self._changes(request, viewer, wanted)

        async def unit(tx: Transaction) -> Entity:
            await self._accounts.update_profile(tx, viewer, changes)
            if self._preferences is not None and not isinstance(wanted.source, UnsetType):
                await self._preferences(tx, viewer, wanted.source)
            return await self._credentials(tx, viewer)

        return json_reply(await self._database.write(unit))

    async def profile(self, request: Request) -> Reply:
        """``GET /api/v1/profile``: what a person typed."""
        return json_reply(await self._database.read(self._profile, request.require_viewer()))

    async def update_profile(self, request: Request) -> Reply:
        """``PATCH /api/v1/profile``."""
        viewer = request.require_viewer()
        changes = await self._changes(request, viewer, request.bind(CredentialChanges))

        async def unit(tx: Transaction) -> Entity:
            await self._accounts.update_profile(tx, viewer, changes)
            return await self._profile(tx, viewer)

        return json_reply(await self._database.write(unit))

    async def _profile(self, tx: Transaction, account_id: int) -> Entity:
        account = await self._accounts.access_account(tx, account_id, account_id)
        entity = (await self._accounts.entities(tx, [account_id]))[account_id]
        profile = profile_entity(account, entity)
        if self._featured_tags is not None:
            profile["featured_tags"] = await self._featured_tags(tx, account_id)
        return profile

    async def _changes(
        self, request: Request, viewer: int, wanted: CredentialChanges
    ) -> ProfileChanges:
        """What shall change; pictures are stored before any transaction is opened."""
        pictures = await self._pictures(request, viewer)
        fields, domains = wanted.fields_attributes, wanted.attribution_domains
        return ProfileChanges(
            display_name=wanted.display_name,
            note=wanted.note,
            fields=(
                UNSET
                if isinstance(fields, UnsetType)
                else tuple((field.name, field.value) for field in fields)
            ),
            locked=wanted.locked,
            bot=wanted.bot,
            discoverable=wanted.discoverable,
            public_profile=wanted.public_profile,
            indexable=wanted.indexable,
            hide_collections=wanted.hide_collections,
            show_media=wanted.show_media,
            show_media_replies=wanted.show_media_replies,
            show_featured=wanted.show_featured,
            attribution_domains=UNSET if isinstance(domains, UnsetType) else tuple(domains),
            avatar_description=wanted.avatar_description,
            header_description=wanted.header_description,
            avatar=pictures.get("avatar", UNSET),
            header=pictures.get("header", UNSET),
        )

    async def _pictures(self, request: Request, account_id: int) -> dict[str, str]:
        """Keys of the uploaded pictures, stored before any transaction is opened."""
        stored: dict[str, str] = {}
        for name in ("avatar", "header"):
            upload = request.uploads.get(name)
            if upload is not None:
                if self._picture_store is None:
                    raise Invalid("no_pictures", "This site takes no pictures")
                stored[name] = await self._picture_store(account_id, upload)
        return stored

    async def delete_avatar(self, request: Request) -> Reply:
        """``DELETE /api/v1/profile/avatar``."""
        return await self._change(request, ProfileChanges(avatar=None, avatar_description=""))

    async def delete_header(self, request: Request) -> Reply:
        """``DELETE /api/v1/profile/header``."""
        return await self._change(request, ProfileChanges(header=None, header_description=""))

    async def _change(self, request: Request, changes: ProfileChanges) -> Reply:
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> Entity:
            await self._accounts.update_profile(tx, viewer, changes)
            return await self._credentials(tx, viewer)

        return json_reply(await self._database.write(unit))
