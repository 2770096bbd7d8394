"""The database: there, current, sound; and what it tells about the site."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from fedrse.activitypub.key_cipher import KeyCipher
from fedrse.activitypub.tables import destination, inbox_message
from fedrse.app.context import any_database, sqlite_path
from fedrse.app.doctor.findings import Finding, ok, problem, warning
from fedrse.app.secret_file import read_secret
from fedrse.core.errors import FedrseError
from fedrse.core.settings import Settings
from fedrse.features.access.model import Role
from fedrse.features.access.tables import login
from fedrse.features.accounts.tables import actor_key
from fedrse.jobs.tables import job
from fedrse.store.database import Database, Transaction
from fedrse.store.migrate import current, head
from fedrse.store.statement import Statement

MANY_FAILURES = 5  # in a row, until a host is worth a line

_OWNERS = Statement(
    select(func.count())
    .select_from(login)
    .where(login.c.role == Role.OWNER.value, login.c.disabled_at.is_(None))
)
_KEY = Statement(
    select(actor_key.c.id, actor_key.c.private).where(actor_key.c.private.is_not(None)).limit(1)
)
_FAILED_JOBS = Statement(select(func.count()).select_from(job).where(job.c.failed_at.is_not(None)))
_FAILED_MESSAGES = Statement(
    select(func.count()).select_from(inbox_message).where(inbox_message.c.state == "failed")
)
_FAILING_HOSTS = Statement(
    select(destination.c.host, destination.c.failures, destination.c.last_error)
    .where(destination.c.failures >= MANY_FAILURES)
    .order_by(destination.c.failures.desc())
    .limit(20)
)


async def examine_store(settings: Settings) -> list[Finding]:
    """Everything about the database; of a damaged one nothing else can be said."""
    path = sqlite_path(settings)
    if path is not None and path.exists():
        damage = await asyncio.to_thread(_damage, path)
        if damage:
            advice = "Stop the site, keep the file, and restore the last backup."
            return [problem("database", f"{path} is damaged: {damage}", advice)]
    try:
        async with any_database(settings) as database:
            version = await current(database)
            if version != head():
                return [_other_schema(version)]
            found = [ok("database", f"{database.dialect}, schema {version}")]
            found += await _content(settings, database)
    except FedrseError as error:
        return [
            problem("database", error.message, "Check storage.database and that the server runs.")
        ]
    return found


def _other_schema(version: str | None) -> Finding:
    if version is not None and version > head():
        advice = "Install the newer version of fedrse again, or restore a backup."
    else:
        advice = "Run `fedrse migrate`."
    return problem("database", f"schema {version or 'none'} instead of {head()}", advice)


def _damage(path: Path) -> str:
    """What is wrong with the file; nothing for a sound one."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA query_only=ON")
            (state,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        return str(error)
    return "" if state == "ok" else str(state)


async def _content(settings: Settings, database: Database) -> list[Finding]:
    async def unit(tx: Transaction) -> tuple[int, Any, int, int, list[Any]]:
        return (
            int(await tx.value(_OWNERS)),
            await tx.one(_KEY),
            int(await tx.value(_FAILED_JOBS)),
            int(await tx.value(_FAILED_MESSAGES)),
            await tx.all(_FAILING_HOSTS),
        )

    owners, key, jobs, messages, hosts = await database.read(unit)
    found = []
    if not owners:
        found.append(
            warning("people", "there is no owner", "Make one: `fedrse account role NAME owner`.")
        )
    if key is not None:
        found.append(_key_opens(settings, key))
    if jobs or messages:
        found.append(
            warning(
                "queues",
                f"{jobs} jobs and {messages} received messages failed",
                "Look at `fedrse queue show`.",
            )
        )
    found += [
        warning(
            "deliveries",
            f"{row.host} failed {row.failures} times in a row: {row.last_error}",
            f"Try `fedrse peer probe {row.host}`; what waits is kept for 14 days at least.",
        )
        for row in hosts
    ]
    return found


def _key_opens(settings: Settings, key: Any) -> Finding:
    try:
        cipher = KeyCipher(read_secret(Path(settings.storage.secret_file)))
        cipher.decrypt(bytes(key.private), key.id)
    except FedrseError:
        return problem(
            "keys",
            "the secret file does not open the private keys in the database",
            "Put the secret in place that was there when the site was made.",
        )
    return ok("keys", "the secret opens the private keys")
