"""SQL that differs between the dialects: what SQLite makes of it."""

from __future__ import annotations

import sqlite3

from sqlalchemy import BigInteger, Column, Table, bindparam, or_, select

from fedrse.store.schema import any_of, metadata
from fedrse.store.statement import Statement

thing = Table(
    "schema_test_thing",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("weight", BigInteger),
)
metadata.remove(thing)


def test_list_uses_index() -> None:
    found = plan(select(thing.c.weight).where(any_of(thing.c.id, "ids")))
    assert "SEARCH schema_test_thing USING INTEGER PRIMARY KEY (rowid=?)" in found


def test_list_uses_index_next_to_other_conditions() -> None:
    heavy = thing.c.weight > bindparam("least")
    found = plan(select(thing.c.weight).where(any_of(thing.c.id, "ids"), heavy))
    assert "SEARCH schema_test_thing USING INTEGER PRIMARY KEY (rowid=?)" in found


def test_list_among_alternatives_and_negated() -> None:
    connection = filled()
    light = thing.c.weight < 15
    either = Statement(select(thing.c.id).where(or_(any_of(thing.c.id, "ids"), light)))
    none = Statement(select(thing.c.id).where(~any_of(thing.c.id, "ids"), light))
    assert ids(connection, either, [3]) == [1, 3]
    assert ids(connection, none, [1]) == []
    assert ids(connection, none, [2, 3]) == [1]


def filled() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE schema_test_thing (id INTEGER PRIMARY KEY, weight INTEGER)")
    rows = [(1, 10), (2, 20), (3, 30)]
    connection.executemany("INSERT INTO schema_test_thing VALUES (?, ?)", rows)
    return connection


def ids(connection: sqlite3.Connection, statement: Statement, listed: list[int]) -> list[int]:
    compiled = statement.compiled("sqlite")
    return [row[0] for row in connection.execute(compiled.sql, compiled.bind({"ids": listed}))]


def plan(query: object) -> str:
    sql = Statement(query).compiled("sqlite").sql  # type: ignore[arg-type]
    values = [None] * sql.count("?")
    return "\n".join(row[3] for row in filled().execute(f"EXPLAIN QUERY PLAN {sql}", values))
