"""Sites for commands: a configuration file, a data folder, a migrated database."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import bindparam, insert
from typer.testing import CliRunner, Result

from fedrse.app.cli import app
from fedrse.app.secret_file import make_secret
from fedrse.core.configuration import load_settings
from fedrse.core.settings import Settings
from fedrse.core.settings_reference import render_commented_toml
from fedrse.features.accounts.tables import account
from fedrse.store.database import Transaction
from fedrse.store.engine import open_database
from fedrse.store.migrate import upgrade
from fedrse.store.statement import Statement
from tests.postgres_databases import PostgresDatabases, execute, url_of

BASE_URL = "https://lyon.corp.example"
COLUMNS = (
    *("id", "uri", "local", "host", "username", "username_key", "domain", "kind", "inbox"),
    *("created_at", "updated_at"),
)
ADD_ACCOUNT = Statement(insert(account).values({name: bindparam(name) for name in COLUMNS}))


@dataclass
class CommandSite:
    """A site that commands work on."""

    folder: Path
    configuration: Path

    @property
    def settings(self) -> Settings:
        return load_settings(self.configuration, {})

    def run(self, *arguments: str, input_text: str | None = None) -> Result:
        """Runs ``fedrse`` with this site's configuration."""
        return run("--config", str(self.configuration), *arguments, input_text=input_text)

    def write(self, unit: Any, *arguments: Any) -> Any:
        """Runs a unit of work on the database."""

        async def work() -> Any:
            storage = self.settings.storage
            database = await open_database(storage.database, Path(storage.data))
            try:
                return await database.write(unit, *arguments)
            finally:
                await database.close()

        return asyncio.run(work())

    def add_account(
        self, identifier: int, username: str, *, domain: str = "corp.example", local: bool = True
    ) -> int:
        """Adds an account without log-in or keys."""
        origin = BASE_URL if local else f"https://{domain}"
        uri = f"{origin}/ap/u/{identifier}"

        async def unit(tx: Transaction) -> None:
            await tx.run(
                ADD_ACCOUNT,
                id=identifier,
                uri=uri,
                local=local,
                host=urlsplit(origin).netloc,
                username=username,
                username_key=username.casefold(),
                domain=domain,
                kind="Person",
                inbox=f"{uri}/inbox",
                created_at=1_768_467_600_000,
                updated_at=1_768_467_600_000,
            )

        self.write(unit)
        return identifier


def run(*arguments: str, input_text: str | None = None) -> Result:
    """Runs ``fedrse``; an error that nobody expected fails the test."""
    result = CliRunner().invoke(app, arguments, input=input_text)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    folder = tmp_path_factory.mktemp("template")
    asyncio.run(upgrade("sqlite:template.db", folder))
    return folder / "template.db"


def make_site(folder: Path, database: str = "sqlite:fedrse.db", **sections: Any) -> CommandSite:
    """A configuration with its secret; the database is the caller's business."""
    folder.mkdir(parents=True, exist_ok=True)
    values: dict[str, dict[str, Any]] = {
        "site": {"base_url": BASE_URL, "handle_domain": "corp.example", "name": "Lyon"},
        "storage": {"database": database},
        **sections,
    }
    configuration = folder / "fedrse.toml"
    configuration.write_text(render_commented_toml(values), encoding="utf-8")
    make_secret(folder / "var" / "secret")
    return CommandSite(folder, configuration)


@pytest.fixture
def site(tmp_path: Path, sqlite_template: Path) -> CommandSite:
    """A site on SQLite."""
    made = make_site(tmp_path / "lyon")
    shutil.copy(sqlite_template, made.folder / "var" / "fedrse.db")
    return made


@pytest.fixture
def empty_database(postgres_server: str) -> Iterator[str]:
    """A second PostgreSQL database without tables."""
    name = f"t{secrets.token_hex(6)}"
    asyncio.run(execute(postgres_server, f"CREATE DATABASE {name}"))
    yield url_of(postgres_server, name)
    asyncio.run(execute(postgres_server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(params=["sqlite", "postgresql"])
def either_site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CommandSite]:
    """A site with a migrated database, once of each kind."""
    if request.param == "sqlite":
        yield request.getfixturevalue("site")
        return
    databases: PostgresDatabases = request.getfixturevalue("postgres_databases")
    url = asyncio.run(databases.take())
    yield make_site(tmp_path / "lyon", url)
    asyncio.run(databases.give_back(url))
