"""Client API: accounts and one's own profile (Mastodon API ``accounts``, ``profile``)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from msgspec import UNSET, Struct, UnsetType

from fedrse.core.errors import Invalid, NotFound, Unauthenticated
from fedrse.core.ids import parse_id
from fedrse.features.accounts.model_handles import parse_handle
from fedrse.features.accounts.service import Accounts, ProfileChanges
from fedrse.features.accounts.service_entities import Entity, source_of
from fedrse.http.multipart import Upload, Uploads
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction

MOST_IDS = 80
READ = ("read:accounts",)
WRITE = ("write:accounts",)

CredentialPart = Callable[[Transaction, int], Awaitable[Mapping[str, Any]]]
"""What a higher feature adds to ``CredentialAccount``: attributes; ``source`` is merged."""


Opened = Callable[[int], None]
"""Told the id of the account whose profile a person of this site looks at."""


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
    """Parameters of ``update_credentials``."""

    display_name: str | UnsetType = UNSET
    note: str | UnsetType = UNSET
    locked: bool | UnsetType = UNSET
    bot: bool | UnsetType = UNSET
    discoverable: bool | UnsetType = UNSET
    indexable: bool | UnsetType = UNSET
    hide_collections: bool | UnsetType = UNSET
    avatar_description: str | UnsetType = UNSET
    header_description: str | UnsetType = UNSET
    fields_attributes: list[FieldInput] | UnsetType = UNSET
    source: SourceChanges | UnsetType = UNSET


class ManyParameters(Struct):
    """``id[]``."""

    id: list[str] = []


def routes(
    *,
    database: Database,
    accounts: Accounts,
    parts: Sequence[CredentialPart] = (),
    preferences: Preferences | None = None,
    picture_store: PictureStore | None = None,
    uploads: Uploads | None = None,
    opened: Opened | None = None,
) -> list[Route]:
    """``uploads`` bounds avatar and header; without ``picture_store`` none are taken.

    ``opened`` is told whose profile somebody looks at.
    """
    api = AccountsApi(database, accounts, parts, preferences, picture_store, opened=opened)

    def route(
        method: str,
        path: str,
        handler: Handler,
        auth: Auth = Auth.OPTIONAL,
        scopes: tuple[str, ...] = (),
    ) -> Route:
        return Route(method, f"/api/v1/{path}", handler, Surface.API, auth, scopes)

    return [
        route(
            "GET",
            "accounts/verify_credentials",
            api.verify_credentials,
            Auth.USER,
            ("profile", *READ),
        ),
        Route(
            "PATCH",
            "/api/v1/accounts/update_credentials",
            api.update_credentials,
            Surface.API,
            Auth.USER,
            WRITE,
            uploads=uploads or Uploads(count=2),
        ),
        route("DELETE", "profile/avatar", api.delete_avatar, Auth.USER, WRITE),
        route("DELETE", "profile/header", api.delete_header, Auth.USER, WRITE),
        route("GET", "accounts/lookup", api.lookup, scopes=READ),
        route("GET", "accounts", api.many, scopes=READ),
        route("GET", "accounts/{id}", api.show, scopes=READ),
    ]


class AccountsApi:
    """Handlers; each opens one transaction."""

    def __init__(
        self,
        database: Database,
        accounts: Accounts,
        parts: Sequence[CredentialPart],
        preferences: Preferences | None,
        picture_store: PictureStore | None,
        *,
        opened: Opened | None,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._parts = parts
        self._preferences = preferences
        self._picture_store = picture_store
        self._opened = opened

    async def show(self, request: Request) -> Reply:
        """``GET /api/v1/accounts/:id``."""
        viewer, account_id = request.viewer, request.path_id()

        async def unit(tx: Transaction) -> Entity:
            account = await self._accounts.access_account(tx, viewer, account_id)
            return (await self._accounts.entities(tx, [account.id]))[account.id]

        entity = await self._database.read(unit)
        if self._opened is not None and viewer is not None:
            self._opened(account_id)
        return json_reply(entity)

    async def many(self, request: Request) -> Reply:
        """``GET /api/v1/accounts?id[]=``: those of them that there are."""
        viewer = request.viewer
        texts = request.bind(ManyParameters).id[:MOST_IDS]
        ids = list(dict.fromkeys(number for text in texts if (number := parse_id(text))))

        async def unit(tx: Transaction) -> list[Entity]:
            found = await self._accounts.by_ids(tx, ids)
            visible = [
                account_id
                for account_id in ids
                if account_id in found and self._accounts.is_visible_to(viewer, found[account_id])
            ]
            return list((await self._accounts.entities(tx, visible)).values())

        if viewer is None and not self._accounts.has_public_pages:
            raise _login_required()
        return json_reply(await self._database.read(unit))

    async def lookup(self, request: Request) -> Reply:
        """``GET /api/v1/accounts/lookup?acct=``: an account that is known already."""
        viewer = request.viewer
        acct = (request.text("acct") or "").strip().removeprefix("@")
        handle = parse_handle(acct) if "@" in acct else None
        username, domain = handle or (acct, None)
        if "@" in username:
            raise NotFound

        async def unit(tx: Transaction) -> Entity:
            account = await self._accounts.by_handle(tx, username, domain)
            account_id = 0 if account is None else account.id
            await self._accounts.access_account(tx, viewer, account_id)
            return (await self._accounts.entities(tx, [account_id]))[account_id]

        return json_reply(await self._database.read(unit))

    # Oneself

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
        pictures = await self._pictures(request, viewer)
        fields = wanted.fields_attributes
        changes = ProfileChanges(
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
            indexable=wanted.indexable,
            hide_collections=wanted.hide_collections,
            avatar_description=wanted.avatar_description,
            header_description=wanted.header_description,
            avatar=pictures.get("avatar", UNSET),
            header=pictures.get("header", UNSET),
        )

        async def unit(tx: Transaction) -> Entity:
            await self._accounts.update_profile(tx, viewer, changes)
            if self._preferences is not None and not isinstance(wanted.source, UnsetType):
                await self._preferences(tx, viewer, wanted.source)
            return await self._credentials(tx, viewer)

        return json_reply(await self._database.write(unit))

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


def _login_required() -> Unauthenticated:
    return Unauthenticated("login_required", "This method requires an authenticated user")
