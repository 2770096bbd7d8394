"""What other processes changed while nobody listened is heard of in the end."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from fedrse.store import sqlite
from fedrse.store.database import Database, Transaction
from fedrse.store.engine import open_database


async def test_a_file_that_the_command_line_wrote_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "WATCH_SECONDS", 0.01)
    with sqlite3.connect(tmp_path / "site.db") as connection:
        connection.execute("CREATE TABLE t (x)")
    database: Database = await open_database("sqlite:site.db", tmp_path)
    missed = asyncio.Event()
    database.on_missed(missed.set)

    async def own(tx: Transaction) -> None:
        tx._connection.execute("INSERT INTO t VALUES (1)")  # type: ignore[attr-defined]

    # What this process writes, and mere reading, is no news.
    for _ in range(3):
        await database.write(own)
        with sqlite3.connect(tmp_path / "site.db") as connection:
            connection.execute("SELECT count(*) FROM t").fetchall()
        await asyncio.sleep(0.03)
    assert not missed.is_set()
    with sqlite3.connect(tmp_path / "site.db") as connection:
        connection.execute("INSERT INTO t VALUES (2)")
    await asyncio.wait_for(missed.wait(), 10)
    await database.close()


async def test_a_connection_that_was_lost(postgres_url: str, tmp_path: Path) -> None:
    import asyncpg

    database = await open_database(postgres_url, tmp_path)
    heard: asyncio.Queue[str] = asyncio.Queue()
    missed = 0

    def count() -> None:
        nonlocal missed
        missed += 1

    database.on_missed(count)
    database.listen("news", heard.put_nowait)
    other: Any = await asyncpg.connect(postgres_url)

    async def until_heard() -> None:
        while heard.empty():
            await other.execute("SELECT pg_notify('news', 'x')")
            await asyncio.sleep(0.05)

    await asyncio.wait_for(until_heard(), 20)
    before = missed
    await other.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        " AND (query LIKE 'LISTEN%' OR query = 'SELECT 1')"
    )
    while not heard.empty():
        heard.get_nowait()

    async def until_told() -> None:
        while missed == before:
            await asyncio.sleep(0.05)

    await asyncio.wait_for(until_told(), 20)
    await asyncio.wait_for(until_heard(), 20)
    await other.close()
    await database.close()
