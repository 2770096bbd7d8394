"""Opens the database that the settings name."""

from __future__ import annotations

from pathlib import Path

from fedrse.core.errors import Unavailable
from fedrse.store.database import Database
from fedrse.store.sqlite import SqliteDatabase


async def open_database(url: str, data_folder: Path) -> Database:
    """``sqlite:PATH`` (relative to the data folder) or ``postgresql://...``.

    Raises Unavailable with the reason if the database cannot be reached.
    """
    if url.startswith("sqlite:"):
        path = data_folder / url.removeprefix("sqlite:").removeprefix("//")
        path.parent.mkdir(parents=True, exist_ok=True)
        return SqliteDatabase(path)
    try:
        from fedrse.store.postgres import PostgresDatabase  # noqa: PLC0415  (optional extra)
    except ImportError as error:
        raise Unavailable(
            "postgres_missing", "PostgreSQL needs the extra: pip install 'fedrse[postgres]'"
        ) from error
    try:
        return await PostgresDatabase.open(url)
    except OSError as error:
        raise Unavailable("database_down", f"The database does not answer: {error}") from error
