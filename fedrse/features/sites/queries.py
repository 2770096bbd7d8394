"""SQL of peers."""

from __future__ import annotations

from sqlalchemy import BigInteger, BindParameter, bindparam, select, update

from fedrse.features.sites.tables import site
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

_host: BindParameter[str] = bindparam("of_host")
ALL = Statement(select(site).order_by(site.c.host))
BY_HOST = Statement(select(site).where(site.c.host == _host))
_seen = insert(site)
SAW = Statement(
    _seen.on_conflict_do_update(
        index_elements=["host"],
        set_={
            "last_inbound_at": _seen.excluded.last_inbound_at,
            "clock_drift": _seen.excluded.clock_drift,
        },
    )
)
ENSURE = Statement(insert(site).on_conflict_do_nothing())
PROBED = Statement(
    update(site)
    .where(site.c.host == _host)
    .values(
        software=bindparam("software_name"),
        version=bindparam("software_version"),
        instance_actor=bindparam("actor_uri"),
        shared_inbox=bindparam("inbox_uri"),
        members_uri=bindparam("members"),
        capabilities=bindparam("implements"),
        probed_at=bindparam("at", type_=BigInteger),
        last_error="",
    )
)
FAILED = Statement(
    update(site)
    .where(site.c.host == _host)
    .values(probed_at=bindparam("at", type_=BigInteger), last_error=bindparam("why"))
)
