"""What somebody read is believed until somebody writes what they would read."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    MetaData,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.schema import CreateTable

from fedrse.store import sqlite
from fedrse.store.database import Database, Transaction
from fedrse.store.engine import open_database
from fedrse.store.narrow import narrow_alias
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert
from fedrse.store.watch import Interest, Watch, Watches
from fedrse.store.written import Written

mark = Table(
    "mark",
    MetaData(),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("owner", BigInteger, nullable=False),
    Column("target", BigInteger, nullable=False),
    Column("accepted", Boolean, nullable=False, default=True),
    Column("note", BigInteger, nullable=False, default=0),
)
other = Table("other", MetaData(), Column("id", BigInteger, primary_key=True))
me, key, new = (bindparam(name, type_=BigInteger) for name in ("me", "key", "new"))
MINE = select(mark.c.target).where(mark.c.owner == me, mark.c.accepted)
ADD = Statement(insert(mark).on_conflict_do_nothing())
BOTH = ("owner", "target")


def row(number: int, owner: int, target: int = 5) -> dict[str, Any]:
    return {"id": number, "owner": owner, "target": target, "accepted": True, "note": 0}


@pytest.mark.parametrize(
    ("clause", "columns", "values"),
    [
        (insert(mark), None, ("owner", "target")),
        (insert(mark).on_conflict_do_nothing(), None, ("owner", "target")),
        # Another row than the one that was given may change.
        (insert(mark).on_conflict_do_update(["id"], set_={"note": 1}), None, None),
        (insert(mark).from_select(["id"], select(other.c.id)), None, None),
        (insert(mark).values(owner=key), None, None),
        (update(mark), None, None),
        (update(mark).where(mark.c.owner == me).values(note=new), {"note"}, None),
        (
            update(mark).where(mark.c.owner == me, mark.c.target == key).values(note=new),
            {"note"},
            ("me", "key"),
        ),
        # Somebody else's from then on.
        (
            update(mark).where(mark.c.owner == me, mark.c.target == key).values(owner=new),
            {"owner"},
            None,
        ),
        (delete(mark).where(mark.c.owner == me, mark.c.target == key), None, ("me", "key")),
        (
            delete(mark).where(and_(mark.c.owner == me, and_(mark.c.target == key, mark.c.note))),
            None,
            ("me", "key"),
        ),
        (delete(mark).where(or_(mark.c.owner == me, mark.c.target == me)), None, None),
        (delete(mark).where(mark.c.owner > me, mark.c.target == key), None, None),
        (delete(mark), None, None),
    ],
)
def test_what_a_statement_says_of_the_rows_it_touches(
    clause: Any, columns: set[str] | None, values: tuple[str, ...] | None
) -> None:
    written = Written(clause)
    assert written.table == "mark"
    assert written.columns == columns
    assert written.values(BOTH) == values


def test_what_an_interest_reads() -> None:
    interest = Interest([MINE], "me")
    assert interest.owners == {"mark": ("owner",)}
    assert interest.columns == {"mark": {"owner", "target", "accepted"}}
    both = Interest([MINE, select(mark.c.owner).where(mark.c.target == me)], "me")
    assert both.owners == {"mark": BOTH}
    joined = Interest([select(mark.c.target, other.c.id).where(mark.c.owner == me)], "me")
    assert joined.columns["other"] == {"id"}
    assert joined.owners == {"mark": ("owner",)}


FRIEND = mark.alias("friend")
NARROW = narrow_alias(mark, "narrow", "target")


@pytest.mark.parametrize(
    "query",
    [
        select(mark.c.target).where(mark.c.accepted),
        select(mark.c.target).where(or_(mark.c.owner == me, mark.c.accepted)),
        select(mark.c.target).where(~(mark.c.owner == me)),
        select(mark.c.target).where(mark.c.owner == FRIEND.c.target, FRIEND.c.owner == me),
        select(NARROW.c.target),
        select(other.c.id).where(exists().where(FRIEND.c.target == other.c.id)),
    ],
)
def test_what_others_may_change_is_known_too(query: Any) -> None:
    """In one query, or in one of several: whoever writes such rows concerns everybody."""
    for interest in (Interest([query], "me"), Interest([MINE, query], "me")):
        written = Written(insert(mark))
        assert interest.touched_by(written)
        assert interest.named_by(written) is None


def test_all_rows_that_are_read_may_belong_to_the_reader() -> None:
    query = select(mark.c.target).where(mark.c.owner == me, FRIEND.c.target == me)
    assert Interest([query], "me").named_by(Written(insert(mark))) == ("owner", "target")


def test_conditions_on_another_table_say_nothing() -> None:
    clause = delete(mark).where(mark.c.target == other.c.id, FRIEND.c.owner == me)
    assert Written(clause).values(["owner"]) is None
    # All columns are given, the owner among them.
    assert Written(update(mark).where(mark.c.owner == me)).values(["owner"]) is None


@pytest.fixture
async def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    monkeypatch.setattr(sqlite, "WATCH_SECONDS", 0.01)
    with sqlite3.connect(tmp_path / "site.db") as connection:
        connection.execute(str(CreateTable(mark)))
        connection.execute(str(CreateTable(other)))
    opened = await open_database("sqlite:site.db", tmp_path)
    yield opened
    await opened.close()


class Reader:
    """Remembers one reading for each of two people."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.interest = Interest([MINE], "me")
        self.since: dict[int, int] = {}

    async def look(self) -> None:
        self.since = dict.fromkeys((1, 2), await self.database.read(_moment))

    async def unchanged(self) -> list[int]:
        async def unit(tx: Transaction) -> list[int]:
            watch = tx.watch(self.interest)
            assert watch is not None
            return [who for who, since in self.since.items() if watch.is_unchanged(who, since)]

        return await self.database.read(unit)

    async def after(self, statement: Statement, *rows: dict[str, Any]) -> list[int]:
        """For whom a reading is still believed after a write."""

        async def unit(tx: Transaction) -> None:
            if len(rows) == 1:
                await tx.run(statement, **rows[0])
            else:
                await tx.many(statement, rows)

        await self.look()
        assert await self.unchanged() == [1, 2]
        await self.database.write(unit)
        return await self.unchanged()


async def _moment(tx: Transaction) -> int:
    assert tx.snapshot is not None
    return tx.snapshot


@pytest.fixture
async def reader(database: Database) -> Reader:
    made = Reader(database)
    await made.look()
    assert await made.unchanged() == []  # somebody may be writing who did not know of it
    await database.write(_nothing)
    await made.look()
    assert await made.unchanged() == [1, 2]
    return made


async def _nothing(_tx: Transaction) -> None:
    pass


async def test_writes_concern_their_owner(reader: Reader) -> None:
    assert await reader.after(ADD, row(1, owner=1)) == [2]
    assert await reader.after(ADD, row(2, owner=3)) == [1, 2]
    assert await reader.after(ADD, row(3, owner=1), row(4, owner=2)) == []
    taken = Statement(delete(mark).where(mark.c.owner == me, mark.c.id == key))
    assert await reader.after(taken, {"me": 2, "key": 4}) == [1]
    assert await reader.after(Statement(delete(mark).where(mark.c.id == key)), {"key": 3}) == []


async def test_what_is_read_for_everybody_concerns_everybody(reader: Reader) -> None:
    joined = select(mark.c.target).where(mark.c.owner == me, mark.c.target == other.c.id)
    reader.interest = Interest([joined], "me")
    await reader.unchanged()
    await reader.database.write(_nothing)
    assert await reader.after(Statement(insert(other)), {"id": 3}) == []
    assert await reader.after(ADD, row(1, owner=1)) == [2]


async def test_what_is_not_looked_at_may_change(reader: Reader) -> None:
    noted = Statement(update(mark).where(mark.c.id == key).values(note=new))
    assert await reader.after(noted, {"key": 1, "new": 3}) == [1, 2]
    assert await reader.after(Statement(insert(other)), {"id": 3}) == [1, 2]
    accepted = Statement(update(mark).where(mark.c.id == key).values(accepted=False))
    assert await reader.after(accepted, {"key": 1}) == []


async def test_statements_that_tell_nothing_concern_everybody(reader: Reader) -> None:
    assert await reader.after(Statement(text("DELETE FROM other")), {}) == []


async def test_what_is_undone_may_be_told_but_what_is_kept_is(reader: Reader) -> None:
    async def fails(tx: Transaction) -> None:
        await tx.run(ADD, **row(1, owner=1))
        raise LookupError

    async def half(tx: Transaction) -> None:
        await tx.run(ADD, **row(2, owner=2))
        with pytest.raises(LookupError):
            async with tx.savepoint():
                raise LookupError

    await reader.look()
    with pytest.raises(LookupError):
        await reader.database.write(fails)
    await reader.database.write(half)
    assert 2 not in await reader.unchanged()


async def test_more_people_than_can_be_remembered(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fedrse.store.watch.MOST", 3)
    found = [await reader.after(ADD, row(number, owner=number)) for number in range(3, 8)]
    assert found == [[1, 2], [1, 2], [1, 2], [], [1, 2]]
    assert await reader.after(ADD, row(20, owner=2)) == [1]


async def test_what_the_command_line_writes_is_heard_of(reader: Reader, tmp_path: Path) -> None:
    reader.database.on_missed(lambda: None)
    await reader.database.write(_nothing)
    await reader.look()
    with sqlite3.connect(tmp_path / "site.db") as connection:
        connection.execute("INSERT INTO other VALUES (7)")
    for _ in range(1000):
        if not await reader.unchanged():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it was not heard of")


def test_what_began_before_somebody_watched_is_not_believed() -> None:
    watches = Watches()
    watches.begin()  # this transaction may have written already
    watch = watches.of(Interest([MINE], "me"))
    watches.forget_all()
    assert not watch.is_unchanged(1, time.monotonic_ns())
    watches.begin()
    assert watch.is_unchanged(1, time.monotonic_ns())
    watches.forget_all()
    assert not watch.is_unchanged(1, time.monotonic_ns())


def test_who_looks_while_much_changes_hears_of_it() -> None:
    class Meanwhile(dict[int, int]):
        def get(self, who: int, otherwise: int = 0) -> int:  # type: ignore[override]
            watch.changed(None)
            return super().get(who, otherwise)

    watch = Watch()
    watch.begin()
    since = time.monotonic_ns()
    assert watch.is_unchanged(1, since)
    watch._changed = Meanwhile()
    watch.changed(1)
    assert not watch.is_unchanged(1, since)


async def test_nobody_tells_a_transaction_that_writes(reader: Reader) -> None:
    async def unit(tx: Transaction) -> bool:
        return tx.watch(reader.interest) is None

    assert await reader.database.write(unit)


async def test_nobody_tells_on_postgresql(postgres_url: str, tmp_path: Path) -> None:
    database = await open_database(postgres_url, tmp_path)
    interest = Interest([MINE], "me")

    async def unit(tx: Transaction) -> bool:
        return tx.watch(interest) is None

    assert await database.read(unit)
    await database.close()
