"""Rules are rehearsed in a real browser: the bar, what was found, putting in force, discarding."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from tests.browser.axe import photograph, violations
from tests.browser.chromium import Chromium, Look, Tab, visitor
from tests.browser.conftest import Scene
from tests.browser.proposals import HOST, NUMBER, rehearsed
from tests.browser.test_pages import faults, sign_in

LOOKS = [Look(390, "dark", "fr"), Look(1280, "light", "en")]
TEXT = "document.querySelector('main').innerText"
FOUND = {
    "en": ("What would be changed", "Put in force", "Rehearsal: New rule"),
    "fr": ("Ce qui serait modifié", "Mettre en vigueur", "Simulation\u00a0: Nouvelle règle"),
}
OVER = "document.querySelector('form[action$=\\'/activate\\']') !== null"


async def press(tab: Tab, button: str) -> None:
    """Presses a button by keyboard, and waits for the page that comes."""
    await tab.ask(f"document.querySelector({button!r}).focus()")
    async with tab.loading():
        await tab.press("Enter")


async def over(tab: Tab) -> None:
    """Waits until the rehearsal has ended and its page shows what was found."""
    for _ in range(600):
        with suppress(Exception):  # while the page loads anew
            if await tab.ask(OVER):
                return
        await asyncio.sleep(0.1)
    raise AssertionError("the rehearsal does not end")


async def fill(tab: Tab, **fields: str) -> None:
    for name, value in fields.items():
        await tab.ask(f"document.querySelector('#{name}').value = {value!r}")


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_an_owner_rehearses_rules(chromium: Chromium, scene: Scene, look: Look) -> None:
    boss, site = scene.readers[look.language], scene.site
    boss.follow(scene.author)
    site.execute(f"UPDATE login SET role = 'owner' WHERE account_id = {boss.id}")
    before = site.value("SELECT count(*) FROM policy_rule")
    proposals = site.value("SELECT count(*) FROM policy_proposal")
    wrong = {}
    async with visitor(chromium, look) as tab:
        await sign_in(tab, scene, boss)
        await tab.open(scene.address(f"/admin/policy/new?host={scene.author.site.peer}"))
        await press(tab, "main form [name=rehearse]")
        # The script of the page looks again until it is over.
        await over(tab)
        text: str = await tab.ask(TEXT)
        for words in FOUND[look.language]:
            assert words in text
        assert scene.author.site.peer in text
        wrong["found"] = await faults(tab, look) + await violations(tab)
        await photograph(tab, look, "rehearsal-of-a-rule")
        assert site.value("SELECT count(*) FROM policy_rule") == before, "nothing is changed"
        await press(tab, "main form[action$='/discard'] button")
        assert await tab.ask("location.pathname") == "/admin/policy/rehearsals"
        wrong["list"] = await faults(tab, look) + await violations(tab)
        assert site.value("SELECT count(*) FROM policy_proposal") == proposals
        # A draft for a site that nobody knows: rehearsed from its own page, and put in force.
        await tab.open(scene.address("/admin/policy/new"))
        await fill(tab, hosts=f"{look.language}.draft.example", state="draft", reason="Adverts")
        await press(tab, "main form.card[method=post] .actions button")
        await tab.open(scene.address("/admin/policy/drafts"))
        wrong["drafts"] = await faults(tab, look) + await violations(tab)
        await photograph(tab, look, "drafts-to-be-rehearsed")
        await tab.ask("document.querySelector('main [name=rule]').click()")
        await press(tab, "main [name=do][value=rehearse]")
        await over(tab)
        await press(tab, "main form[action$='/activate'] button")
        assert await tab.ask("location.pathname") == "/admin/policy"
    number = site.value("SELECT max(id) FROM policy_rule")
    assert site.value(f"SELECT state FROM policy_rule WHERE id = {number}") == "active"
    site.execute(f"UPDATE login SET role = 'member' WHERE account_id = {boss.id}")
    assert {name: found for name, found in wrong.items() if found} == {}


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_a_rehearsal_that_found_everything(
    chromium: Chromium, scene: Scene, look: Look
) -> None:
    boss, site = scene.readers[look.language], scene.site
    site.execute(f"UPDATE login SET role = 'owner' WHERE account_id = {boss.id}")
    async with visitor(chromium, look) as tab:
        await sign_in(tab, scene, boss)
        await tab.open(scene.address(f"/admin/policy/rehearsals/{rehearsed(scene)}"))
        text: str = await tab.ask(TEXT)
        wrong = await faults(tab, look) + await violations(tab)
    site.execute(f"UPDATE login SET role = 'member' WHERE account_id = {boss.id}")
    site.execute(f"DELETE FROM policy_proposal WHERE id = {NUMBER}")
    assert HOST in text
    assert "@amina" in text
    assert wrong == []
