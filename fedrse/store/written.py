"""Which rows a statement that writes touches, as far as its text tells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import BindParameter, Column, Delete, Insert, TableClause, Update
from sqlalchemy.dialects.sqlite.dml import OnConflictDoNothing
from sqlalchemy.sql import ClauseElement, operators
from sqlalchemy.sql.elements import BinaryExpression, BooleanClauseList, ColumnElement
from sqlalchemy.sql.selectable import AliasedReturnsRows, ReturnsRows


class Written:
    """What is known of a statement before it runs.

    ``table`` is its name, "" if that is not said. ``fixed`` has the parameters that hold the value
    of a column in all rows touched, by column. ``columns`` are those that change, None: all.
    """

    __slots__ = ("columns", "fixed", "table")

    def __init__(self, clause: ClauseElement) -> None:
        self.table = table_of(clause)
        self.fixed: dict[str, str] = {}
        self.columns: frozenset[str] | None = None
        if isinstance(clause, Insert):
            self.fixed = _inserted(clause)
        elif isinstance(clause, Delete):
            self.fixed = _fixed(clause)
        elif isinstance(clause, Update) and clause._values:  # else all columns are given
            self.columns = frozenset(_name(column) for column in clause._values)
            # Rows that belong to somebody else afterwards concern both.
            fixed = _fixed(clause)
            self.fixed = {name: fixed[name] for name in fixed.keys() - self.columns}

    def values(self, columns: Sequence[str]) -> tuple[str, ...] | None:
        """The parameters that say which value these columns have; None if that is not known."""
        if not all(name in self.fixed for name in columns):
            return None
        return tuple(self.fixed[name] for name in columns)


def table_of(clause: ClauseElement) -> str:
    """The table that is written, "" if none is or it is not said."""
    table = clause.table if isinstance(clause, (Insert, Update, Delete)) else None
    return table.name if isinstance(table, TableClause) else ""


def _inserted(clause: Insert) -> dict[str, str]:
    """Values come as parameters named like their columns, unless the statement says otherwise."""
    conflict = clause._post_values_clause
    if clause.select is not None or clause._values or clause._multi_values:
        return {}
    if conflict is not None and not isinstance(conflict, OnConflictDoNothing):
        return {}  # it may change a row of somebody else
    return {column.name: column.key for column in clause.table.columns}


def _fixed(clause: Update | Delete) -> dict[str, str]:
    return {
        column.name: parameter
        for column, parameter in conditions(clause.whereclause)
        if column.table is clause.table
    }


def table_behind(source: ReturnsRows) -> str:
    """The table that is looked at, whatever it is called in the query; "" if it is none."""
    while isinstance(source, AliasedReturnsRows):
        source = source.element
    return source.name if isinstance(source, TableClause) else ""


def conditions(where: ColumnElement[Any] | None) -> Iterator[tuple[Column[Any], str]]:
    """Columns that all conditions together bind to a parameter."""
    if isinstance(where, BooleanClauseList) and where.operator is operators.and_:
        for condition in where.clauses:
            yield from conditions(condition)
    elif (found := _compared_column(where)) is not None:
        yield found


def _compared_column(condition: object) -> tuple[Column[Any], str] | None:
    """The column and the parameter of ``column = :parameter``."""
    if not isinstance(condition, BinaryExpression) or condition.operator is not operators.eq:
        return None
    column, parameter = condition.left, condition.right
    if isinstance(column, Column) and isinstance(parameter, BindParameter):
        return column, parameter.key
    return None


def _name(column: object) -> str:
    return column.name if isinstance(column, Column) else str(column)
