"""The database of a small site: a consistent copy of the file while the site runs."""

from __future__ import annotations

import gzip
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import IO

from fedrse.app.backup.archive import DATABASE, ArchiveReader, ArchiveWriter, BadBackup

MEMBER = f"{DATABASE}fedrse.db.gz"
FAST = 1  # gzip level: most of the gain for little of the time


def dump(path: Path, folder: Path, writer: ArchiveWriter) -> dict[str, int]:
    """Adds a copy of the database file; returns the rows of each table.

    The copy is made in one step by SQLite's backup interface: one snapshot, writers go on. Raises
    BadBackup where the copy is not sound.
    """
    copy, packed = folder / "fedrse.db", folder / "fedrse.db.gz"
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.execute("PRAGMA busy_timeout=10000")
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")
    tables = check(copy)
    with copy.open("rb") as plain, gzip.open(packed, "wb", compresslevel=FAST) as file:
        shutil.copyfileobj(plain, file, 1 << 20)
    writer.add(MEMBER, packed)
    return tables


def check(path: Path) -> dict[str, int]:
    """The rows of each table of a sound database. Raises BadBackup for any other."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            (state,) = connection.execute("PRAGMA integrity_check").fetchone()
            if state != "ok":
                raise BadBackup(f"The database is damaged: {state}")
            if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
                raise BadBackup("The database is damaged: rows refer to others that are missing.")
            return {name: _count(connection, name) for name in _tables(connection)}
    except sqlite3.DatabaseError as error:
        raise BadBackup(f"The database is damaged: {error}") from error


def _tables(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        " AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
    )
    return [name for (name,) in rows]


def _count(connection: sqlite3.Connection, table: str) -> int:
    quoted = table.replace('"', '""')
    (count,) = connection.execute(f'SELECT count(*) FROM "{quoted}"').fetchone()  # noqa: S608
    return int(count)


def load(archive: ArchiveReader, path: Path) -> None:
    """Writes the database file, which must not exist. Raises BadBackup where it is not sound."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        with archive.open(MEMBER) as packed, part.open("wb") as file:
            _unpack(packed, file)
        _compare(check(part), archive.manifest.tables)
        part.rename(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _compare(found: dict[str, int], told: dict[str, int]) -> None:
    if found != told:
        raise BadBackup("The database in the backup has other rows than the manifest says.")


def _unpack(packed: IO[bytes], file: IO[bytes]) -> None:
    try:
        with gzip.open(packed) as plain:
            shutil.copyfileobj(plain, file, 1 << 20)
    except (EOFError, gzip.BadGzipFile) as error:
        raise BadBackup(f"The database in the backup is damaged: {error}") from error
