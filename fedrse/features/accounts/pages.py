"""The page where people change their profile: name, pictures, a few words, links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import UNSET, UnsetType

from fedrse.core.errors import Invalid
from fedrse.core.ports import Protocol
from fedrse.core.text import count_characters
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.service import Accounts, ProfileChanges
from fedrse.features.accounts.service_texts import (
    LONGEST_FIELD,
    LONGEST_NAME,
    LONGEST_NOTE,
    MOST_FIELDS,
)
from fedrse.http.multipart import Upload, Uploads
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer

PATH: Final = "/settings/profile"
PICTURES: Final = ("avatar", "header")
LONGEST_DESCRIPTION: Final = 1500
MEGABYTE: Final = 1024 * 1024

_WRONG: Final[Mapping[str, str]] = {
    "name": translatable("A name has at most 30 characters."),
    "note": translatable("This text has at most 500 characters."),
    "line": translatable("A line needs a label and a content, of at most 255 characters each."),
    "size": translatable("This file is too large: at most 8 MB."),
    "picture": translatable("This file is no picture that can be shown. JPEG, PNG or WebP work."),
}


class PictureStore(Protocol):
    """Keeps uploaded pictures; the same as for the client API."""

    async def __call__(self, account_id: int, upload: Upload) -> str:
        """Stores a picture, scaled, and returns its key. Raises Invalid for what is none."""


class ProfilePages:
    """``/settings/profile``."""

    def __init__(
        self,
        *,
        database: Database,
        accounts: Accounts,
        pictures: PictureStore,
        uploads: Uploads,
        renderer: Renderer,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._pictures = pictures
        self._uploads = uploads
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """The address."""
        page, user = Surface.PAGE, Auth.USER
        return [
            Route("GET", PATH, self.edit, page, user),
            Route("POST", PATH, self.save, page, user, uploads=self._uploads),
        ]

    async def edit(self, request: Request) -> Reply:
        """``GET /settings/profile``."""
        viewer = request.require_viewer()
        account = await self._database.read(self._accounts.access_account, viewer, viewer)
        return await self._draw(request, _typed_of(account), {})

    async def save(self, request: Request) -> Reply:
        """``POST /settings/profile``: pictures are stored before anything is changed."""
        viewer = request.require_viewer()
        known = await self._database.read(self._accounts.access_account, viewer, viewer)
        typed = _typed(request, _typed_of(known))
        wrong = _check(typed)
        pictures: dict[str, str | None] = {}
        for name in PICTURES:
            if request.text(f"{name}_remove"):
                pictures[name] = None
            upload = request.uploads.get(name)
            if upload is not None and not wrong:
                await self._take(viewer, name, upload, pictures, wrong)
        if wrong:
            return await self._draw(request, typed, wrong)
        changes = _changes(typed, pictures)
        await self._database.write(self._accounts.update_profile, viewer, changes)
        return redirect(f"{PATH}?saved=1")

    async def _take(
        self,
        viewer: int,
        name: str,
        upload: Upload,
        pictures: dict[str, str | None],
        wrong: dict[str, str],
    ) -> None:
        if upload.size > self._uploads.bytes_each:
            wrong[name] = "size"
            return
        try:
            pictures[name] = await self._pictures(viewer, upload)
        except Invalid:
            wrong[name] = "picture"

    async def _draw(
        self, request: Request, typed: Mapping[str, Any], wrong: Mapping[str, str]
    ) -> Reply:
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> tuple[Account, dict[str, Any]]:
            account = await self._accounts.access_account(tx, viewer, viewer)
            return account, (await self._accounts.entities(tx, [viewer]))[viewer]

        account, entity = await self._database.read(unit)
        return self._renderer.render(
            request,
            "accounts/edit.html",
            status=422 if wrong else 200,
            viewer=self._renderer.faces.person(entity),
            path=PATH,
            typed=typed,
            wrong={name: _WRONG[code] for name, code in wrong.items()},
            now={
                name: entity[name] if getattr(account, name) is not None else ""
                for name in PICTURES
            },
            longest={
                "name": LONGEST_NAME,
                "field": LONGEST_FIELD,
                "description": LONGEST_DESCRIPTION,
            },
            saved=not wrong and request.text("saved") is not None,
        )


def _typed_of(account: Account) -> dict[str, Any]:
    lines = [(field.name, field.source) for field in account.fields]
    return {
        "display_name": account.display_name,
        "note": account.note_source,
        "lines": [*lines, *[("", "")] * (MOST_FIELDS - len(lines))],
        "avatar_description": account.avatar_description,
        "header_description": account.header_description,
        "locked": account.locked,
        "discoverable": account.discoverable,
        "hide_collections": account.hide_collections,
    }


def _typed(request: Request, known: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed; behind a file that is too large nothing is read, so what is known stays."""

    def text(name: str) -> str:
        typed = request.text(name)
        return str(known.get(name, "")) if typed is None else typed.strip()

    return {
        **{name: text(name) for name in ("display_name", "note")},
        **{f"{name}_description": text(f"{name}_description") for name in PICTURES},
        "lines": [(text(f"label{at}"), text(f"value{at}")) for at in range(MOST_FIELDS)],
        "locked": bool(request.text("locked")),
        "discoverable": bool(request.text("discoverable")),
        "hide_collections": bool(request.text("hide_collections")),
    }


def _check(typed: Mapping[str, Any]) -> dict[str, str]:
    """Which fields are wrong, and how."""
    wrong = {}
    if count_characters(typed["display_name"]) > LONGEST_NAME:
        wrong["display_name"] = "name"
    if count_characters(typed["note"].replace("\r\n", "\n")) > LONGEST_NOTE:
        wrong["note"] = "note"
    for at, line in enumerate(typed["lines"]):
        if bool(line[0]) != bool(line[1]) or max(map(len, line)) > LONGEST_FIELD:
            wrong[f"label{at}"] = "line"
    return wrong


def _changes(typed: Mapping[str, Any], pictures: Mapping[str, str | None]) -> ProfileChanges:
    def picture(name: str) -> str | UnsetType | None:
        return pictures.get(name, UNSET)

    return ProfileChanges(
        display_name=typed["display_name"],
        note=typed["note"].replace("\r\n", "\n"),
        fields=tuple(typed["lines"]),
        locked=typed["locked"],
        discoverable=typed["discoverable"],
        hide_collections=typed["hide_collections"],
        avatar=picture("avatar"),
        avatar_description=typed["avatar_description"][:LONGEST_DESCRIPTION],
        header=picture("header"),
        header_description=typed["header_description"][:LONGEST_DESCRIPTION],
    )
