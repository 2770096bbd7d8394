"""Search over a world of posts."""

from __future__ import annotations

import pytest
from sqlalchemy import BigInteger, bindparam

from fedrse.core.clock import ManualClock
from fedrse.core.ids import IdMaker
from fedrse.features.accounts.service import Accounts
from fedrse.features.posts.service import visible_to
from fedrse.features.search.service import Search
from fedrse.jobs.queue import Queue
from fedrse.store.database import Transaction
from fedrse.store.events import Events
from tests.features.timelines.histories import World


async def paris(_tx: Transaction, _account_id: int) -> str:
    return "Europe/Paris"


@pytest.fixture
def search(clock: ManualClock, ids: IdMaker, events: Events, accounts: Accounts) -> Search:
    return Search(
        clock=clock,
        jobs=Queue(clock=clock, ids=ids),
        events=events,
        visible=visible_to(bindparam("viewer", type_=BigInteger)),
        people=accounts,
        zone=paris,
    )


@pytest.fixture
def world(clock: ManualClock, ids: IdMaker, events: Events, search: Search) -> World:
    del search  # subscribed
    return World(clock, ids, events)
