"""Every page of the application: axe-core finds nothing, nothing is too wide, a picture of each.

Each page is opened once per language; window and colours change while it stays open.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import pytest

from tests.browser.axe import photograph, show, too_wide, violations
from tests.browser.chromium import Chromium, Look, Tab, visitor
from tests.browser.conftest import Scene
from tests.browser.pages import Pages, Pattern, found, patterns
from tests.browser.test_pages import sign_in

WIDE, NARROW, NARROWEST = 1280, 390, 320
THOROUGH = bool(os.environ.get("FEDRSE_SOAK"))
Faults = list[str]


@pytest.fixture(scope="session")
def every_pattern(tmp_path_factory: pytest.TempPathFactory) -> list[Pattern]:
    return patterns(tmp_path_factory.mktemp("routes") / "lyon")


@pytest.fixture(scope="session")
def full(scene: Scene) -> Scene:
    """Something of every kind that somebody can have, so that every page has something to show."""
    author, other, stranger = scene.site.newcomers(3)
    for reader in scene.readers.values():
        reader.follow(author)
        made = reader.post("/api/v1/lists", title="Everybody on the quay")
        reader.post(f"/api/v1/lists/{made['id']}/accounts", account_ids=[author.id])
        own = reader.write("Mine, with #quai and a question", language="en")
        reader.call("PUT", f"/api/v1/statuses/{own['id']}", {"status": "Mine, changed, #quai"})
        written = author.write(f"@{reader.username} have a look at #quai")
        reader.on(written, "bookmark")
        reader.on(written, "favourite")
        other.on(own, "favourite")
        other.write(f"@{reader.username} Between us", visibility="direct")
        reader.post(
            "/api/v2/filters",
            title="Football",
            context=["home"],
            keywords_attributes=[{"keyword": "football", "whole_word": True}],
        )
        reader.call("PUT", "/api/v2/notifications/policy", {"for_not_following": "filter"})
        stranger.write(f"@{reader.username} Do you know me?")
        reader.post(f"/api/v1/accounts/{other.id}/mute")
    rule = ("policy", "add", "limit", "--host", "loud.example", "--reason", "Loud")
    fedrse = [sys.executable, "-m", "fedrse", "--config", str(scene.site.configuration)]
    subprocess.run([*fedrse, *rule], check=True, capture_output=True)
    return scene


async def look_at(tab: Tab, look: Look, name: str) -> list[str]:
    """One page, held against all rules as ``look`` says, and a picture of it.

    The other language has the other window and the other colours; ``make soak`` has them all.
    """
    wrong = []
    others = [(width, scheme) for width in (WIDE, NARROW) for scheme in ("light", "dark")]
    for width, scheme in others if THOROUGH else [(look.width, look.scheme)]:
        await show(tab, width, scheme)
        wrong += [f"{width} {scheme}: {one}" for one in await violations(tab)]
        await photograph(tab, Look(width, scheme, look.language), name)
    for width, zoom in ((NARROWEST, 1.0), (WIDE, 2.0)):
        await show(tab, width, "light", zoom=zoom)
        wide = await too_wide(tab)
        if wide:
            wrong.append(f"{width} at {zoom:.0%}: wider than the window: {wide}")
    await show(tab, look.width, look.scheme)
    return wrong


async def _walk(tab: Tab, scene: Scene, look: Look, pages: Pages, prefix: str) -> Faults:
    wrong = []
    for name, address in pages.addresses.items():
        await tab.open(scene.address(address))
        faults = await look_at(tab, look, prefix + name)
        if await tab.ask("document.documentElement.lang") != look.language:
            faults.append("another language")
        wrong += [f"{prefix}{name}: {one}" for one in faults]
    return wrong


@pytest.mark.parametrize("look", [Look(WIDE, "light", "en"), Look(NARROW, "dark", "fr")], ids=str)
async def test_every_page_is_accessible(
    chromium: Chromium, full: Scene, every_pattern: list[Pattern], look: Look
) -> None:
    """Visitors and people who are signed in look at the same time, to use both cores."""
    reader = full.readers[look.language]
    # Pages of the console are for those who run the site.
    full.site.execute(f"UPDATE login SET role = 'owner' WHERE account_id = {reader.id}")
    async with visitor(chromium, look) as outside, visitor(chromium, look) as inside:
        await outside.open(full.address("/about"))
        open_to_all = [one for one in every_pattern if one.open]
        shown = await found(outside, open_to_all, full, reader, refusals=True)
        await sign_in(inside, full, reader)
        pages = await found(inside, every_pattern, full, reader)
        missing = set(pages.unknown) & {one.path for one in every_pattern if not one.open}
        assert missing == set(), "no page was found for these routes"
        results = await asyncio.gather(
            _walk(outside, full, look, shown, "visitor-"), _walk(inside, full, look, pages, "")
        )
    wrong = results[0] + results[1]
    assert not wrong, "\n".join(wrong)
