"""The log in the database: acts and their entries together, one chain whatever happens."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from fedrse.core.clock import DAY, ManualClock
from fedrse.core.errors import Conflict
from fedrse.features.audit.model import (
    EMPTY,
    SITE,
    Actor,
    Flaw,
    FlawKind,
    Head,
    Origin,
    Target,
    person,
)
from fedrse.features.audit.model_acts import Act
from fedrse.features.audit.service import Audit, Wanted
from fedrse.features.audit.tables import audit_entry, audit_head
from fedrse.store.database import Database, Transaction
from fedrse.store.engine import open_database
from fedrse.store.statement import Statement

OPERATOR = Actor(Origin.COMMAND, "root", "root")
AMINA = Target("account", "8", "amina")


@pytest.fixture
def audit(clock: ManualClock) -> Audit:
    async def names(tx: Transaction, account_id: int) -> str:
        return {7: "lea"}.get(account_id, "")

    return Audit(clock=clock, names=names)


async def fill(database: Database, audit: Audit, count: int) -> None:
    async def unit(tx: Transaction) -> None:
        for number in range(count):
            await audit.record(
                tx,
                Act.ACCOUNT_ROLE,
                OPERATOR,
                AMINA,
                before={"role": "member"},
                after={"role": f"role{number}"},
            )

    await database.write(unit)


async def test_an_entry_says_who_did_what_to_whom(
    database: Database, audit: Audit, clock: ManualClock
) -> None:
    made = await database.write(
        audit.record,
        Act.ACCOUNT_ROLE,
        person(7),
        AMINA,
        before={"role": "member"},
        after={"role": "admin"},
        reason="  Head of the team\0 ",
    )
    assert (made.number, made.previous, made.at) == (1, "", clock.now())
    assert (made.actor_name, made.target_name) == ("lea", "amina")
    assert (made.before, made.after) == ('{"role":"member"}', '{"role":"admin"}')
    assert made.reason == "Head of the team"
    assert await database.read(audit.entry, 1) == made
    assert await database.read(audit.entry, 2) is None
    again = await database.write(audit.record, Act.KEYS_ROTATED, SITE)
    assert (again.number, again.previous) == (2, made.hash)
    assert await database.read(audit.head) == Head(2, again.hash)


async def test_an_act_that_fails_leaves_no_entry(database: Database, audit: Audit) -> None:
    async def fails(tx: Transaction) -> None:
        await audit.record(tx, Act.ACCOUNT_ROLE, OPERATOR, AMINA)
        raise Conflict("no", "No")

    with pytest.raises(Conflict):
        await database.write(fails)
    assert await database.read(audit.head) == EMPTY
    assert (await audit.verify(database)).is_whole
    await fill(database, audit, 2)
    assert (await audit.verify(database)).entries == 2


async def test_two_processes_make_one_chain(
    database: Database, audit: Audit, url: str, tmp_path: Path
) -> None:
    other = await open_database(url, tmp_path)
    try:

        async def acts(where: Database) -> None:
            for _ in range(25):
                await where.write(audit.record, Act.QUEUE_RETRIED, SITE)

        await asyncio.gather(*(acts(where) for where in (database, other, database, other)))
    finally:
        await other.close()
    verdict = await audit.verify(database)
    assert (verdict.entries, verdict.head.number, verdict.flaws) == (100, 100, ())


async def test_every_kind_of_meddling_is_found(database: Database, audit: Audit) -> None:
    await fill(database, audit, 12)
    known = await database.read(audit.head)

    async def meddle(tx: Transaction) -> None:
        number = audit_entry.c.number
        await tx.run(Statement(update(audit_entry).where(number == 3).values(reason="x")))
        await tx.run(Statement(delete(audit_entry).where(number == 6)))
        await tx.run(Statement(update(audit_entry).where(number == 9).values(number=60)))

    await database.write(meddle)
    verdict = await audit.verify(database)
    assert verdict.flaws == (
        Flaw(3, FlawKind.CHANGED),
        Flaw(7, FlawKind.GAP),
        Flaw(10, FlawKind.GAP),
        Flaw(60, FlawKind.GAP),
        Flaw(60, FlawKind.CHANGED),
    )
    assert not verdict.is_whole
    assert await database.read(audit.agrees, known) is None, "the end itself is as it was"


async def test_a_shorter_log_is_found_by_its_head(database: Database, audit: Audit) -> None:
    await fill(database, audit, 5)
    known = await database.read(audit.head)

    async def cut(tx: Transaction) -> None:
        await tx.run(Statement(delete(audit_entry).where(audit_entry.c.number > 3)))

    await database.write(cut)
    assert (await audit.verify(database)).flaws == (Flaw(5, FlawKind.TRUNCATED),)

    async def hide(tx: Transaction) -> None:
        last = await audit.entry(tx, 3)
        assert last is not None
        await tx.run(Statement(update(audit_head).values(number=3, hash=last.hash)))

    await database.write(hide)
    assert (await audit.verify(database)).is_whole, "alone it cannot be seen"
    assert await database.read(audit.agrees, known) == Flaw(5, FlawKind.TRUNCATED)
    await fill(database, audit, 2)
    assert await database.read(audit.agrees, known) == Flaw(5, FlawKind.REWRITTEN)


async def test_entries_are_found_by_what_is_known_of_them(
    database: Database, audit: Audit, clock: ManualClock
) -> None:
    await fill(database, audit, 2)
    clock.advance(DAY)
    later = clock.now()
    await database.write(audit.record, Act.POST_DELETED, person(7), Target("post", "99"))

    async def found(**wish: object) -> list[int]:
        wanted = Wanted(**wish)  # type: ignore[arg-type]
        entries = await database.read(lambda tx: audit.find(tx, wanted, most=10))
        return [one.number for one in entries]

    assert await found() == [3, 2, 1]
    assert await found(below=3) == [2, 1]
    assert await found(act="post.delete") == await found(actor="lea") == [3]
    assert await found(actor="7") == await found(target="99") == await found(since=later) == [3]
    assert await found(target="amina") == await found(until=later) == [2, 1]
    assert await found(target="amina", act="post.delete") == []
