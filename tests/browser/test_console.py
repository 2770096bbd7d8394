"""The console in a real browser: every section, with keyboard and telephone, in both languages."""

from __future__ import annotations

import itertools

import pytest

from tests.browser.chromium import Chromium, Look, Tab, visitor
from tests.browser.conftest import Scene
from tests.browser.test_pages import faults, sign_in, walk

LOOKS = [
    Look(width, scheme, language)
    for (width, language), scheme in zip(
        itertools.product((390, 1280), ("en", "fr")),
        ("dark", "light", "light", "dark"),
        strict=True,
    )
]
SECTIONS = ("overview", "announcements", "peers", "queue", "audit", "settings")
WHOLE = {"en": "The log is whole", "fr": "Le journal est intact"}
TEXT = "document.querySelector('main').innerText"


async def press(tab: Tab, selector: str) -> None:
    """Goes on by keyboard, as people do."""
    await tab.ask(f"document.querySelector('{selector}').focus()")
    async with tab.loading():
        await tab.press("Enter")


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_an_owner_walks_through_the_console(
    chromium: Chromium, scene: Scene, look: Look
) -> None:
    boss, site = scene.readers[look.language], scene.site
    site.execute(f"UPDATE login SET role = 'owner' WHERE account_id = {boss.id}")
    host = site.value("SELECT host FROM site ORDER BY host LIMIT 1")
    wrong = {}
    async with visitor(chromium, look) as tab:
        await sign_in(tab, scene, boss)
        await tab.open(scene.address("/admin"))
        assert await tab.ask("location.pathname") == "/admin/overview"
        for section in SECTIONS:
            await tab.open(scene.address(f"/admin/{section}"))
            wrong[section] = await faults(tab, look)
            current = "document.querySelector('[aria-current=page]').getAttribute('href')"
            assert await tab.ask(current) == f"/admin/{section}"
        wrong["keys"] = await walk(tab)
        await tab.open(scene.address(f"/admin/peers/{host}"))
        wrong["peer"] = await faults(tab, look)
        assert host in await tab.ask(TEXT)
        await tab.open(scene.address("/admin/audit"))
        await press(tab, "form[action$=verify] button")
        assert WHOLE[look.language] in await tab.ask(TEXT)
        wrong["verified"] = await faults(tab, look)
        await press(tab, ".console-row a")
        wrong["entry"] = await faults(tab, look)
    site.execute(f"UPDATE login SET role = 'member' WHERE account_id = {boss.id}")
    assert {name: found for name, found in wrong.items() if found} == {}


async def test_the_menu_opens_without_script_on_a_telephone(
    chromium: Chromium, scene: Scene
) -> None:
    boss = scene.readers["en"]
    scene.site.execute(f"UPDATE login SET role = 'auditor' WHERE account_id = {boss.id}")
    async with visitor(chromium, Look(390, scripts=False)) as tab:
        await sign_in(tab, scene, boss)
        await tab.open(scene.address("/admin"))
        assert await tab.ask("location.pathname") == "/admin/audit", "the only section"
        menu = "document.querySelector('.console-menu')"
        assert await tab.ask(f"{menu}.open") is False
        await tab.ask(f"{menu}.querySelector('summary').focus()")
        await tab.press("Enter")
        assert await tab.ask(f"{menu}.open") is True
        links = f"[...{menu}.querySelectorAll('a')].map((one) => one.getAttribute('href'))"
        assert await tab.ask(links) == ["/admin/audit", "/"]
    scene.site.execute(f"UPDATE login SET role = 'member' WHERE account_id = {boss.id}")
