"""What tests of jobs share."""

from __future__ import annotations

import pytest

from fedrse.store.database import Database
from tests.jobs.bench import Bench


@pytest.fixture
def bench(site_database: Database) -> Bench:
    return Bench(site_database)
