"""What `fedrse doctor` says about certificates of other sites."""

from __future__ import annotations

import asyncio

from sqlalchemy import insert

from fedrse.app.context import ready_database
from fedrse.app.doctor.certificates import examine_certificates
from fedrse.app.doctor.findings import State
from fedrse.core.clock import DAY, SystemClock
from fedrse.core.configuration import load_settings
from fedrse.core.settings import Settings
from fedrse.features.sites.tables import site as table
from fedrse.store.statement import Statement
from tests.app.conftest import CommandSite


async def _seen(settings: Settings, host: str, *days: int | None) -> None:
    now = SystemClock().now()
    served, shown = (None if one is None else now + one * DAY + DAY // 2 for one in days)
    values = {"host": host, "origin": f"https://{host}", "first_seen_at": now}
    ends = {"certificate_until": served, "client_certificate_until": shown}
    async with ready_database(settings) as database:
        await database.write(lambda tx: tx.run(Statement(insert(table).values(**values, **ends))))


def test_certificates_that_end_are_named(either_site: CommandSite) -> None:
    settings = load_settings(either_site.configuration, {})

    async def looked_at() -> list[tuple[State, str]]:
        found = await examine_certificates(settings, SystemClock())
        return [(one.state, one.message) for one in found]

    assert asyncio.run(looked_at()) == []
    for host, days in {
        "a.example": (3, 90),
        "b.example": (90, -2),
        "c.example": (None, 40),
    }.items():
        asyncio.run(_seen(settings, host, *days))
    assert asyncio.run(looked_at()) == [
        (
            State.WARNING,
            "the certificate of a.example expires in 3 days: nothing is sent there then",
        ),
        (
            State.PROBLEM,
            "the client certificate of b.example has expired, as it was seen last",
        ),
    ]
    result = either_site.run("doctor", "--offline", "--json")
    assert result.stdout.count('"certificates"') == 2
