"""Statements for one person turned into statements for many at once.

What a query asks for ``me`` can be asked for a column instead: the same conditions then answer for
every row of another table, and one query serves thousands of viewers.
"""

from __future__ import annotations

from typing import Any, TypeVar, cast

from sqlalchemy import BinaryExpression, BindParameter, ColumnElement, true
from sqlalchemy.sql import ClauseElement, visitors

C = TypeVar("C", bound=ClauseElement)


def rebind(clause: C, parameter: str, column: ColumnElement[Any]) -> C:
    """The clause with a column in place of a parameter.

    A subquery inside a subquery reaches the column only if it says what else it is over
    (``correlate_except``): SQLAlchemy by itself looks one level up.
    """

    def replaced(element: object, **_kw: Any) -> ColumnElement[Any] | None:
        if isinstance(element, BindParameter) and element.key == parameter:
            return column
        return None

    return cast("C", visitors.replacement_traverse(clause, {}, replaced))


def unbind(clause: C, parameter: str) -> C:
    """The clause without the comparisons with a parameter: about everybody instead of one."""

    def replaced(element: object, **_kw: Any) -> ColumnElement[Any] | None:
        if isinstance(element, BinaryExpression):
            sides = (element.left, element.right)
            if any(isinstance(one, BindParameter) and one.key == parameter for one in sides):
                return true()
        return None

    return cast("C", visitors.replacement_traverse(clause, {}, replaced))
