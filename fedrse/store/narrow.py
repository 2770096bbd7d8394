"""Aliases that know only the columns they are asked for."""

from __future__ import annotations

from typing import Any

from sqlalchemy import FromClause, TableClause, column, table


def narrow_alias(source: TableClause, name: str, *columns: str) -> FromClause:
    """A second look at a table in the same statement.

    ``source.alias()`` copies every column, two kilobytes each: too much for a wide table, of which
    a condition needs two or three. Raises KeyError for a column that the table does not have.
    """
    known: Any = source.c
    return table(source.name, *(column(one, known[one].type) for one in columns)).alias(name)
