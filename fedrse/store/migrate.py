"""Brings the schema of a database to the version that this code needs.

Alembic is imported only when there is something to do, so that a start costs one query.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Column, MetaData, Table, Text, select, text

from fedrse.core.errors import Conflict
from fedrse.store.database import Database, Transaction
from fedrse.store.statement import Statement

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy.engine import Connection

MIGRATION_LOCK = 0x66656472  # the advisory lock of PostgreSQL that a migration holds
MIGRATIONS = Path(__file__).parent / "migrations"
_version = Table("alembic_version", MetaData(), Column("version_num", Text))
_CURRENT = Statement(select(_version.c.version_num))


def head() -> str:
    """The newest version that this code knows: the last file in ``migrations/versions``."""
    return max(path.stem.partition("_")[0] for path in _versions())


def _versions() -> list[Path]:
    return [
        path for path in (MIGRATIONS / "versions").glob("*.py") if re.match(r"\d{4}_", path.name)
    ]


async def current(database: Database) -> str | None:
    """The version of the schema in the database, None where there is none yet."""

    async def unit(tx: Transaction) -> str | None:
        found = await tx.value(_CURRENT)
        return None if found is None else str(found)

    try:
        return await database.read(unit)
    except Exception as error:
        if "alembic_version" in str(error):  # no such table: an empty database
            return None
        raise


async def ensure_current(database: Database, url: str, data_folder: Path) -> bool:
    """Migrates if needed; True if something was done.

    Raises Conflict if the database is newer than this code.
    """
    found = await current(database)
    if found == head():
        return False
    if found is not None and found > head():
        raise Conflict(
            "schema_too_new",
            f"The database has schema {found}, this version of fedrse knows {head()}."
            " Install the newer version again, or restore a backup made before.",
        )
    await upgrade(url, data_folder)
    return True


async def upgrade(url: str, data_folder: Path) -> None:
    """Runs all migrations that are missing.

    Processes that start at the same time wait for the first of them, and find nothing to do.
    """
    await run_with_connection(url, data_folder, _upgrade)


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415  (costly import, only when needed)

    if connection.dialect.name == "postgresql":
        # Until the transaction ends, which the caller began and which holds all migrations.
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
    command.upgrade(configuration(connection), "head")


def configuration(connection: Connection) -> Config:
    """The Alembic configuration for an open connection."""
    from alembic.config import Config  # noqa: PLC0415  (costly import, only when needed)

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


async def run_with_connection(
    url: str, data_folder: Path, action: Callable[[Connection], None]
) -> None:
    """Calls ``action`` with a synchronous SQLAlchemy connection, off the event loop."""
    if url.startswith("sqlite:"):
        await asyncio.to_thread(_with_sqlite, url, data_folder, action)
        return
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415  (optional extra)

    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
    async with engine.begin() as connection:
        await connection.run_sync(action)
    await engine.dispose()


def _with_sqlite(url: str, data_folder: Path, action: Callable[[Connection], None]) -> None:
    from sqlalchemy import create_engine  # noqa: PLC0415  (costly import, only when needed)

    path = data_folder / url.removeprefix("sqlite:").removeprefix("//")
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        action(connection)
    engine.dispose()
