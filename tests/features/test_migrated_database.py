"""The database that tests of features use is the one that migrations make."""

from __future__ import annotations

from pathlib import Path

from fedrse.store.database import Database
from fedrse.store.migrate import current, ensure_current, head


async def test_is_migrated_and_empty(database: Database, url: str, tmp_path: Path) -> None:
    assert await current(database) == head()
    assert await ensure_current(database, url, tmp_path) is False
