"""Aliases with few columns write the same SQL as whole ones."""

from __future__ import annotations

import pytest
from sqlalchemy import BigInteger, Boolean, Column, Integer, MetaData, Table, select

from fedrse.store.narrow import narrow_alias
from fedrse.store.statement import Statement

person = Table(
    "person",
    MetaData(),
    Column("id", BigInteger, primary_key=True),
    Column("boss_id", BigInteger),
    Column("away", Boolean),
    Column("age", Integer),
)


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_the_sql_is_that_of_a_whole_alias(dialect: str) -> None:
    def with_boss(*, narrow: bool) -> str:
        table = narrow_alias(person, "boss", "id", "away") if narrow else person.alias("boss")
        found = select(person.c.age, table.c.away).join(table, person.c.boss_id == table.c.id)
        return Statement(found.where(~table.c.away)).compiled(dialect).sql

    assert with_boss(narrow=True) == with_boss(narrow=False)
    assert "AS boss" in with_boss(narrow=True)


def test_values_have_their_types() -> None:
    boss = narrow_alias(person, "boss", "away")
    compiled = Statement(select(boss.c.away)).compiled("sqlite")
    assert compiled.rows([(1,), (0,), (None,)]) == [(True,), (False,), (None,)]
    assert list(boss.c.keys()) == ["away"]


def test_a_column_that_there_is_not() -> None:
    with pytest.raises(KeyError):
        narrow_alias(person, "boss", "salary")
