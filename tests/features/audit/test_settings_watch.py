"""A site that starts with other settings says so in its log, without telling secrets."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from msgspec.json import decode

from fedrse.core.clock import ManualClock
from fedrse.features.audit.model_acts import Act
from fedrse.features.audit.service import Audit, Wanted
from fedrse.features.audit.service_settings import SettingsWatch
from fedrse.store.database import Database
from fedrse.store.engine import open_database

SECRET = b"s" * 32
FIRST = {
    "site.name": "Lyon",
    "network.members": ["https://nantes.example"],
    "mail.password": "hunter2",
    "storage.database": "postgresql://fedrse:hunter3@db/fedrse",
}


@pytest.fixture
def watch(clock: ManualClock) -> SettingsWatch:
    return SettingsWatch(Audit(clock=clock), SECRET)


async def told(database: Database, clock: ManualClock) -> list[tuple[Any, Any]]:
    found = await database.read(lambda tx: Audit(clock=clock).find(tx, Wanted(), most=10))
    assert {entry.act for entry in found} <= {Act.SETTINGS_CHANGED.value}
    return [(decode(entry.before), decode(entry.after)) for entry in found]


async def test_only_what_is_different_is_told(
    database: Database, clock: ManualClock, watch: SettingsWatch
) -> None:
    assert await database.write(watch.compare, FIRST)
    assert not await database.write(watch.compare, dict(FIRST))
    ((before, after),) = await told(database, clock)
    assert before is None
    assert list(after) == ["digest"]
    more = {"site.name": "Lyon 2", "posts.max_characters": 900}
    assert await database.write(watch.compare, FIRST | more)
    (before, after), first = await told(database, clock)
    digest = after.pop("digest")
    assert digest != first[1]["digest"]
    assert before == {"site.name": "Lyon", "posts.max_characters": None}
    assert after == more


async def test_secrets_are_told_apart_and_never_told(
    database: Database, clock: ManualClock, watch: SettingsWatch
) -> None:
    await database.write(watch.compare, FIRST)
    changed = {"mail.password": "hunter4", "storage.database": "postgresql://fedrse:x@db/fedrse"}
    assert await database.write(watch.compare, FIRST | changed)
    (before, after), _ = await told(database, clock)
    assert before == dict.fromkeys(changed, "(changed)")
    assert {name: after[name] for name in changed} == before
    other = SettingsWatch(Audit(clock=clock), b"t" * 32)
    assert await database.write(other.compare, FIRST | changed), "hashes need the site's secret"


async def test_processes_that_start_together_tell_it_once(
    database: Database, clock: ManualClock, watch: SettingsWatch, url: str, tmp_path: Path
) -> None:
    other = await open_database(url, tmp_path)
    try:
        done = await asyncio.gather(
            *(where.write(watch.compare, FIRST) for where in (database, other, database, other))
        )
    finally:
        await other.close()
    assert sorted(done) == [False, False, False, True]
    assert len(await told(database, clock)) == 1
