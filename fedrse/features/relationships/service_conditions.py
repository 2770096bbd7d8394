"""SQL conditions about relationships, for statements of higher features."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists, literal_column, or_, select

from fedrse.features.relationships.tables import block, mute

_one: ColumnElement[int] = literal_column("1")


def silenced(reader: ColumnElement[int], target: ColumnElement[int]) -> ColumnElement[bool]:
    """The reader mutes the target, or one of the two blocks the other.

    A mute for a time lasts until its row is removed, which is told as ``Unsilenced``: so all that
    depends on it changes at one moment.
    """
    mutes, by_reader, by_target = mute.alias(), block.alias(), block.alias()
    return or_(
        exists(select(_one).where(mutes.c.account_id == reader, mutes.c.target_id == target)),
        exists(
            select(_one).where(by_reader.c.account_id == reader, by_reader.c.target_id == target)
        ),
        exists(
            select(_one).where(by_target.c.account_id == target, by_target.c.target_id == reader)
        ),
    )
