"""Statements: written with SQLAlchemy Core, compiled once per dialect, run on the driver.

Core costs several times the query itself when it executes; as a writer of SQL it costs nothing
after the first call. Make statements once, as module constants::

    BY_ID = Statement(select(post).where(post.c.id == bindparam("id")))
    row = await tx.one(BY_ID, id=7)
"""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from operator import itemgetter
from typing import Any

import msgspec
from sqlalchemy import Boolean
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import ClauseElement, CompoundSelect, Select
from sqlalchemy.sql.compiler import SQLCompiler

from fedrse.store.schema import ListOf
from fedrse.store.written import table_of

_encode = msgspec.json.Encoder().encode
_ONE_ROW = re.compile(r"INSERT INTO [^()?]+ \([^()?]*\) VALUES (\((?:\?, )*\?\))")


@cache
def sql_dialect(name: str) -> Dialect:
    """How ``sqlite`` or ``postgresql`` writes SQL."""
    if name == "sqlite":
        return sqlite.dialect(paramstyle="qmark")
    # Two megabytes that a site on SQLite does not need.
    made: Dialect = import_module(f"sqlalchemy.dialects.{name}.asyncpg").dialect(
        paramstyle="numeric_dollar"
    )
    return made


class Compiled:
    """SQL text of one statement in one dialect, with the order of its parameters."""

    __slots__ = (
        "_booleans",
        "_defaults",
        "_gathered",
        "_lists",
        "_make",
        "_row_groups",
        "_values",
        "clause",
        "sql",
        "table",
        "writes",
    )

    def __init__(self, clause: ClauseElement, dialect: str) -> None:
        compiled = clause.compile(dialect=sql_dialect(dialect))
        assert isinstance(compiled, SQLCompiler)  # noqa: S101  (DDL is not a Statement)
        given = {
            name: bind.effective_value for name, bind in compiled.binds.items() if not bind.required
        }
        # Constant lists of in_() become one parameter per item.
        state = compiled.construct_expanded_state(dict.fromkeys(compiled.binds) | given)
        self.sql = state.statement
        self._gathered = ""
        self._row_groups: dict[int, str] = {}
        self.writes = not isinstance(clause, (Select, CompoundSelect))
        self.clause = clause
        self.table = table_of(clause)
        self._values = _values_of(tuple(state.positiontup or ()))
        expanded = {
            name: value for name, value in state.parameters.items() if name not in compiled.binds
        }
        self._defaults: dict[str, Any] = given | expanded
        self._lists: frozenset[str] = (
            frozenset(
                name for name, bind in compiled.binds.items() if isinstance(bind.type, ListOf)
            )
            if dialect == "sqlite"
            else frozenset()
        )
        columns = compiled._result_columns  # there is no public name for it
        fields = [str(column.keyname) for column in columns]
        row: Any = namedtuple("Row", fields, rename=True) if fields else None  # noqa: PYI024
        self._make = None if row is None else row._make
        self._booleans = (
            [index for index, column in enumerate(columns) if isinstance(column.type, Boolean)]
            if dialect == "sqlite"
            else []
        )

    @property
    def gathered(self) -> str:
        """For SQLite: the values of the only column as one JSON list."""
        if not self._gathered:
            self._gathered = (
                f"WITH found(id) AS ({self.sql}) SELECT json_group_array(id) FROM found"  # noqa: S608
            )
        return self._gathered

    def of_rows(self, count: int) -> str:
        """For SQLite: an insert of so many rows at once; "" for what is no insert of values."""
        sql = self._row_groups.get(count)
        if sql is None:
            found = _ONE_ROW.match(self.sql)
            sql = ""
            if found is not None:
                more = f", {found[1]}" * (count - 1)
                sql = f"{found[0]}{more}{self.sql[found.end() :]}"
            self._row_groups[count] = sql
        return sql

    def bind(self, parameters: Mapping[str, Any]) -> tuple[Any, ...]:
        """The values in the order of the SQL text; KeyError names a missing one."""
        if self._defaults:
            parameters = {**self._defaults, **parameters}
        if self._lists:
            texts = {
                name: _encode(list(parameters[name])).decode()
                for name in self._lists
                if name in parameters
            }
            parameters = {**parameters, **texts}
        return self._values(parameters)

    def rows(self, raw: Sequence[Sequence[Any]]) -> list[Any]:
        """Driver rows as named tuples, booleans as booleans."""
        if self._make is None:
            return list(raw)
        if self._booleans:
            raw = [self._with_booleans(row) for row in raw]
        return list(map(self._make, raw))

    def _with_booleans(self, row: Sequence[Any]) -> list[Any]:
        values = list(row)
        for index in self._booleans:
            if values[index] is not None:
                values[index] = bool(values[index])
        return values


def _values_of(names: tuple[str, ...]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    """What takes the named values out of parameters, in one step."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda parameters: tuple(parameters[name] for name in names)


class Statement:
    """A Core clause that compiles itself at its first use in each dialect.

    Of many variants of one statement most are never used: give the function that makes it.
    """

    __slots__ = ("_clause", "_compiled")

    def __init__(self, clause: ClauseElement | Callable[[], ClauseElement]) -> None:
        self._clause = clause
        self._compiled: dict[str, Compiled] = {}

    @property
    def clause(self) -> ClauseElement:
        """What is compiled."""
        clause = self._clause
        return clause if isinstance(clause, ClauseElement) else clause()

    def compiled(self, dialect: str) -> Compiled:
        """The compiled form, made once."""
        found = self._compiled.get(dialect)
        if found is None:
            found = self._compiled[dialect] = Compiled(self.clause, dialect)
        return found
