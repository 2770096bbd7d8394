"""Makes a backup of a running or stopped site."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

import fedrse
from fedrse.app.backup import postgres_part, sqlite_part
from fedrse.app.backup.archive import (
    FORMAT,
    MEDIA,
    SECRETS,
    ArchiveWriter,
    Manifest,
    Progress,
    read_archive,
    silent,
    write_archive,
)
from fedrse.app.backup.sealing import Secrets, check_passphrase, seal
from fedrse.app.context import any_database, media_folder, sqlite_path
from fedrse.app.secret_file import read_secret
from fedrse.core.clock import Clock, SystemClock
from fedrse.core.errors import Conflict
from fedrse.core.settings import Settings
from fedrse.store.migrate import current


async def make_backup(
    settings: Settings,
    target: Path,
    *,
    configuration: Path | None = None,
    passphrase: str | None = None,
    progress: Progress = silent,
    clock: Clock | None = None,
) -> Manifest:
    """Writes a backup and reads it again to verify it.

    The database is one snapshot; media are copied after it, so no row refers to a file that is
    missing, unless it was deleted meanwhile. With a ``passphrase`` the instance secret and the
    configuration file are inside, sealed. Raises BadBackup, Conflict, Unavailable.
    """
    backup_id = secrets.token_hex(16)
    sealed = _sealed(settings, configuration, passphrase, backup_id)
    async with any_database(settings) as database:
        schema, dialect = await current(database), database.dialect
    if schema is None:
        raise Conflict("nothing_to_save", "The database is empty: there is nothing to save.")
    created_at = (clock or SystemClock()).now()
    with (
        # In the folder of the backup: the temporary folder of the system is often too small.
        tempfile.TemporaryDirectory(prefix=".fedrse-backup-", dir=target.parent) as name,
        write_archive(target) as writer,
    ):
        tables = await _add_database(settings, Path(name), writer, progress)
        await asyncio.to_thread(_add_media, media_folder(settings), writer, progress)
        if sealed is not None:
            writer.add_bytes(SECRETS, sealed)
        writer.finish(
            Manifest(
                format=FORMAT,
                id=backup_id,
                created_at=created_at,
                software=fedrse.__version__,
                base_url=settings.origin,
                dialect=dialect,
                schema=schema,
                tables=tables,
                files=writer.files,
            )
        )
    return await asyncio.to_thread(check_backup, target, progress)


def check_backup(path: Path, progress: Progress = silent) -> Manifest:
    """Compares everything in a backup with its checksums. Raises BadBackup."""
    with read_archive(path) as archive:
        archive.verify(progress)
        return archive.manifest


async def _add_database(
    settings: Settings, folder: Path, writer: ArchiveWriter, progress: Progress
) -> dict[str, int]:
    path = sqlite_path(settings)
    if path is None:
        return await postgres_part.dump(settings.storage.database, folder, writer, progress)
    progress("database", 0, 1)
    return await asyncio.to_thread(sqlite_part.dump, path, folder, writer)


def _add_media(folder: Path, writer: ArchiveWriter, progress: Progress) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for number, path in enumerate(files, 1):
        relative = path.relative_to(folder)
        # Files that are just being written have a dot in front.
        if not any(part.startswith(".") for part in relative.parts):
            with suppress(FileNotFoundError):  # deleted since we looked
                writer.add(f"{MEDIA}{relative.as_posix()}", path)
        progress("media", number, len(files))


def _sealed(
    settings: Settings, configuration: Path | None, passphrase: str | None, backup_id: str
) -> bytes | None:
    """Secret and configuration, sealed; None without a passphrase."""
    if passphrase is None:
        return None
    check_passphrase(passphrase)
    text = None
    if configuration is not None and configuration.exists():
        text = configuration.read_text(encoding="utf-8")
    found = Secrets(read_secret(Path(settings.storage.secret_file)), text)
    return seal(found, passphrase, backup_id)
