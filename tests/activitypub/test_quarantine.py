"""What is held on its way out: released once, whoever presses at the same time."""

from __future__ import annotations

import asyncio
import json
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


BODY = b'{"id": "https://a.example/c/1", "type": "Create", "object": {"type": "Note"}}'


async def hold(tx: Transaction, body: bytes = BODY) -> None:
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


PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
BOB = "https://b.example/u/bob"


@pytest.mark.parametrize(
    ("kind", "outer", "inner", "shown"),
    [
        ("Create", PUBLIC, PUBLIC, True),
        ("Update", PUBLIC, PUBLIC, True),
        ("Create", BOB, BOB, False),
        ("Create", PUBLIC, BOB, False),  # the post says for whom it is, not the message
        ("Update", PUBLIC, BOB, False),
        ("Announce", PUBLIC, BOB, False),  # somebody else's, for whomever
        ("Delete", PUBLIC, BOB, False),
        ("Undo", PUBLIC, BOB, False),
        ("Flag", PUBLIC, BOB, False),
    ],
)
async def test_texts_for_few_are_not_shown(
    site_database: Database, quarantine: Quarantine, kind: str, outer: str, inner: str, shown: bool
) -> None:
    note = {"type": "Note", "id": "https://a.example/n/1", "to": [inner], "content": "<p>Word</p>"}
    body = {"id": "https://a.example/c/1", "type": kind, "to": [outer], "object": note}
    await site_database.write(hold, json.dumps(body).encode())
    (held,) = await site_database.read(quarantine.newest, most=9)
    assert ("Word" in held.text) is shown
    assert "Word" not in repr(held).replace(held.text or "-", "")
