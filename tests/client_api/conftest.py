"""Sites for tests of the client API: one or two, on both kinds of database."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.client_api.stage import Stage, stages
from tests.postgres_databases import PostgresDatabases

Opener = Callable[..., AbstractAsyncContextManager[list[Stage]]]


@pytest.fixture(params=["sqlite", "postgresql"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    """Opens sites by name, on a migrated database each."""
    with ExitStack() as stack:

        def database(name: str) -> str:
            if request.param == "sqlite":
                (tmp_path / name).mkdir(exist_ok=True)
                template: Path = request.getfixturevalue("sqlite_template")
                shutil.copy(template, tmp_path / name / "site.db")
                return "sqlite:site.db"
            databases: PostgresDatabases = request.getfixturevalue("postgres_databases")
            url = asyncio.run(databases.take())
            stack.callback(lambda: asyncio.run(databases.give_back(url)))
            return url

        known = {name: database(name) for name in ("lyon", "nantes")}

        @asynccontextmanager
        async def opened(*names: str, **extra: Any) -> AsyncIterator[list[Stage]]:
            urls = [known[name] for name in names]
            async with stages(tmp_path, list(names), urls, extra=extra) as found:
                yield found

        yield opened


@pytest.fixture
async def stage(opener: Opener) -> AsyncIterator[Stage]:
    """One site."""
    async with opener("lyon") as found:
        yield found[0]


@pytest.fixture
async def two(opener: Opener) -> AsyncIterator[list[Stage]]:
    """Two sites of one network."""
    async with opener("lyon", "nantes") as found:
        yield found
