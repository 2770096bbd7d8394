"""What is held on its way out: released once, whoever presses at the same time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from fedrse.activitypub.quarantine import Quarantine
from fedrse.activitypub.tables import activity, delivery, held_delivery
from fedrse.core.clock import ManualClock
from fedrse.core.ids import IdMaker
from fedrse.store.database import Database, Transaction
from fedrse.store.statement import Statement

ADD_ACTIVITY = Statement(insert(activity))
ADD_HELD = Statement(insert(held_delivery))
DELIVERIES = Statement(select(func.count()).select_from(delivery))


@pytest.fixture
def quarantine() -> Quarantine:
    clock = ManualClock()
    return Quarantine(clock=clock, ids=IdMaker(clock))


async def hold(tx: Transaction) -> None:
    body = b'{"id": "https://a.example/c/1", "type": "Create", "object": {"type": "Note"}}'
    common: dict[str, Any] = {"type": "Create", "object_uri": "https://a.example/n/1"}
    common |= {"sender_id": 7}
    made = {"id": 1, "uri": "https://a.example/c/1", "body": body, "digest": b"", "created_at": 0}
    await tx.run(ADD_ACTIVITY, **common, **made, recipients=None)
    held = {"id": 2, "activity_id": 1, "host": "b.example", "inbox": "https://b.example/inbox"}
    await tx.run(ADD_HELD, **common, **held, policy="{}", held_at=0, due_at=None)


async def test_two_who_release_at_the_same_time_send_once(
    site_database: Database, quarantine: Quarantine
) -> None:
    await site_database.write(hold)
    assert [one.id for one in await site_database.read(quarantine.newest, most=9)] == [2]
    done = await asyncio.gather(*(site_database.write(quarantine.release, [2]) for _ in range(3)))
    assert sorted(done) == [0, 0, 1]
    assert await site_database.write(quarantine.drop, [2]) == 0

    async def count(tx: Transaction) -> int:
        return int(await tx.value(DELIVERIES))

    assert await site_database.read(count) == 1


async def test_what_is_given_up_is_not_released(
    site_database: Database, quarantine: Quarantine
) -> None:
    await site_database.write(hold)
    assert await site_database.write(quarantine.drop, [2]) == 1
    assert await site_database.write(quarantine.release, [2]) == 0
    assert await site_database.read(quarantine.count) == 0
