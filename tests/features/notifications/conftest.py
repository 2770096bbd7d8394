"""A world with notifications that listen to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from fedrse.core.clock import ManualClock
from fedrse.core.ids import IdMaker
from fedrse.core.paging import Page
from fedrse.features.notifications.model import Notification
from fedrse.features.notifications.service import Notifications
from fedrse.store.database import Transaction
from fedrse.store.events import Events
from tests.features.timelines.histories import World

Told = Callable[[Transaction, int], Awaitable[list[tuple[str, int, int | None]]]]


@pytest.fixture
def notifications(clock: ManualClock, ids: IdMaker, events: Events) -> Notifications:
    return Notifications(clock=clock, ids=ids, events=events)


@pytest.fixture
def world(clock: ManualClock, ids: IdMaker, events: Events, notifications: Notifications) -> World:
    del notifications  # subscribed
    return World(clock, ids, events)


@pytest.fixture
def told(notifications: Notifications) -> Told:
    """What somebody was told, oldest first: kind, by whom, about which post."""

    async def look(tx: Transaction, person: int) -> list[tuple[str, int, int | None]]:
        found: list[Notification] = await notifications.listing(tx, person, Page(limit=80))
        return [(one.kind, one.from_id, one.post_id) for one in reversed(found)]

    return look
