"""SQL of peers."""

from __future__ import annotations

from sqlalchemy import BigInteger, BindParameter, bindparam, delete, func, select, update

from fedrse.features.sites.tables import site, site_hour
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
_hour = insert(site_hour)
COUNT_HOUR = Statement(
    _hour.on_conflict_do_update(
        index_elements=["host", "hour"],
        set_={
            "received": site_hour.c.received + _hour.excluded.received,
            "sent": site_hour.c.sent + _hour.excluded.sent,
        },
    )
)
HOURS = Statement(
    select(site_hour)
    .where(site_hour.c.hour >= bindparam("since", type_=BigInteger))
    .order_by(site_hour.c.host, site_hour.c.hour)
)
HOURS_OF = Statement(
    select(site_hour)
    .where(site_hour.c.host == _host, site_hour.c.hour >= bindparam("since", type_=BigInteger))
    .order_by(site_hour.c.hour)
)
FORGET_HOURS = Statement(
    delete(site_hour).where(site_hour.c.hour < bindparam("before", type_=BigInteger))
)
MEASURED = Statement(
    update(site)
    .where(site.c.host == _host)
    .values(
        latency=func.coalesce(bindparam("milliseconds", type_=BigInteger), site.c.latency),
        certificate_until=func.coalesce(
            bindparam("until", type_=BigInteger), site.c.certificate_until
        ),
        client_certificate_until=func.coalesce(
            bindparam("client_until", type_=BigInteger), site.c.client_certificate_until
        ),
    )
)
