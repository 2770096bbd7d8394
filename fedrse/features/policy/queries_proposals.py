"""SQL of proposals and their rehearsals."""

from __future__ import annotations

from sqlalchemy import BigInteger, bindparam, delete, literal_column, select, update

from fedrse.features.policy.tables_proposals import policy_proposal
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

_row = policy_proposal.c
_key = bindparam("key", type_=BigInteger)
_newest = (
    select(_row.id).order_by(_row.id.desc()).limit(bindparam("most", type_=BigInteger)).subquery()
)

ADD = Statement(insert(policy_proposal))
BY_ID = Statement(select(policy_proposal).where(_row.id == _key))
ALL = Statement(
    select(
        *(_row.id, _row.created_at, _row.author, _row.version, _row.proposal, _row.state),
        *(_row.entries, _row.total, _row.error, literal_column("''").label("result")),
    ).order_by(_row.id.desc())
)
REMOVE = Statement(delete(policy_proposal).where(_row.id == _key))
FORGET = Statement(delete(policy_proposal).where(_row.id.not_in(select(_newest.c.id))))
BEGIN = Statement(
    update(policy_proposal)
    .where(_row.id == _key)
    .values(
        version=bindparam("of", type_=BigInteger),
        state="waiting",
        entries=0,
        total=0,
        error="",
        result="",
    )
)
PROGRESS = Statement(
    update(policy_proposal)
    .where(_row.id == _key)
    .values(entries=bindparam("done", type_=BigInteger), total=bindparam("of", type_=BigInteger))
)
FINISH = Statement(
    update(policy_proposal)
    .where(_row.id == _key)
    .values(state=bindparam("how"), error=bindparam("why"), result=bindparam("told"))
)
