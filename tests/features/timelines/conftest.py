"""A world with timelines that listen to it."""

from __future__ import annotations

import pytest

from fedrse.core.clock import ManualClock
from fedrse.core.ids import IdMaker
from fedrse.features.timelines.service import Timelines
from fedrse.store.events import Events
from tests.features.timelines.histories import World


@pytest.fixture
def timelines(ids: IdMaker, events: Events) -> Timelines:
    return Timelines(ids=ids, events=events, pull_from=2)


@pytest.fixture
def world(clock: ManualClock, ids: IdMaker, events: Events, timelines: Timelines) -> World:
    del timelines  # subscribed
    return World(clock, ids, events)
