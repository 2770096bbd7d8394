"""Looks into the databases of sites: SQLite files and PostgreSQL, without the code of fedrse."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from pathlib import Path
from typing import Any

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_connections: dict[str, Any] = {}  # open ones: making them takes longer than asking


def rows(url: str, folder: Path, sql: str) -> list[tuple[Any, ...]]:
    """The answer to a question; SQLite is only read."""
    if not url.startswith("sqlite:"):
        return [tuple(row) for row in _on_postgres(url, "fetch", sql)]
    path = folder / url.removeprefix("sqlite:")
    with contextlib.closing(
        sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    ) as connection:
        return connection.execute(sql).fetchall()


def execute(url: str, folder: Path, sql: str) -> None:
    """Changes something behind the back of whoever works with the database."""
    if not url.startswith("sqlite:"):
        _on_postgres(url, "execute", sql)
        return
    path = folder / url.removeprefix("sqlite:")
    with contextlib.closing(sqlite3.connect(path, timeout=10)) as connection:
        connection.execute(sql)
        connection.commit()


def create(server: str, name: str) -> None:
    """An empty database on a PostgreSQL server."""
    _on_postgres(server, "execute", f"CREATE DATABASE {name}")
    let_go(server)


def let_go(url: str) -> None:
    """Closes the connection to a database, if there is one."""
    with _lock:
        connection = _connections.pop(url, None)
        if connection is not None and _loop is not None:
            _loop.run_until_complete(connection.close())


def _on_postgres(url: str, method: str, sql: str) -> Any:
    global _loop  # noqa: PLW0603  (one for the test process)
    with _lock:
        if _loop is None:
            _loop = asyncio.new_event_loop()
        return _loop.run_until_complete(_ask(url, method, sql))


async def _ask(url: str, method: str, sql: str) -> Any:
    import asyncpg

    known = _connections.get(url)
    if known is not None:
        try:
            return await getattr(known, method)(sql)
        except (
            asyncpg.AdminShutdownError,
            asyncpg.InterfaceError,
            asyncpg.PostgresConnectionError,
            OSError,
        ):
            del _connections[url]  # cut off by a test
    connection = _connections[url] = await asyncpg.connect(url, statement_cache_size=0)
    return await getattr(connection, method)(sql)
