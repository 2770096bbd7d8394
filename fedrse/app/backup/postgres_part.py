"""The database of a large site: all tables by COPY, out of one snapshot."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fedrse.app.backup.archive import (
    DATABASE,
    ArchiveReader,
    ArchiveWriter,
    BadBackup,
    Progress,
)
from fedrse.core.errors import Unavailable
from fedrse.store.migrate import configuration, head, run_with_connection, upgrade

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

FAST = 1
_TABLES = """
SELECT relname FROM pg_class
WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
  AND relname <> 'alembic_version' ORDER BY relname
"""
_ALL_TABLES = """
SELECT relname FROM pg_class
WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
"""
_REFERENCES = """
SELECT child.relname AS child, parent.relname AS parent FROM pg_constraint
JOIN pg_class child ON child.oid = conrelid JOIN pg_class parent ON parent.oid = confrelid
WHERE contype = 'f' AND connamespace = current_schema()::regnamespace AND conrelid <> confrelid
"""


@asynccontextmanager
async def connection_to(url: str) -> AsyncIterator[Any]:
    """A connection of our own. Raises Unavailable where the server does not answer."""
    import asyncpg  # type: ignore[import-untyped]  # noqa: PLC0415  (optional extra)

    try:
        connection = await asyncpg.connect(url)
    except (OSError, asyncpg.PostgresError) as error:
        raise Unavailable("database_down", f"The database does not answer: {error}") from error
    try:
        yield connection
    finally:
        await connection.close()


async def dump(url: str, folder: Path, writer: ArchiveWriter, progress: Progress) -> dict[str, int]:
    """Adds every table as it is in one snapshot; returns the rows of each."""
    counts: dict[str, int] = {}
    async with (
        connection_to(url) as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        tables = [row["relname"] for row in await connection.fetch(_TABLES)]
        for number, table in enumerate(tables, 1):
            progress(f"table {table}", number, len(tables))
            packed = folder / f"{table}.copy.gz"
            with gzip.open(packed, "wb", compresslevel=FAST) as file:
                status = await connection.copy_from_table(table, output=file, format="text")
            counts[table] = int(status.rpartition(" ")[2])
            writer.add(_member(table), packed)
            packed.unlink()
    return counts


async def is_empty(url: str) -> bool:
    """The schema has no table at all."""
    async with connection_to(url) as connection:
        return not await connection.fetch(_ALL_TABLES)


async def load(url: str, data_folder: Path, archive: ArchiveReader, progress: Progress) -> None:
    """Fills an empty database, all or nothing. Raises BadBackup."""
    version = archive.manifest.schema

    def to_version(connection: Connection) -> None:
        from alembic import command  # noqa: PLC0415  (costly import, only when needed)

        command.upgrade(configuration(connection), version)

    try:
        await run_with_connection(url, data_folder, to_version)
        async with connection_to(url) as connection:
            await _fill(connection, archive, progress)
        if version != head():
            await upgrade(url, data_folder)
    except BaseException:
        await _drop_all(url)
        raise


async def _fill(connection: Any, archive: ArchiveReader, progress: Progress) -> None:
    counts = archive.manifest.tables
    async with connection.transaction():
        known = {row["relname"] for row in await connection.fetch(_TABLES)}
        if known != set(counts):
            wrong = min(known ^ set(counts))
            raise BadBackup(f"The backup and schema {archive.manifest.schema} differ in {wrong}.")
        order = _parents_first(known, await connection.fetch(_REFERENCES))
        names = ", ".join(f'"{name}"' for name in order)
        await connection.execute(f"TRUNCATE {names}")
        for number, table in enumerate(order, 1):
            progress(f"table {table}", number, len(order))
            with archive.open(_member(table)) as packed, gzip.open(packed) as source:
                await connection.copy_to_table(table, source=source, format="text")
            found = await connection.fetchval(f'SELECT count(*) FROM "{table}"')  # noqa: S608
            if found != counts[table]:
                raise BadBackup(f"Table {table} has {found} rows instead of {counts[table]}.")
    await connection.execute("ANALYZE")


def _parents_first(tables: set[str], references: list[Any]) -> list[str]:
    sorter = TopologicalSorter({table: set[str]() for table in sorted(tables)})
    for row in references:
        sorter.add(row["child"], row["parent"])
    return list(sorter.static_order())


async def _drop_all(url: str) -> None:
    """Removes what a failed restore has made; the database was empty before."""
    async with connection_to(url) as connection:
        for row in await connection.fetch(_ALL_TABLES):
            await connection.execute(f'DROP TABLE IF EXISTS "{row["relname"]}" CASCADE')


def _member(table: str) -> str:
    return f"{DATABASE}{table}.copy.gz"
