"""``fedrse import``: looks into an archive of an account, and takes over what is asked for."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path

from msgspec.structs import replace

from fedrse.app.export.archive import find_account
from fedrse.app.operator import operator
from fedrse.app.transfer import archive_limits, largest_archive, make_migration
from fedrse.app.whole import Whole, open_whole
from fedrse.core.errors import Invalid, NotFound
from fedrse.core.settings import Settings
from fedrse.features.accounts.model import Account
from fedrse.features.audit.model import Target
from fedrse.features.audit.model_acts import Act
from fedrse.features.migration.jobs_archive import remove_folder
from fedrse.features.migration.model import Kind
from fedrse.features.migration.model_archive import (
    Choices,
    Contents,
    UnusableArchive,
    refusal,
)
from fedrse.features.migration.service_archive import lists_of
from fedrse.features.migration.service_contents import read_archive
from fedrse.features.posts.model import Audience
from fedrse.store.database import Transaction


async def import_archive(
    settings: Settings, name: str, source: Path, choices: Choices
) -> dict[str, object]:
    """Says what is in an archive, and lets the running site take over what is chosen.

    Raises NotFound for an unknown name or file, Invalid for an archive that cannot be used.
    """
    async with open_whole(settings) as whole:
        _, account = await whole.ground.database.read(find_account, whole, name)
        await asyncio.to_thread(_check, source, largest_archive(settings))
        folder = whole.services.blobs.incoming / f"archive-{secrets.token_hex(16)}"
        folder.mkdir(mode=0o700)
        try:
            contents = await asyncio.to_thread(_read, whole, source, folder)
            if not choices.is_empty:
                await _begin(whole, account, folder, contents, choices)
        except BaseException:
            remove_folder(folder)
            raise
        if choices.is_empty:
            remove_folder(folder)
    return {
        "archive_of": f"{contents.handle}@{contents.host}",
        "account": f"@{account.handle}",
        "posts": contents.open,
        "posts_for_followers": contents.followers,
        "direct_messages": contents.direct,
        **{name: many for name, many in contents.lists.items() if many},
        "begun": not choices.is_empty,
    }


def _check(source: Path, most: int) -> None:
    if not source.is_file():
        raise NotFound("file_missing", f"There is no file at {source}.")
    if source.stat().st_size > most:
        raise refusal("archive_too_large")


def _read(whole: Whole, source: Path, folder: Path) -> Contents:
    try:
        return read_archive(
            str(source), str(folder), archive_limits(whole.ground.settings, whole.services)
        )
    except UnusableArchive as error:
        raise refusal(error.code) from None


async def _begin(
    whole: Whole, account: Account, folder: Path, contents: Contents, choices: Choices
) -> None:
    me = account.id
    archives = make_migration(whole.ground, whole.protocol, whole.services).archives

    async def unit(tx: Transaction) -> str | None:
        replaced = await archives.offer(tx, me, folder.name, contents)
        offered = await archives.of(tx, me)
        if offered is None:
            raise refusal("archive_gone")
        lists = lists_of(folder, offered, choices.lists)
        await archives.begin(tx, me, offered.id, choices, lists)
        target = Target("account", str(me), account.username)
        await whole.ground.audit.record(tx, Act.DATA_IMPORTED, operator(), target)
        return None if replaced is None else replaced.folder

    replaced = await whole.ground.database.write(unit)
    if replaced is not None:
        remove_folder(folder.with_name(replaced))


def choices_of(audience: str | None, *, followers_too: bool, lists: bool, profile: bool) -> Choices:
    """What is asked for at the command line. Raises Invalid for an unknown audience."""
    kinds = tuple(Kind) if lists else ()
    chosen = Choices(name=profile, about=profile, avatar=profile, header=profile, lists=kinds)
    if audience is None:
        return chosen
    if audience not in {"public", "network", "site", "followers"}:
        raise Invalid("archive_audience", "Posts can be for public, network, site or followers.")
    return replace(chosen, posts=True, followers_too=followers_too, audience=Audience(audience))
