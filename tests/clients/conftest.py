"""Apps with real sites, which are started once per test process on each kind of database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.stage import Stage, open_stage
from tests.sites.conftest import no_crashes, postgres, pytest_runtest_makereport

__all__ = ["no_crashes", "postgres", "pytest_runtest_makereport"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs processes and sockets: it belongs to the suite ``sites``."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.sites)


@pytest.fixture(scope="session")
def stage(postgres: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with open_stage(tmp_path_factory.mktemp("clients"), postgres) as opened:
        yield opened
