"""The inbox, and somebody whom it knows."""

from __future__ import annotations

import pytest

from fedrse.store.database import Database
from tests.activitypub.inbox.desk import Desk
from tests.activitypub.runtime_kit import RemoteActor


@pytest.fixture
def desk(site_database: Database) -> Desk:
    return Desk(site_database)


@pytest.fixture
def amina(desk: Desk) -> RemoteActor:
    actor = RemoteActor()
    desk.directory.know(actor)
    return actor
