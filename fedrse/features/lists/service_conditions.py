"""SQL conditions about lists, for statements of higher features."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists, literal_column, select

from fedrse.features.lists.tables import list_member, user_list

_one: ColumnElement[int] = literal_column("1")


def taken_from_home(reader: ColumnElement[int], author: ColumnElement[int]) -> ColumnElement[bool]:
    """An exclusive list of the reader has the author."""
    return exists(
        select(_one)
        .select_from(list_member.join(user_list, user_list.c.id == list_member.c.list_id))
        .where(
            list_member.c.account_id == author,
            user_list.c.account_id == reader,
            user_list.c.exclusive,
        )
    )
