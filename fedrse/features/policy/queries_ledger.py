"""SQL of the ledger."""

from __future__ import annotations

from sqlalchemy import BigInteger, bindparam, delete, func, select

from fedrse.features.policy.tables_ledger import policy_ledger
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

_row = policy_ledger.c
ADD = Statement(insert(policy_ledger))
PAGE = Statement(
    select(_row.id, _row.entries, _row.packed)
    .where(_row.id > bindparam("after", type_=BigInteger))
    .order_by(_row.id)
    .limit(bindparam("most", type_=BigInteger))
)
TOTAL = Statement(
    select(
        func.coalesce(func.sum(_row.entries), 0).label("entries"),
        func.min(_row.id).label("oldest"),
    ).where(_row.id > bindparam("after", type_=BigInteger))
)
FORGET = Statement(delete(policy_ledger).where(_row.id < bindparam("before", type_=BigInteger)))
