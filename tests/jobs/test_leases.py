"""Named leases keep processes apart."""

from __future__ import annotations

import asyncio
from pathlib import Path

from fedrse.core.clock import MINUTE, ManualClock
from fedrse.jobs.leases import Leases, ensure_locks, lock_one
from fedrse.store.database import Database, Transaction
from fedrse.store.engine import open_database


async def test_a_lease_has_one_owner_until_it_ends(site_database: Database) -> None:
    clock = ManualClock()
    first, second = Leases(clock=clock, owner="a"), Leases(clock=clock, owner="b")
    write = site_database.write
    assert await write(first.take, "sweep", duration=MINUTE)
    assert not await write(second.take, "sweep", duration=MINUTE)
    clock.advance(MINUTE - 1)
    assert await write(first.take, "sweep", duration=MINUTE)
    clock.advance(MINUTE)
    assert await write(second.take, "sweep", duration=MINUTE)
    await write(first.release, ["sweep"])
    assert not await write(first.take, "sweep", duration=MINUTE)
    await write(second.release, ["sweep"])
    assert await write(first.take, "sweep", duration=MINUTE)


async def test_numbers_are_given_out_once(site_database: Database) -> None:
    clock = ManualClock()
    leases = [Leases(clock=clock, owner=name) for name in "abc"]
    numbers = [
        await site_database.write(lease.take_number, "node", 2, duration=MINUTE) for lease in leases
    ]
    assert numbers == [0, 1, None]


async def test_locks_of_open_transactions_are_passed_over(site_url: str, tmp_path: Path) -> None:
    database = await open_database(site_url, tmp_path)
    await database.write(ensure_locks, ["p:0", "p:1"])
    await database.write(ensure_locks, ["p:0", "p:1"])
    assert await database.write(lock_one, ["p:1"]) == "p:1"
    assert await database.write(lock_one, ["p:9"]) is None
    if database.dialect == "postgresql":
        inside = asyncio.Event()
        leave = asyncio.Event()
        held: list[str | None] = []

        async def hold(tx: Transaction) -> None:
            held.append(await lock_one(tx, ["p:0", "p:1"]))
            inside.set()
            await leave.wait()

        holder = asyncio.create_task(database.write(hold))
        await inside.wait()
        assert held == ["p:0"]
        assert await database.write(lock_one, ["p:0", "p:1"]) == "p:1"
        assert await database.write(lock_one, ["p:0"]) is None
        leave.set()
        await holder
    await database.close()
