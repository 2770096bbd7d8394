"""Rules about other sites in a real browser: what they cost, where they are wrong."""

from __future__ import annotations

import pytest

from tests.browser.axe import violations
from tests.browser.chromium import Chromium, Look, Tab, visitor
from tests.browser.conftest import Scene
from tests.browser.test_pages import faults, sign_in

LOOKS = [Look(390, "dark", "en"), Look(1280, "light", "fr")]
CONCERNS = {"en": "This concerns people here", "fr": "Des personnes d’ici sont concernées"}
WRONG = {"en": "Line 2: 'effct' is not known", "fr": "n’est pas connu"}
TEXT = "document.querySelector('main').innerText"
FORM = "document.querySelector('main form.card[method=post]')"


async def sent(tab: Tab) -> str:
    """Sends the form of the page by keyboard, and reads what comes."""
    await tab.ask(f"{FORM}.querySelector('.actions button').focus()")
    async with tab.loading():
        await tab.press("Enter")
    text: str = await tab.ask(TEXT)
    return text


async def fill(tab: Tab, **fields: str) -> None:
    for name, value in fields.items():
        await tab.ask(f"document.querySelector('#{name}').value = {value!r}")


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_an_owner_makes_rules(chromium: Chromium, scene: Scene, look: Look) -> None:
    boss, site = scene.readers[look.language], scene.site
    boss.follow(scene.author)
    site.execute(f"UPDATE login SET role = 'owner' WHERE account_id = {boss.id}")
    host, before = f"{look.language}.spam.example", site.value("SELECT count(*) FROM policy_rule")
    wrong = {}
    async with visitor(chromium, look) as tab:
        await sign_in(tab, scene, boss)
        await tab.open(scene.address(f"/admin/policy/new?host={scene.author.site.peer}"))
        wrong["new"] = await faults(tab, look) + await violations(tab)
        assert CONCERNS[look.language] in await sent(tab)
        wrong["cost"] = await faults(tab, look) + await violations(tab)
        assert site.value("SELECT count(*) FROM policy_rule") == before, "nobody agreed"
        # What was typed is still there; for another site nobody has to be asked.
        await fill(tab, hosts=host, state="shadow", reason="Adverts")
        assert host in await sent(tab)
        assert await tab.ask("location.pathname") == "/admin/policy"
        assert site.value("SELECT count(*) FROM policy_rule") == before + 1
        for page in ("", "/versions", "/lists", "/file"):
            await tab.open(scene.address(f"/admin/policy{page}"))
            wrong[page] = await faults(tab, look) + await violations(tab)
        await fill(tab, text="[[rule]]\neffct = 1\n")
        assert WRONG[look.language] in await sent(tab)
        tab.problems.clear()  # the answer is 422
        wrong["text"] = await violations(tab)
        number = site.value("SELECT max(id) FROM policy_rule")
        await tab.open(scene.address(f"/admin/policy/rules/{number}"))
        wrong["rule"] = await faults(tab, look) + await violations(tab)
    site.execute(f"UPDATE login SET role = 'member' WHERE account_id = {boss.id}")
    assert {name: found for name, found in wrong.items() if found} == {}
