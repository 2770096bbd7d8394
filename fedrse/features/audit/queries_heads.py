"""SQL of heads of other sites' logs."""

from __future__ import annotations

from sqlalchemy import BigInteger, Text, bindparam, delete, func, select

from fedrse.features.audit.tables import audit_witness
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

_host = bindparam("host", type_=Text)
_most = bindparam("most", type_=BigInteger)
_row = audit_witness.c
LAST = Statement(
    select(_row.number, _row.hash)
    .where(_row.host == _host)
    .order_by(_row.at.desc(), _row.number.desc())
    .limit(1)
)
_told = insert(audit_witness)
# Told again after something else: it stands where it was noted first, and does not fit any more.
ADD = Statement(
    _told.on_conflict_do_update(
        index_elements=["host", "number", "hash"], set_={"fits": _told.excluded.fits}
    )
)
NOTED = Statement(
    select(_row.number, _row.hash, _row.at)
    .where(_row.host == _host)
    .order_by(_row.at.desc(), _row.number.desc())
    .limit(_most)
)
COUNT = Statement(select(func.count()).where(_row.host == _host, _row.fits))
FITTING = Statement(
    select(_row.number).where(_row.host == _host, _row.fits).order_by(_row.number).limit(_most)
)
FORGET = Statement(
    delete(audit_witness).where(_row.host == _host, _row.fits, any_of(_row.number, "numbers"))
)
REWRITTEN = Statement(select(_row.host).where(~_row.fits).distinct().order_by(_row.host))
