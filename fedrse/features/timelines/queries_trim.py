"""SQL that forgets what is old in home timelines."""

from __future__ import annotations

from sqlalchemy import BigInteger, Table, bindparam, delete, select

from fedrse.features.timelines.tables import home_entry, pulled_post
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement

_before = bindparam("before", type_=BigInteger)
_most = bindparam("most", type_=BigInteger)


def _old(posts: Table) -> Statement:
    """Posts older than that, oldest first, by the index of their ids."""
    column = posts.c.post_id
    return Statement(
        select(column).where(column < _before).distinct().order_by(column).limit(_most)
    )


OLD_ENTRIES = _old(home_entry)
OLD_PULLED = _old(pulled_post)
FORGET_ENTRIES = Statement(delete(home_entry).where(any_of(home_entry.c.post_id, "ids")))
FORGET_PULLED = Statement(delete(pulled_post).where(any_of(pulled_post.c.post_id, "ids")))
