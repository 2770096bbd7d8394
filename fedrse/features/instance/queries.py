"""SQL of facts."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from fedrse.features.instance.tables import fact
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

GET = Statement(select(fact.c.value).where(fact.c.name == bindparam("key")))
_put = insert(fact)
PUT = Statement(
    _put.on_conflict_do_update(index_elements=[fact.c.name], set_={"value": _put.excluded.value})
)
ADD = Statement(insert(fact).on_conflict_do_nothing())
