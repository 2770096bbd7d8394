"""Numbers of followers of people elsewhere, as their own sites tell them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from fedrse.activitypub.document_client import FetchFailed
from fedrse.core.clock import MINUTE, ManualClock
from fedrse.features.accounts.jobs_totals import OPENED_AGAIN, TOTALS, ProfileTotals
from fedrse.features.accounts.service import Accounts
from fedrse.features.relationships.service import Relationships
from fedrse.jobs.model import Job
from fedrse.store.database import Database
from tests.features.cast import Cast
from tests.features.fakes import FakeQueue


@dataclass
class Document:
    document: dict[str, Any]


@dataclass
class Web:
    """Other sites: what they tell, or why they do not."""

    told: dict[str, Any] = field(default_factory=dict)
    failure: FetchFailed | None = None

    async def fetch(self, uri: str) -> Document:
        if self.failure is not None:
            raise self.failure
        return Document({"id": uri, "type": "OrderedCollection", "totalItems": self.told[uri]})


@pytest.fixture
def web() -> Web:
    return Web()


@pytest.fixture
def queue() -> FakeQueue:
    return FakeQueue()


@pytest.fixture
def totals(
    database: Database, accounts: Accounts, web: Web, queue: FakeQueue, clock: ManualClock
) -> ProfileTotals:
    return ProfileTotals(
        database=database,
        accounts=accounts,
        fetcher=web,
        queue=queue,  # type: ignore[arg-type]
        clock=clock,
    )


def job(account_id: int) -> Job:
    return Job(1, TOTALS, {"account": account_id}, None, 1, 0)


async def shown(database: Database, accounts: Accounts, account_id: int) -> tuple[int, int]:
    entity = (await database.read(accounts.entities, [account_id]))[account_id]
    return entity["followers_count"], entity["following_count"]


async def test_what_the_site_tells_counts_and_local_follows_go_on_top(
    database: Database,
    accounts: Accounts,
    relationships: Relationships,
    cast: Cast,
    totals: ProfileTotals,
    web: Web,
) -> None:
    amina, far = await cast.local("amina"), await cast.remote("far")
    web.told = {far.followers_uri: 120, far.following_uri: 7}
    await totals.ask(job(far.id))
    assert await shown(database, accounts, far.id) == (120, 7)
    await database.write(accounts.count_follows, [far.id], followers=1)
    assert await shown(database, accounts, far.id) == (121, 7)
    await totals.ask(job(amina.id))  # we are the authority for our own
    assert await shown(database, accounts, amina.id) == (0, 0)


@pytest.mark.parametrize("nonsense", [-1, 2**60, True, "12", None, 1.5, [3]])
async def test_nonsense_changes_nothing(
    database: Database,
    accounts: Accounts,
    cast: Cast,
    totals: ProfileTotals,
    web: Web,
    nonsense: object,
) -> None:
    far = await cast.remote("far")
    web.told = {far.followers_uri: 5, far.following_uri: 6}
    await totals.ask(job(far.id))
    web.told = {far.followers_uri: nonsense, far.following_uri: 8}
    await totals.ask(job(far.id))
    assert await shown(database, accounts, far.id) == (5, 8)


async def test_failures_are_tried_again_unless_the_site_does_not_tell(
    database: Database, accounts: Accounts, cast: Cast, totals: ProfileTotals, web: Web
) -> None:
    far = await cast.remote("far")
    before = await shown(database, accounts, far.id)
    web.failure = FetchFailed("away", "Away", "", temporary=True)
    with pytest.raises(FetchFailed):
        await totals.ask(job(far.id))
    web.failure = FetchFailed("refused", "Refused", "")
    await totals.ask(job(far.id))
    assert await shown(database, accounts, far.id) == before


async def test_it_is_asked_now_and_then(
    totals: ProfileTotals, queue: FakeQueue, cast: Cast, clock: ManualClock
) -> None:
    far = await cast.remote("far")

    async def planned() -> int:
        for _ in range(20):
            await asyncio.sleep(0.01)
        queue.keys.clear()  # as if the job had been done
        return len(queue.jobs)

    totals.opened(far.id)
    totals.opened(far.id)
    assert await planned() == 1
    clock.advance(OPENED_AGAIN - MINUTE)
    totals.opened(far.id)
    assert await planned() == 1
    clock.advance(MINUTE)
    totals.opened(far.id)
    assert await planned() == 2
