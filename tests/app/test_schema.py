"""The migrations and the tables say the same."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fedrse.app.schema import all_tables
from fedrse.store.migrate import run_with_connection

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

MADE_BY_HAND = ("post_words", "alembic_version")


def test_migrated_database_has_the_tables_of_the_code(site_url: str, tmp_path: Path) -> None:
    differences: list[Any] = []

    def compare(connection: Connection) -> None:
        from alembic.autogenerate import compare_metadata
        from alembic.migration import MigrationContext

        def included(_: Any, name: str | None, kind: str, *__: Any) -> bool:
            return kind != "table" or not str(name).startswith(MADE_BY_HAND)

        context = MigrationContext.configure(connection, opts={"include_object": included})
        differences.extend(compare_metadata(context, all_tables()))

    asyncio.run(run_with_connection(site_url, tmp_path, compare))
    assert differences == []
