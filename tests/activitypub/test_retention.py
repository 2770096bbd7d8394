"""Old rows go, what is still needed stays."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import insert, select

from fedrse.activitypub.retention import Retention
from fedrse.activitypub.tables import activity, delivery, destination, inbox_message
from fedrse.core.clock import DAY, ManualClock
from fedrse.core.ids import IdMaker
from fedrse.store.database import Database, Transaction
from fedrse.store.statement import Statement

MESSAGE = Statement(insert(inbox_message))
ACTIVITY = Statement(insert(activity))
DELIVERY = Statement(insert(delivery))
DESTINATION = Statement(insert(destination))
MESSAGES = Statement(select(inbox_message).order_by(inbox_message.c.id))
ACTIVITIES = Statement(select(activity.c.uri))
HOSTS = Statement(select(destination.c.host))


def message(ids: IdMaker, clock: ManualClock, name: str, state: str) -> dict[str, Any]:
    return {
        "id": ids.new(),
        "actor": "https://oslo.example/u/1",
        "host": "oslo.example",
        "activity_id": f"https://oslo.example/a/{name}",
        "type": "Like",
        "body": b"{}",
        "digest": hashlib.sha256(b"{}").digest(),
        "state": state,
        "reason": "",
        "attempts": 0,
        "due_at": clock.now(),
        "partition": 0,
        "received_at": clock.now(),
        "policy": None,
    }


async def test_bodies_go_before_ids(site_database: Database) -> None:
    clock = ManualClock()
    ids = IdMaker(clock)

    async def fill(tx: Transaction, age: str) -> None:
        for state in ("done", "failed", "pending"):
            await tx.run(MESSAGE, **message(ids, clock, f"{age}-{state}", state))

    retention = Retention(database=site_database, clock=clock, bodies_kept=14 * DAY)
    await site_database.write(fill, "ancient")
    clock.advance(80 * DAY)
    await site_database.write(fill, "old")
    clock.advance(15 * DAY)
    await site_database.write(fill, "new")
    await retention.run()

    async def left(tx: Transaction) -> dict[str, bool]:
        rows = await tx.all(MESSAGES)
        return {row.activity_id.rpartition("/")[2]: row.body is not None for row in rows}

    assert await site_database.read(left) == {
        "old-done": False,
        "old-failed": True,
        "old-pending": True,
        "new-done": True,
        "new-failed": True,
        "new-pending": True,
    }


async def test_activities_go_when_delivered(site_database: Database) -> None:
    clock = ManualClock()
    ids = IdMaker(clock)

    async def add(tx: Transaction, name: str, recipients: str | None, inbox: str | None) -> None:
        activity_id = ids.new()
        await tx.run(
            ACTIVITY,
            id=activity_id,
            uri=name,
            type="Create",
            object_uri="x",
            sender_id=1,
            body=b"{}",
            digest=b"",
            created_at=clock.now(),
            recipients=recipients,
        )
        if inbox is not None:
            failed_at = clock.now() if inbox == "failed" else None
            await tx.run(
                DELIVERY,
                id=ids.new(),
                activity_id=activity_id,
                host="oslo.example",
                inbox=inbox,
                sender_id=1,
                object_uri="x",
                type="Create",
                attempts=0,
                failed_at=failed_at,
                error="",
                expires_at=clock.now() + DAY,
                released=False,
            )

    async def fill(tx: Transaction) -> None:
        await add(tx, "delivered", None, None)
        await add(tx, "unexpanded", "{}", None)
        await add(tx, "waiting", None, "inbox")
        await add(tx, "failed", None, "failed")
        for host in ("oslo.example", "idle.example"):
            await tx.run(
                DESTINATION,
                host=host,
                due_at=None,
                failures=0,
                lease_owner=None,
                lease_until=0,
                scheme=None,
                scheme_at=None,
                last_success_at=None,
                last_failure_at=None,
                last_error="",
            )

    async def left(tx: Transaction) -> tuple[set[str], set[str]]:
        uris = {row.uri for row in await tx.all(ACTIVITIES)}
        return uris, {row.host for row in await tx.all(HOSTS)}

    retention = Retention(database=site_database, clock=clock, bodies_kept=DAY)
    await site_database.write(fill)
    await retention.run()
    assert (await site_database.read(left))[0] == {"delivered", "unexpanded", "waiting", "failed"}
    clock.advance(DAY)
    await retention.run()
    assert (await site_database.read(left))[0] == {"unexpanded", "waiting", "failed"}
    clock.advance(31 * DAY)
    await retention.run()
    assert await site_database.read(left) == ({"unexpanded", "waiting"}, {"oslo.example"})
