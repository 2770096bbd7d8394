"""Posts of former years, which no API can write."""

from __future__ import annotations

from fedrse.core.ids import first_of, time_of
from fedrse.features.insights.model_annual import bounds
from fedrse.store.database import Transaction
from tests.client_api.stage import Person
from tests.features.timelines.histories import ADD_POST


async def write_long_ago(person: Person, year: int) -> int:
    """A post of February of that year; its id."""
    moment = first_of(bounds(year)[0] + 40 * 86_400_000)
    stage = person.stage

    async def long_ago(tx: Transaction) -> None:
        await tx.run(
            ADD_POST,
            id=moment,
            uri=f"{stage.base_url}/ap/p/{moment}",
            account_id=int(person.id),
            local=True,
            kind="note",
            audience="network",
            listed=True,
            content="<p>Last year was fine</p>",
            created_at=time_of(moment),
            received_at=time_of(moment),
            reply_to_id=None,
            reply_to_account_id=None,
            reply_to_uri=None,
            thread_id=moment,
            boost_of_id=None,
            language=None,
        )

    await stage.site.ground.database.write(long_ago)
    return moment
