"""Totals of the site: who counts, and that they are counted once a minute."""

from __future__ import annotations

import pytest
from sqlalchemy import bindparam, insert, update

from fedrse.core.clock import DAY, MINUTE, SECOND, ManualClock
from fedrse.features.accounts.service import Accounts
from fedrse.features.accounts.tables import account
from fedrse.features.insights.service import Insights
from fedrse.features.instance.model import Numbers
from fedrse.features.sites.tables import site
from fedrse.store.database import Database, Transaction
from fedrse.store.statement import Statement
from tests.features.cast import Cast

ADD_SITE = Statement(
    insert(site).values(
        {name: bindparam(name) for name in ("host", "origin", "first_seen_at", "last_error")}
    )
)
SET_POSTS = Statement(
    update(account)
    .where(account.c.id == bindparam("key"))
    .values(statuses_count=bindparam("posts"), last_status_at=bindparam("at"))
)

SET_DOMAIN = Statement(
    update(account).where(account.c.id == bindparam("key")).values(domain=bindparam("called"))
)


@pytest.fixture
def insights(clock: ManualClock, accounts: Accounts) -> Insights:
    return Insights(clock=clock, accounts=accounts)


async def test_who_counts(
    database: Database, insights: Insights, cast: Cast, clock: ManualClock
) -> None:
    assert await database.read(insights.numbers) == Numbers(0, 0, 0, 0)
    assert await database.read(insights.contact) is None
    await cast.instance_actor()
    amina, bruno, gone = [await cast.local(name) for name in ("amina", "bruno", "gone")]
    dora = await cast.remote("dora")

    async def prepare(tx: Transaction) -> None:
        for person, posts, ago in ((amina, 3, 0), (bruno, 2, 31), (gone, 9, 0), (dora, 7, 0)):
            await tx.run(SET_POSTS, key=person.id, posts=posts, at=clock.now() - ago * DAY)
        for host, error in (("nantes.corp.example", ""), ("down.example", "timeout")):
            await tx.run(
                ADD_SITE, host=host, origin=f"https://{host}", first_seen_at=0, last_error=error
            )
        await cast.accounts.delete_local(tx, gone.id)

    await database.write(prepare)
    assert await database.read(insights.numbers) == Numbers(0, 0, 0, 0)  # known for a minute
    clock.advance(MINUTE + SECOND)
    expected = Numbers(people=2, active_month=1, posts=5, peers=1)
    assert await database.read(insights.numbers) == expected
    assert await database.read(insights.peer_domains) == ["nantes.corp.example"]
    contact = await database.read(insights.contact)
    assert contact is not None
    assert contact["acct"] == "amina"


async def test_peers_have_the_names_of_handles(
    database: Database, insights: Insights, cast: Cast, clock: ManualClock
) -> None:
    """A host that fails stays while somebody there is known; whom a rule denies is no peer."""
    dora = await cast.remote("dora")
    server = await cast.remote(dora.host, type="Application")  # has no other name than its host
    assert await database.read(insights.peer_domains) == [dora.host]
    clock.advance(MINUTE + SECOND)

    async def prepare(tx: Transaction) -> None:
        await tx.run(SET_DOMAIN, key=dora.id, called="nantes.example")
        await tx.run(
            ADD_SITE, host=dora.host, origin="https://x", first_seen_at=0, last_error="timeout"
        )

    await database.write(prepare)
    assert await database.read(insights.peer_domains) == ["nantes.example"]

    async def deny(tx: Transaction) -> None:
        await cast.accounts.states.hide_by_rule(tx, [dora.id, server.id], hidden=True)

    await database.write(deny)
    clock.advance(MINUTE + SECOND)
    assert await database.read(insights.peer_domains) == []
