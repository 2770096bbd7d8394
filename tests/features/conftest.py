"""What tests of features share: a migrated database of each kind, time, ids, keys."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from fedrse.activitypub.key_cipher import KeyCipher
from fedrse.activitypub.keys import PrivateKey, generate_ed25519, generate_rsa
from fedrse.activitypub.local_ids import LocalIds
from fedrse.core.clock import ManualClock
from fedrse.core.ids import IdMaker
from fedrse.core.settings import NetworkSettings, Settings, SiteSettings
from fedrse.store.database import Database
from fedrse.store.engine import open_database
from fedrse.store.events import Events
from fedrse.store.migrate import upgrade
from tests.features.fakes import ORIGIN, FakeOutbox


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    folder = tmp_path_factory.mktemp("template")
    asyncio.run(upgrade("sqlite:template.db", folder))
    return folder / "template.db"


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a migrated PostgreSQL database to copy."""
    name = f"template{secrets.token_hex(4)}"

    async def prepare() -> None:
        await _execute(postgres_server, f"CREATE DATABASE {name}")
        await upgrade(_with_name(postgres_server, name), tmp_path_factory.mktemp("pg"))

    asyncio.run(prepare())
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated, empty database; on SQLite it lies in ``tmp_path``."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "site.db")
        yield "sqlite:site.db"
        return
    server = str(request.getfixturevalue("postgres_server"))
    template = str(request.getfixturevalue("postgres_template"))
    name = f"t{secrets.token_hex(6)}"
    asyncio.run(_execute(server, f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield _with_name(server, name)
    asyncio.run(_execute(server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
async def database(url: str, tmp_path: Path) -> AsyncIterator[Database]:
    """An open, migrated database; the test runs once per kind."""
    opened = await open_database(url, tmp_path)
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> ManualClock:
    """Stands at 2026-01-15 09:00 UTC until told otherwise."""
    return ManualClock()


@pytest.fixture
def ids(clock: ManualClock) -> IdMaker:
    return IdMaker(clock)


@pytest.fixture
def local_ids() -> LocalIds:
    return LocalIds(ORIGIN)


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def outbox() -> FakeOutbox:
    return FakeOutbox()


@pytest.fixture
def settings() -> Settings:
    """The site ``lyon`` with the handle domain ``corp.example`` in a network of three."""
    return Settings(
        site=SiteSettings(base_url=ORIGIN, handle_domain="corp.example", name="Lyon"),
        network=NetworkSettings(
            members=["https://nantes.corp.example", "https://oslo.corp.example"]
        ),
    )


@pytest.fixture(scope="session")
def key_pair() -> tuple[PrivateKey, PrivateKey]:
    """An RSA and an Ed25519 key: making them costs too much to do it in every test."""
    return generate_rsa(), generate_ed25519()


@pytest.fixture
def cipher() -> KeyCipher:
    return KeyCipher(b"0123456789abcdef" * 2)


def _with_name(server: str, name: str) -> str:
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


async def _execute(url: str, sql: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(url)
    await connection.execute(sql)
    await connection.close()
