"""SQL of posts that wait for their time."""

from __future__ import annotations

from sqlalchemy import BigInteger, Text, bindparam, delete, func, select, update

from fedrse.features.scheduling.tables import scheduled_post
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

NEWEST = 1 << 62  # above every id
me = bindparam("me", type_=BigInteger)
key = bindparam("key", type_=BigInteger)
_mine = (scheduled_post.c.id == key, scheduled_post.c.account_id == me)

ADD = Statement(insert(scheduled_post).on_conflict_do_nothing())
BY_ID = Statement(select(scheduled_post).where(scheduled_post.c.id == key))
OWN = Statement(select(scheduled_post).where(*_mine))
BY_REQUEST = Statement(
    select(scheduled_post).where(
        scheduled_post.c.account_id == me,
        scheduled_post.c.request_key == bindparam("request", type_=Text),
    )
)
COUNT = Statement(
    select(func.count())
    .select_from(scheduled_post)
    .where(scheduled_post.c.account_id == me, ~scheduled_post.c.undo)
)
COUNT_OF_DAY = Statement(
    select(func.count())
    .select_from(scheduled_post)
    .where(
        scheduled_post.c.account_id == me,
        scheduled_post.c.scheduled_at >= bindparam("begins", type_=BigInteger),
        scheduled_post.c.scheduled_at < bindparam("ends", type_=BigInteger),
        scheduled_post.c.id != key,
        ~scheduled_post.c.undo,
    )
)
MOVE = Statement(
    update(scheduled_post)
    .where(*_mine)
    .values(scheduled_at=bindparam("at", type_=BigInteger), failure=None)
)
SET_FAILURE = Statement(
    update(scheduled_post)
    .where(scheduled_post.c.id == key)
    .values(failure=bindparam("why"), undo=False)
)
REMOVE = Statement(delete(scheduled_post).where(scheduled_post.c.id == key))
OF_ACCOUNT = Statement(select(scheduled_post).where(scheduled_post.c.account_id == me))


def _listing(*, ascending: bool) -> Statement:
    number = scheduled_post.c.id
    return Statement(
        select(scheduled_post)
        .where(
            scheduled_post.c.account_id == me,
            ~scheduled_post.c.undo,
            number < bindparam("max_id", type_=BigInteger),
            number > bindparam("since_id", type_=BigInteger),
        )
        .order_by(number.asc() if ascending else number.desc())
        .limit(bindparam("limit", type_=BigInteger))
    )


LISTING = {ascending: _listing(ascending=ascending) for ascending in (False, True)}
