"""Makes a new site: configuration, secret, database, first owner."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from fedrse.app.context import (
    access_services,
    accounts_service,
    any_database,
    data_folder,
    sqlite_path,
)
from fedrse.app.people import Facts, NewPerson, create_in
from fedrse.app.secret_file import make_secret
from fedrse.core.configuration import load_settings
from fedrse.core.configuration_sources import ConfigurationError
from fedrse.core.errors import Conflict
from fedrse.core.settings import Settings
from fedrse.core.settings_reference import render_commented_toml
from fedrse.features.accounts.service_keys import generate_key_pair
from fedrse.store.engine import open_database
from fedrse.store.migrate import ensure_current, head

Say = Callable[[str], object]


class Wishes(Struct, frozen=True, kw_only=True):
    """What ``fedrse init`` was told: values of the configuration, and the first owner."""

    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    owner: NewPerson | None = None


def write_configuration(path: Path, values: Mapping[str, Mapping[str, Any]]) -> Settings:
    """Writes the commented file and returns the settings in it.

    Mode 600, because it may hold the password of the database. A file that would not be accepted
    is not written. Raises ConfigurationError, Conflict where there is one already.
    """
    if path.exists():
        raise Conflict("initialised", f"{path} exists already: this site was set up before.")
    path.parent.mkdir(parents=True, exist_ok=True)
    text = render_commented_toml({section: keys for section, keys in values.items() if keys})
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        settings = load_settings(part, os.environ)
        os.link(part, path)
    except ConfigurationError as error:
        # The reasons are about what was typed, not about lines of a file that is not there.
        reasons = [f"{problem.setting} {problem.reason}" for problem in error.problems]
        raise Conflict("bad_value", "\n".join(reasons)) from error
    finally:
        part.unlink()
    return settings


async def set_up(settings: Settings, owner: NewPerson | None, say: Say) -> Facts | None:
    """Makes secret, database and first owner; what exists already is kept.

    Returns the owner with the password to tell, None where none was made. Raises Unavailable where
    the database does not answer, Invalid for a name or password that cannot be had.
    """
    folder = data_folder(settings)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    secret = Path(settings.storage.secret_file)
    if make_secret(secret):
        say(f"Made the secret {secret}. Keep a copy of it apart from your backups.")
    done, schema = await migrate(settings)
    if done:
        say(f"Made the tables, schema {schema}.")
    async with any_database(settings) as database:
        pair = await asyncio.to_thread(generate_key_pair)
        await database.write(accounts_service(settings).ensure_instance_actor, pair)
        if owner is None:
            return None
        access = access_services(settings)
        try:
            return await create_in(database, settings, access, owner)
        finally:
            access.passwords.close()


async def migrate(settings: Settings) -> tuple[bool, str]:
    """Brings the tables to this version; makes the database file where there is none.

    Returns whether something was done, and the version. Raises Conflict where they are newer.
    """
    folder = data_folder(settings)
    database = await open_database(settings.storage.database, folder)
    try:
        done = await ensure_current(database, settings.storage.database, folder)
    finally:
        await database.close()
    path = sqlite_path(settings)
    if path is not None:
        await asyncio.to_thread(path.chmod, 0o600)
    return done, head()
