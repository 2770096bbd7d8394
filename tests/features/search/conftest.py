"""Search over a world of posts."""

from __future__ import annotations

import pytest
from sqlalchemy import BigInteger, bindparam

from fedrse.core.clock import ManualClock
from fedrse.core.ids import IdMaker
from fedrse.features.posts.service import visible_to
from fedrse.features.search.service import Search
from fedrse.jobs.queue import Queue
from fedrse.store.events import Events
from tests.features.timelines.histories import World


@pytest.fixture
def search(clock: ManualClock, ids: IdMaker, events: Events) -> Search:
    return Search(
        clock=clock,
        jobs=Queue(clock=clock, ids=ids),
        events=events,
        visible=visible_to(bindparam("viewer", type_=BigInteger)),
    )


@pytest.fixture
def world(clock: ManualClock, ids: IdMaker, events: Events, search: Search) -> World:
    del search  # subscribed
    return World(clock, ids, events)
