"""What all tables share: one metadata, column types, and SQL that differs between the dialects.

Columns hold plain values that both drivers return unchanged: integers (ids, milliseconds), text,
bytes, booleans. Structured values are JSON in text columns, encoded by the feature that owns them.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    FromClause,
    Index,
    Join,
    MetaData,
    Text,
    bindparam,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import operators
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


_CONDITION = "condition"


def partial_index(
    name: str, *columns: str, where: str, on_sqlite: str = "", unique: bool = False
) -> Index:
    """An index of the rows for which an SQL condition holds; SQLite may spell it otherwise."""
    index = Index(name, *columns, unique=unique, sqlite_where=text(on_sqlite or where))
    index.info[_CONDITION] = text(where)
    return index


def complete_for_postgres(tables: MetaData) -> None:
    """Partial indexes are partial on PostgreSQL too.

    Naming that dialect when an index is made would import all of it, in every process.
    """
    for table in tables.tables.values():
        for index in table.indexes:
            if _CONDITION in index.info:
                index.dialect_options["postgresql"]["where"] = index.info[_CONDITION]


class ListOf(ARRAY[Any]):
    """The type of a parameter that carries a whole list (JSON text on SQLite)."""


class any_of(ColumnElement[bool]):  # noqa: N801  (reads like sqlalchemy's own any_)
    """``column`` is one of the list given as parameter ``name``; constant SQL for any length."""

    inherit_cache = False
    type = Boolean()

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        item: TypeEngine[Any] = Text() if isinstance(column.type, Text) else BigInteger()
        self.column = column
        self.parameter = bindparam(name, type_=ListOf(item))

    def self_group(self, against: OperatorType | None = None) -> ColumnElement[Any]:
        """A condition as it stands: Core would write ``... = 1``, which uses no index on SQLite."""
        if against in {operators.and_, operators.or_, operators._asbool}:
            return self
        return super().self_group(against)


@compiles(any_of)
def _any_of_postgres(element: any_of, compiler: Any, **kw: Any) -> str:
    column = compiler.process(element.column, **kw)
    return f"{column} = ANY({compiler.process(element.parameter, **kw)})"


@compiles(any_of, "sqlite")
def _any_of_sqlite(element: any_of, compiler: Any, **kw: Any) -> str:
    column = compiler.process(element.column, **kw)
    listed = compiler.process(element.parameter, **kw)
    return f"{column} IN (SELECT value FROM json_each({listed}))"  # noqa: S608  (no values)


class ordered_join(Join):  # noqa: N801  (reads like sqlalchemy's own join)
    """A join that SQLite runs from left to right, whatever it has counted of the tables.

    For few rows, given by their keys, on the left: after one look at a table with one much
    followed person its planner would rather walk through the whole right side.
    """

    inherit_cache = False

    def __init__(self, left: FromClause, right: FromClause, onclause: ColumnElement[bool]) -> None:
        super().__init__(left, right, onclause)


@compiles(ordered_join)
def _ordered_join(element: ordered_join, compiler: Any, **kw: Any) -> str:
    return str(compiler.visit_join(element, **kw))


@compiles(ordered_join, "sqlite")
def _ordered_join_sqlite(element: ordered_join, compiler: Any, **kw: Any) -> str:
    inner: str = compiler.visit_join(element, **kw)
    return inner.replace(" JOIN ", " CROSS JOIN ", 1)


@compiles(BigInteger, "sqlite")
def _integer_sqlite(_element: BigInteger, _compiler: Any, **_kw: Any) -> str:
    # Only a primary key spelt INTEGER is SQLite's row id; its integers have 64 bits anyway.
    return "INTEGER"
