"""Looks at when certificates of other sites end, as far as they were seen."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import BigInteger, bindparam, or_, select

from fedrse.app.context import any_database
from fedrse.app.doctor.findings import Finding, problem, warning
from fedrse.core.clock import DAY, Clock
from fedrse.core.settings import Settings
from fedrse.features.sites.tables import site
from fedrse.store.database import Row, Transaction
from fedrse.store.statement import Statement

SOON = 30 * DAY
_soon = bindparam("soon", type_=BigInteger)
_ENDING = Statement(
    select(site.c.host, site.c.certificate_until, site.c.client_certificate_until)
    .where(or_(site.c.certificate_until < _soon, site.c.client_certificate_until < _soon))
    .order_by(site.c.host)
    .limit(50)
)


async def examine_certificates(settings: Settings, clock: Clock) -> list[Finding]:
    """A line for each that ends within 30 days; the database has to be current."""
    now = clock.now()

    async def unit(tx: Transaction) -> list[Row]:
        return list(await tx.all(_ENDING, soon=now + SOON))

    async with any_database(settings) as database:
        rows = await database.read(unit)
    return [finding for row in rows for finding in _of(row, now)]


def _of(row: Row, now: int) -> Iterator[Finding]:
    seen = (
        ("the certificate", row.certificate_until, "nothing is sent there then"),
        ("the client certificate", row.client_certificate_until, "nothing of it is taken then"),
    )
    for what, until, then in seen:
        if until is None or until >= now + SOON:
            continue
        if until <= now:
            text = f"{what} of {row.host} has expired, as it was seen last"
            yield problem("certificates", text, "Tell the people in charge there.")
        else:
            text = f"{what} of {row.host} expires in {(until - now) // DAY} days: {then}"
            yield warning("certificates", text, "Tell the people in charge there.")
