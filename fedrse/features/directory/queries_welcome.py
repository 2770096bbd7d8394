"""SQL of the first steps."""

from __future__ import annotations

from sqlalchemy import BigInteger, bindparam, select

from fedrse.features.directory.tables import welcome
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

STEP = Statement(
    select(welcome.c.step).where(welcome.c.account_id == bindparam("me", type_=BigInteger))
)
_welcome = insert(welcome)
REACH = Statement(
    _welcome.on_conflict_do_update(
        index_elements=["account_id"],
        set_={name: _welcome.excluded[name] for name in ("step", "updated_at")},
    )
)
