"""Readiness of a whole site."""

from __future__ import annotations

from fedrse.app.build import open_site
from tests.app.conftest import CommandSite


async def test_a_site_is_ready_while_its_database_answers(site: CommandSite) -> None:
    async with open_site(site.settings) as opened:
        assert await opened.health.failing() == []
        await opened.ground.database.close()
        assert await opened.health.failing() == ["database"]
