"""Brings a backup back into an empty place."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from fedrse.app.backup import postgres_part, sqlite_part
from fedrse.app.backup.archive import (
    SECRETS,
    ArchiveReader,
    BadBackup,
    Manifest,
    Progress,
    read_archive,
    silent,
)
from fedrse.app.backup.sealing import Secrets, unseal
from fedrse.app.context import data_folder, media_folder, sqlite_path
from fedrse.app.secret_file import read_secret, write_secret
from fedrse.core.errors import Conflict
from fedrse.core.settings import Settings
from fedrse.store.engine import open_database
from fedrse.store.migrate import ensure_current, head


def read_secrets(path: Path, passphrase: str) -> Secrets:
    """The sealed secrets of a backup. Raises BadBackup."""
    with read_archive(path) as archive:
        return _unsealed(archive, passphrase)


async def restore_backup(
    settings: Settings,
    path: Path,
    *,
    passphrase: str | None = None,
    progress: Progress = silent,
) -> Manifest:
    """Fills the database, the media folder and, with a passphrase, the secret file of a site.

    Everything is verified before anything is written, and nothing that exists is touched: raises
    Conflict where the place is not empty or the backup is of another site, BadBackup for a damaged
    file, a wrong passphrase, or a database of the other kind.
    """
    with read_archive(path) as archive:
        manifest = archive.manifest
        _check_fits(settings, manifest)
        await _check_empty(settings)
        secrets = None if passphrase is None else _unsealed(archive, passphrase)
        if secrets is not None:
            _check_secret(settings, secrets)
        await asyncio.to_thread(archive.verify, progress)
        media = media_folder(settings)
        try:
            await asyncio.to_thread(archive.extract_media, media, progress)
            await _load_database(settings, archive, progress)
        except BaseException:
            # It was empty before; half a restore would be in the way of the next try.
            shutil.rmtree(media, ignore_errors=True)
            raise
        if secrets is not None:
            write_secret(Path(settings.storage.secret_file), secrets.secret + b"\n")
        return manifest


def _check_fits(settings: Settings, manifest: Manifest) -> None:
    if manifest.base_url != settings.origin:
        raise Conflict(
            "other_site",
            f"This is a backup of {manifest.base_url}, but these settings are of"
            f" {settings.origin}. The address of a site is part of all its ids.",
        )
    if manifest.schema > head():
        raise BadBackup(
            f"The backup has schema {manifest.schema}, this version of fedrse knows {head()}:"
            f" install fedrse {manifest.software} or later."
        )
    dialect = "postgresql" if sqlite_path(settings) is None else "sqlite"
    if manifest.dialect != dialect:
        raise BadBackup(
            f"This is a backup of a {manifest.dialect} database, but storage.database names a"
            f" {dialect} database."
        )


async def _check_empty(settings: Settings) -> None:
    path = sqlite_path(settings)
    if path is not None and path.exists():
        raise _not_empty(f"there is a database at {path}")
    if path is None and not await postgres_part.is_empty(settings.storage.database):
        raise _not_empty("the database has tables already")
    media = media_folder(settings)
    if media.is_dir() and any(entry.is_file() for entry in media.rglob("*")):
        raise _not_empty(f"there are files in {media}")


def _not_empty(what: str) -> Conflict:
    return Conflict("not_empty", f"A backup is restored into an empty place only, but {what}.")


def _check_secret(settings: Settings, secrets: Secrets) -> None:
    path = Path(settings.storage.secret_file)
    if path.exists() and read_secret(path) != secrets.secret.strip():
        raise Conflict(
            "other_secret",
            f"There is another secret at {path}. Move it away if the one of the backup is right.",
        )


def _unsealed(archive: ArchiveReader, passphrase: str) -> Secrets:
    if not archive.manifest.has_secrets:
        raise BadBackup("This backup was made without secrets.")
    with archive.open(SECRETS) as file:
        return unseal(file.read(), passphrase, archive.manifest.id)


async def _load_database(settings: Settings, archive: ArchiveReader, progress: Progress) -> None:
    path, folder = sqlite_path(settings), data_folder(settings)
    if path is None:
        await postgres_part.load(settings.storage.database, folder, archive, progress)
        return
    progress("database", 0, 1)
    await asyncio.to_thread(sqlite_part.load, archive, path)
    database = await open_database(settings.storage.database, folder)
    try:
        await ensure_current(database, settings.storage.database, folder)
    finally:
        await database.close()
