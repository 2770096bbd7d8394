"""Name and look of the site, tried in the console of a real browser: previews while typing."""

from __future__ import annotations

import pytest

from tests.browser.chromium import Chromium, Look, visitor
from tests.browser.conftest import Scene
from tests.browser.test_announcements_page import LOOKS
from tests.browser.test_in_place import becomes
from tests.browser.test_pages import faults, sign_in, walk

PATH = "/admin/settings/identity"
NAME = "Donaudampfschifffahrtsgesellschaftskapitänskajütentürschlüssel"
BUTTON = (
    "getComputedStyle(document.querySelector"
    "('[data-preview=light] .button-primary')).backgroundColor"
)
LINES = "document.querySelector('.identity-lines').innerText"


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_what_is_typed_is_seen_at_once(chromium: Chromium, scene: Scene, look: Look) -> None:
    boss = scene.readers[look.language]
    scene.site.execute(f"UPDATE login SET role = 'admin' WHERE account_id = {boss.id}")
    wrong = {}
    async with visitor(chromium, look) as tab:
        await sign_in(tab, scene, boss)
        await tab.open(scene.address(PATH))
        wrong["page"] = await faults(tab, look)
        wrong["keys"] = await walk(tab)
        for field, typed in (("name", NAME), ("accent_colour", "#7a1fa2"), ("welcome", NAME)):
            await tab.ask(f"document.querySelector('#{field}').select()")
            await tab.type(typed)
        await becomes(tab, BUTTON, "rgb(122, 31, 162)")
        await becomes(tab, f"{LINES}.includes('accent_colour = \"#7a1fa2\"')", True)
        await becomes(tab, f"{LINES}.includes('welcome = \"{NAME}')", True)
        wrong["tried"] = await faults(tab, look)
        await tab.ask("document.querySelector('#accent_colour').select()")
        await tab.type("#ffee00")
        refused = {"en": "is too pale for text", "fr": "est trop pâle pour du texte"}
        said = "document.querySelector('[data-part=found]').innerText"
        await becomes(tab, f"{said}.includes('{refused[look.language]}')", True)
        assert not await tab.ask(f"{LINES}.includes('#ffee00')")
        wrong["refused"] = await faults(tab, look)
        await tab.open(scene.address("/admin/settings"))
        assert await tab.ask(f"document.querySelector('main a[href=\"{PATH}\"]') !== null")
    scene.site.execute(f"UPDATE login SET role = 'member' WHERE account_id = {boss.id}")
    assert {name: found for name, found in wrong.items() if found} == {}


async def test_without_script(chromium: Chromium, scene: Scene) -> None:
    boss = scene.readers["en"]
    scene.site.execute(f"UPDATE login SET role = 'admin' WHERE account_id = {boss.id}")
    async with visitor(chromium, Look(390, scripts=False)) as tab:
        await sign_in(tab, scene, boss)
        await tab.open(scene.address(PATH))
        await tab.ask("document.querySelector('#accent_colour').value = '#7a1fa2'")
        async with tab.loading():
            await tab.ask("document.querySelector('form[data-find] button').click()")
        assert await tab.ask(BUTTON) == "rgb(122, 31, 162)"
        assert 'accent_colour = "#7a1fa2"' in await tab.ask(LINES)
    scene.site.execute(f"UPDATE login SET role = 'member' WHERE account_id = {boss.id}")
