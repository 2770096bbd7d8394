"""Writes the archive: the files and names are those of Mastodon's account export.

``actor.json``, ``outbox.json``, ``likes.json`` and ``bookmarks.json`` are ActivityStreams; the CSV
files are those that Mastodon imports. ``card.json`` is what the person says about work,
``drafts.json`` and ``scheduled.json`` what is not published yet. Files lie in
``media_attachments/``.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from fedrse.activitypub.vocabulary import Json
from fedrse.app.backup.archive import Progress
from fedrse.app.export import queries
from fedrse.app.export.outbox import Activities
from fedrse.app.export.unsent import Unsent
from fedrse.app.operator import operator
from fedrse.app.whole import Whole, open_whole
from fedrse.core.clock import SECOND, to_date, to_iso_seconds
from fedrse.core.errors import Conflict, NotFound
from fedrse.core.settings import Settings
from fedrse.features.access.model import Login
from fedrse.features.accounts.model import Account
from fedrse.features.audit.model import Target, person
from fedrse.features.audit.model_acts import Act
from fedrse.features.migration.model import Kind, write_csv
from fedrse.features.migration.queries import DOMAINS, LISTS
from fedrse.features.profiles.model import FIELDS, Profile
from fedrse.features.profiles.model_confirmations import Received
from fedrse.store.database import Row, Transaction
from fedrse.store.statement import Statement

CONTEXT = "https://www.w3.org/ns/activitystreams"
MEDIA = "media_attachments"
MEBIBYTE = 1 << 20
Send = Callable[[bytes], Awaitable[None]]
_HANDLE = "Account address"
_PEOPLE: Sequence[tuple[str, Statement, tuple[str, ...], Callable[[Row], Iterable[object]]]] = (
    (
        "following_accounts.csv",
        queries.FOLLOWING,
        (_HANDLE, "Show boosts", "Notify on new posts", "Languages"),
        lambda row: (
            _truth(row.show_boosts),
            _truth(row.notify),
            ", ".join(json.loads(row.languages)),
        ),
    ),
    ("followers.csv", queries.FOLLOWERS, (_HANDLE,), lambda _row: ()),
    ("blocked_accounts.csv", queries.BLOCKED, (_HANDLE,), lambda _row: ()),
    (
        "muted_accounts.csv",
        queries.MUTED,
        (_HANDLE, "Hide notifications"),
        lambda row: (_truth(row.notifications),),
    ),
)


async def export_account(
    settings: Settings, name: str, target: Path | None, progress: Progress
) -> dict[str, object]:
    """Writes the archive and says what is in it.

    Raises NotFound for an unknown name, Conflict where the file exists.
    """
    async with open_whole(settings) as whole:
        login, account = await whole.ground.database.read(find_account, whole, name)
        today = to_date(whole.ground.clock.now())
        path = target or Path(f"{account.username}-{today}.zip")
        part = path.with_name(f".{path.name}.part")
        if path.exists():
            raise Conflict("file_exists", f"{path} exists already; choose another name.")
        try:
            with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
                part.chmod(0o600)
                counts = await _Export(whole, account, archive, progress).write(login)
            part.rename(path)
        finally:
            part.unlink(missing_ok=True)
        target_of_log = Target("account", str(account.id), account.username)
        await whole.ground.database.write(
            whole.ground.audit.record, Act.DATA_EXPORTED, operator(), target_of_log
        )
        return {"file": str(path), "account": f"@{account.handle}", **counts}


async def send_archive(whole: Whole, account_id: int, send: Send) -> None:
    """Sends somebody's archive in pieces, while it is made: nothing of it stays on this site.

    Raises NotFound for somebody without a log-in.
    """

    async def unit(tx: Transaction) -> tuple[Login | None, Account | None]:
        login = await whole.services.access.logins.by_account(tx, account_id)
        return login, await whole.services.accounts.by_id(tx, account_id)

    login, account = await whole.ground.database.read(unit)
    if login is None or account is None:
        raise NotFound
    target = Target("account", str(account.id), account.username)
    await whole.ground.database.write(
        whole.ground.audit.record, Act.DATA_EXPORTED, person(account_id), target
    )
    pipe = _Pipe()

    async def drain() -> None:
        if pipe.kept:
            await send(pipe.take())

    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        await _Export(whole, account, archive, drain=drain).write(login)
    await drain()


class _Pipe(io.RawIOBase):
    """What an archive is written to that nobody keeps: bytes that wait to be sent."""

    def __init__(self) -> None:
        self.kept = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.kept += data
        return len(data)

    def take(self) -> bytes:
        """What waits; it waits no more."""
        taken, self.kept = bytes(self.kept), bytearray()
        return taken


async def find_account(tx: Transaction, whole: Whole, name: str) -> tuple[Login, Account]:
    """Somebody by user name or address. Raises NotFound."""
    login = await whole.services.access.logins.named(tx, name)
    account = None
    if login is not None:
        account = await whole.services.accounts.by_id(tx, login.account_id)
    if login is None or account is None:
        raise NotFound("login_unknown", f"Nobody here is called {name!r}.")
    return login, account


def _nobody_asks(_step: str, _done: int, _total: int) -> None:
    """Nobody looks how far it is."""


async def _nothing() -> None:
    """What is written goes to a file by itself."""


class _Export:
    """One archive on its way."""

    def __init__(
        self,
        whole: Whole,
        account: Account,
        archive: zipfile.ZipFile,
        progress: Progress = _nobody_asks,
        drain: Callable[[], Awaitable[None]] = _nothing,
    ) -> None:
        """``drain`` is awaited whenever something was written."""
        self._drain = drain
        self._whole = whole
        self._database = whole.ground.database
        self._account = account
        self._archive = archive
        self._progress = progress

    async def write(self, login: Login) -> dict[str, object]:
        """Everything, in the order of Mastodon's archives; how much of each."""
        self._archive.writestr("login.json", _login(login))
        await self._actor()
        await self._card()
        activities = Activities(self._whole, self._account.id)
        counts: dict[str, object] = {
            "posts": await self._collection("outbox.json", activities.all(), "posts"),
            "likes": await self._collection("likes.json", self._uris(queries.LIKES), "likes"),
            "bookmarks": await self._collection(
                "bookmarks.json", self._uris(queries.BOOKMARKS), "bookmarks"
            ),
        }
        for file, statement, headings, details in _PEOPLE:
            name = file.removesuffix(".csv")
            counts[name] = await self._csv(file, statement, headings, details)
        for name, kind in (("lists", Kind.LISTS), ("blocked_domains", Kind.DOMAIN_BLOCKING)):
            counts[name] = await self._plain_csv(f"{name}.csv", kind)
        unsent = Unsent(self._whole, self._account.id)
        for name, read in (("drafts", unsent.drafts), ("scheduled", unsent.waiting)):
            found = await self._database.read(read)
            self._archive.writestr(f"{name}.json", _json(found))
            counts[name] = len(found)
            await self._drain()
        keys = dict.fromkeys((*activities.keys, *unsent.keys))
        counts["files"] = await self._files(list(keys))
        return counts

    async def _actor(self) -> None:
        """The profile; its pictures are in the archive, too."""
        document = await self._database.read(self._whole.services.accounts.document, self._account)
        actor: Json = {
            **document,
            "outbox": "outbox.json",
            "likes": "likes.json",
            "bookmarks": "bookmarks.json",
        }
        for name, key in (("icon", self._account.avatar), ("image", self._account.header)):
            if key is not None and await self._file(key, _picture_name(name, key)):
                actor[name] = {**actor.get(name, {}), "url": _picture_name(name, key)}
        self._archive.writestr("actor.json", _json(actor))

    async def _card(self) -> None:
        """What the person says about work and for whom, and who confirms what of whom."""
        services, key = self._whole.services, self._account.id

        async def unit(tx: Transaction) -> tuple[Profile, list[Received], list[Row]]:
            return (
                await services.profiles.own(tx, key),
                await services.confirmations.received(tx, key),
                await services.confirmations.given(tx, key),
            )

        profile, received, given = await self._database.read(unit)
        confirmed = [
            {
                "skill": one.skill,
                "by": one.witness.path.removeprefix("/@"),
                "hidden": one.hidden,
                "created_at": to_iso_seconds(one.created_at),
            }
            for one in received
        ]
        confirms = [
            {
                "skill": row.skill,
                "of": f"{row.username}@{row.domain}",
                "created_at": to_iso_seconds(row.created_at),
            }
            for row in given
        ]
        visibility = {name: profile.rule(name) for name in FIELDS}
        card = {"card": profile.card, "visibility": visibility}
        self._archive.writestr(
            "card.json", _json({**card, "confirmed": confirmed, "confirms": confirms})
        )

    async def _collection(self, name: str, items: AsyncIterator[Any], step: str) -> int:
        """An OrderedCollection, written item by item."""
        number = 0
        with self._archive.open(name, "w", force_zip64=True) as file:
            file.write(
                f'{{"@context":"{CONTEXT}","id":"{name}","type":"OrderedCollection",'.encode()
            )
            file.write(b'"orderedItems":[')
            async for item in items:
                file.write((b",\n" if number else b"\n") + msgspec.json.encode(item))
                number += 1
                if number % queries.PIECE == 0:
                    await self._drain()
                    self._progress(step, number, max(number, self._account.statuses_count))
            file.write(f'],"totalItems":{number}}}\n'.encode())
        return number

    async def _uris(self, statement: Statement) -> AsyncIterator[str]:
        async for row in self._rows(statement):
            yield row.uri

    async def _csv(
        self,
        name: str,
        statement: Statement,
        headings: Sequence[str],
        details: Callable[[Row], Iterable[object]],
    ) -> int:
        number = 0
        with self._archive.open(name, "w") as file:
            text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
            writer = csv.writer(text)
            writer.writerow(headings)
            async for row in self._rows(statement):
                writer.writerow([f"{row.username}@{row.domain}", *details(row)])
                number += 1
            text.detach()
        return number

    async def _plain_csv(self, name: str, kind: Kind) -> int:
        """A list that fits into memory, as it can be downloaded by itself."""
        me = self._account.id
        if kind is Kind.LISTS:
            found = await self._database.read(_all_of(LISTS), me)
            rows: list[tuple[str, ...]]
            rows = [(row.title, f"{row.username}@{row.domain}") for row in found]
        else:
            rows = [(row.domain,) for row in await self._database.read(_all_of(DOMAINS), me)]
        self._archive.writestr(name, write_csv(kind, rows))
        return len(rows)

    async def _rows(self, statement: Statement) -> AsyncIterator[Row]:
        """All rows, in pieces that start after the id of the last one."""
        after = 0

        async def piece(tx: Transaction) -> list[Row]:
            return await tx.all(statement, owner=self._account.id, after=after)

        while rows := await self._database.read(piece):
            for row in rows:
                yield row
            after = rows[-1].id

    async def _files(self, keys: Sequence[str]) -> int:
        number = 0
        for index, key in enumerate(keys, 1):
            number += await self._file(key, f"{MEDIA}/{key}")
            self._progress("files", index, len(keys))
        return number

    async def _file(self, key: str, name: str) -> bool:
        """Adds a stored file; False where it is gone."""
        path = self._whole.services.blobs.path(key)
        try:
            file = await asyncio.to_thread(path.open, "rb")
        except FileNotFoundError:
            return False
        now = datetime.fromtimestamp(self._whole.ground.clock.now() / SECOND, UTC)
        about = zipfile.ZipInfo(name, now.timetuple()[:6])
        # Pictures and films are compressed already.
        about.compress_type, about.file_size = zipfile.ZIP_STORED, path.stat().st_size
        with file, self._archive.open(about, "w") as target:
            while piece := await asyncio.to_thread(file.read, MEBIBYTE):
                target.write(piece)
                await self._drain()
        return True


def _all_of(statement: Statement) -> Callable[[Transaction, int], Awaitable[list[Row]]]:
    async def unit(tx: Transaction, me: int) -> list[Row]:
        return await tx.all(statement, me=me)

    return unit


def _picture_name(name: str, key: str) -> str:
    """``avatar.webp`` or ``header.png``, as in Mastodon's archives."""
    _, dot, extension = key.rpartition(".")
    return {"icon": "avatar", "image": "header"}[name] + (f".{extension}" if dot else "")


def _login(login: Login) -> bytes:
    """What the site keeps about the person besides the profile."""
    return _json(
        {
            "username": login.username,
            "email": login.email,
            "role": login.role.value,
            "language": login.locale,
            "time_zone": login.time_zone,
            "default_language": login.default_language,
            "default_visibility": login.default_visibility,
            "default_quote_policy": login.default_quote_policy,
            "default_sensitive": login.default_sensitive,
            "created_at": to_iso_seconds(login.created_at),
            "last_active_at": login.last_active_at and to_iso_seconds(login.last_active_at),
        }
    )


def _json(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2)


def _truth(value: object) -> str:
    return "true" if value else "false"
