"""Both backends keep the same promises."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    MetaData,
    Table,
    Text,
    bindparam,
    insert,
    select,
    update,
)
from sqlalchemy.schema import CreateTable

from fedrse.store.database import Database, Transaction, TransactionMisuse, UniqueViolation
from fedrse.store.engine import open_database
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement, sql_dialect

counter = Table(
    "counter",
    MetaData(),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text),
    Column("value", BigInteger, nullable=False),
    Column("open", Boolean, nullable=False),
)
ADD = Statement(insert(counter))
GET = Statement(select(counter).where(counter.c.id == bindparam("key")))
SET = Statement(
    update(counter).where(counter.c.id == bindparam("key")).values(value=bindparam("new"))
)
AMONG = Statement(select(counter.c.id).where(any_of(counter.c.id, "ids")).order_by(counter.c.id))
IDS = Statement(select(counter.c.id).where(counter.c.name.like(bindparam("name"))))
NAMED = Statement(select(counter.c.id).where(any_of(counter.c.name, "names")))


async def add(tx: Transaction, key: int) -> None:
    await tx.run(ADD, id=key, name=f"n{key}", value=0, open=True)


async def value(tx: Transaction, key: int) -> Any:
    return await tx.one(GET, key=key)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return "sqlite:test.db"


@pytest.fixture
async def database(url: str, tmp_path: Path) -> AsyncIterator[Database]:
    opened = await open_database(url, tmp_path)
    create = Statement(CreateTable(counter))
    text = str(create.clause.compile(dialect=sql_dialect(opened.dialect)))

    async def setup(tx: Any) -> None:
        if opened.dialect == "sqlite":
            tx._connection.execute(text)
        else:
            await tx._connection.execute(text)

    await opened.write(setup)
    yield opened
    await opened.close()


async def test_rows_have_names_and_booleans(database: Database) -> None:
    await database.write(add, 7)
    row = await database.read(value, 7)
    assert (row.id, row.name, row.value, row.open) == (7, "n7", 0, True)
    assert row.open is True


async def test_lists_of_any_length_are_one_parameter(database: Database) -> None:
    for key in (1, 2, 3):
        await database.write(add, key)

    async def among(tx: Transaction) -> tuple[list[int], list[int], list[int]]:
        some = [row.id for row in await tx.all(AMONG, ids=[3, 1, 9])]
        none = [row.id for row in await tx.all(AMONG, ids=[])]
        named = [row.id for row in await tx.all(NAMED, names=["n2", "é"])]
        return some, none, named

    assert await database.read(among) == ([1, 3], [], [2])


async def test_ids_are_gathered(database: Database) -> None:
    for key in (3, 1 << 62, -7):
        await database.write(add, key)

    async def gather(tx: Transaction) -> tuple[list[int], list[int]]:
        return await tx.ids(IDS, name="n%"), await tx.ids(IDS, name="x%")

    some, none = await database.read(gather)
    assert sorted(some) == [-7, 3, 1 << 62]
    assert none == []


async def test_no_increment_is_lost_among_concurrent_writers(database: Database) -> None:
    await database.write(add, 1)

    async def increment(tx: Transaction) -> None:
        if tx.dialect == "postgresql":
            row = await tx.one(LOCKED, key=1)
        else:
            row = await tx.one(GET, key=1)
        await tx.run(SET, key=1, new=row.value + 1)

    await asyncio.gather(*(database.write(increment) for _ in range(200)))
    assert (await database.read(value, 1)).value == 200


LOCKED = Statement(select(counter).where(counter.c.id == bindparam("key")).with_for_update())


async def test_a_failing_unit_undoes_itself_and_nothing_else(database: Database) -> None:
    async def fail(tx: Transaction) -> None:
        await add(tx, 50)
        raise ValueError("no")

    results = await asyncio.gather(
        database.write(add, 1),
        database.write(fail),
        database.write(add, 2),
        return_exceptions=True,
    )
    assert isinstance(results[1], ValueError)
    assert await database.read(value, 1)
    assert await database.read(value, 2)
    assert await database.read(value, 50) is None


async def test_unique_violation_has_one_type(database: Database) -> None:
    await database.write(add, 1)
    with pytest.raises(UniqueViolation):
        await database.write(add, 1)


async def test_savepoint_undoes_only_its_block(database: Database) -> None:
    called: list[str] = []

    async def twice(tx: Transaction) -> None:
        async with tx.savepoint():
            await add(tx, 2)
            tx.after_commit(lambda: called.append("inner"))
            await add(tx, 1)

    async def unit(tx: Transaction) -> None:
        await add(tx, 1)
        tx.after_commit(lambda: called.append("outer"))
        with pytest.raises(UniqueViolation):
            await twice(tx)

    await database.write(unit)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert await database.read(value, 1)
    assert await database.read(value, 2) is None
    assert called == ["outer"]


async def test_only_read_transactions_say_when_their_snapshot_began(database: Database) -> None:
    async def snapshot(tx: Transaction) -> int | None:
        return tx.snapshot

    before = time.monotonic_ns()
    seen = await database.read(snapshot)
    assert seen is not None
    assert before <= seen <= time.monotonic_ns()
    assert await database.write(snapshot) is None


async def test_notifications_arrive_after_commit_only(database: Database) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    database.listen("news", heard.put_nowait)
    if database.dialect == "postgresql":
        await asyncio.sleep(0.3)

    async def fail(tx: Transaction) -> None:
        tx.notify("news", "lost")
        raise ValueError

    async def tell(tx: Transaction) -> None:
        tx.notify("news", "kept")

    with pytest.raises(ValueError):
        await database.write(fail)
    await database.write(tell)
    assert await asyncio.wait_for(heard.get(), 5) == "kept"
    assert heard.empty()


async def test_sqlite_units_cannot_wait_for_anything_else(tmp_path: Path) -> None:
    database = await open_database("sqlite:t.db", tmp_path)

    async def sleeps(_tx: Transaction) -> None:
        await asyncio.sleep(0)

    with pytest.raises(TransactionMisuse):
        await database.write(sleeps)
    await database.close()


async def test_readers_cannot_write(tmp_path: Path) -> None:
    import sqlite3

    database = await open_database("sqlite:t.db", tmp_path)

    async def write(tx: Any) -> None:
        tx._connection.execute("CREATE TABLE t (x)")

    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await database.read(write)
    await database.close()


async def test_constants_defaults_and_nulls(database: Database) -> None:
    """Lists written into a statement, limits and explicit nulls need no parameter."""
    null = Statement(update(counter).where(counter.c.id.in_((1, 2))).values(name=None))
    some = Statement(
        select(counter.c.id)
        .where(counter.c.id.in_((1, 2, bindparam("more"))), counter.c.name.is_(None))
        .order_by(counter.c.id)
        .limit(bindparam("limit"))
    )
    for key in (1, 2, 3):
        await database.write(add, key)

    async def unit(tx: Transaction) -> tuple[int, list[int]]:
        changed = await tx.run(null)
        return changed, [row.id for row in await tx.all(some, more=3, limit=5)]

    assert await database.write(unit) == (2, [1, 2])
    with pytest.raises(KeyError, match="key"):
        await database.read(_without_key)


async def _without_key(tx: Transaction) -> None:
    await tx.one(GET)


# What a unit gathers, and what it knows


async def test_what_was_gathered_is_done_once_at_the_end(database: Database) -> None:
    seen: list[tuple[str, list[int]]] = []

    async def first(tx: Transaction, keys: list[int]) -> None:
        seen.append(("first", keys))
        for key in keys:
            await add(tx, key)
            tx.gather(second, key)

    async def second(_tx: Transaction, keys: list[int]) -> None:
        seen.append(("second", keys))

    async def unit(tx: Transaction) -> int:
        for key in (1, 2, 3):
            tx.gather(first, key)
        return len(seen)

    assert await database.write(unit) == 0
    assert seen == [("first", [1, 2, 3]), ("second", [1, 2, 3])]
    assert await database.read(value, 3) is not None


async def test_an_error_at_the_end_undoes_the_unit(database: Database) -> None:
    async def fail(_tx: Transaction, _keys: list[int]) -> None:
        raise LookupError("late")

    async def unit(tx: Transaction) -> None:
        await add(tx, 1)
        tx.gather(fail, 1)

    with pytest.raises(LookupError, match="late"):
        await database.write(unit)
    assert await database.read(value, 1) is None


async def test_savepoints_undo_what_was_gathered_inside(database: Database) -> None:
    done: list[int] = []

    async def keep(_tx: Transaction, keys: list[int]) -> None:
        done.extend(keys)

    async def unit(tx: Transaction) -> None:
        tx.gather(keep, 1)
        before = tx.changes
        with suppress(LookupError):
            async with tx.savepoint():
                tx.gather(keep, 2)
                assert tx.changes > before
                raise LookupError
        assert tx.changes == before
        await tx.settle()
        assert done == [1]
        tx.gather(keep, 3)

    await database.write(unit)
    assert done == [1, 3]


async def test_a_write_forgets_what_was_known_of_its_table(database: Database) -> None:
    async def unit(tx: Transaction) -> list[list[str]]:
        found = []
        for write in (
            lambda: value(tx, 1),
            lambda: tx.run(SET, key=1, new=5),
            lambda: tx.many(SET, [{"key": 1, "new": 6}]),
            lambda: add(tx, 2),
        ):
            tx.known["counter"], tx.known["other"] = {1: "one"}, {}
            await write()
            found.append(sorted(tx.known))
        with pytest.raises(LookupError):
            async with tx.savepoint():
                raise LookupError
        found.append(sorted(tx.known))
        tx.known["counter"] = {}
        return found

    assert await database.write(unit) == [["counter", "other"], *[["other"]] * 3, []]

    async def later(tx: Transaction) -> bool:
        return bool(tx.known)

    assert not await database.write(later)
