"""All tables in one place, for migrations and for the test that compares both.

``python -m fedrse.app.schema "what changed"`` writes the next migration by comparing the tables
with an empty database migrated to the newest version.
"""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import MetaData

import fedrse
from fedrse.store.migrate import configuration, head, run_with_connection, upgrade
from fedrse.store.schema import complete_for_postgres, metadata

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def all_tables() -> MetaData:
    """Imports every ``tables`` module and returns their common metadata."""
    for module in pkgutil.walk_packages(fedrse.__path__, "fedrse."):
        if module.name.rpartition(".")[2].partition("_")[0] == "tables":
            importlib.import_module(module.name)
    complete_for_postgres(metadata)
    return metadata


def write_migration(message: str) -> None:
    """Writes ``versions/NNNN_message.py``; an empty one if nothing differs."""
    from alembic import command  # noqa: PLC0415  (developer's tool)

    try:
        revision = f"{int(head()) + 1:04d}"
    except ValueError:
        revision = "0001"

    def generate(connection: Connection) -> None:
        config = configuration(connection)
        config.attributes["metadata"] = all_tables()
        config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
        command.revision(config, message, autogenerate=True, rev_id=revision)

    with tempfile.TemporaryDirectory() as folder:
        if revision != "0001":
            asyncio.run(upgrade("sqlite:new.db", Path(folder)))
        asyncio.run(run_with_connection("sqlite:new.db", Path(folder), generate))


if __name__ == "__main__":
    write_migration(sys.argv[1])
