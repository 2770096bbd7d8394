"""SQL of subscriptions."""

from __future__ import annotations

from sqlalchemy import BigInteger, bindparam, delete, or_, select, update

from fedrse.features.policy.tables import policy_list
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

_list = policy_list.c
_key = bindparam("key", type_=BigInteger)

ALL = Statement(select(policy_list).order_by(_list.id))
BY_ID = Statement(select(policy_list).where(_list.id == _key))
BY_URL = Statement(select(policy_list).where(_list.url == bindparam("address")))
ADD = Statement(insert(policy_list))
REMOVE = Statement(delete(policy_list).where(_list.id == _key))
_before = bindparam("before", type_=BigInteger)
DUE = Statement(select(_list.id).where(or_(_list.tried_at.is_(None), _list.tried_at <= _before)))
FAILED = Statement(
    update(policy_list)
    .where(_list.id == _key)
    .values(tried_at=bindparam("at", type_=BigInteger), error=bindparam("why"))
)
WAITS = Statement(
    update(policy_list)
    .where(_list.id == _key)
    .values(
        tried_at=bindparam("at", type_=BigInteger),
        fetched_at=bindparam("at", type_=BigInteger),
        error="",
        waiting=bindparam("why"),
    )
)
TAKEN = Statement(
    update(policy_list)
    .where(_list.id == _key)
    .values(
        tried_at=bindparam("at", type_=BigInteger),
        fetched_at=bindparam("at", type_=BigInteger),
        error="",
        waiting="",
        digest=bindparam("hash"),
        confirmed=bindparam("agreed"),
        entries=bindparam("found"),
        base=bindparam("compared"),
        base_at=bindparam("since", type_=BigInteger),
    )
)
