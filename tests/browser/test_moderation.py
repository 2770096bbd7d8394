"""Moderation in a real browser: from the queue to the decision, and to the appeal against it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.browser.axe import too_wide, violations
from tests.browser.chromium import FLOWS, Chromium, Look, Tab, visitor
from tests.browser.conftest import Scene
from tests.browser.test_console import press
from tests.browser.test_pages import faults, sign_in, walk

TEXT = "document.querySelector('main').innerText"


async def look_at(tab: Tab, look: Look) -> list[str]:
    """What is wrong with the page that is open."""
    return [*await faults(tab, look), *await violations(tab), *filter(None, [await too_wide(tab)])]


async def typed(tab: Tab, name: str, text: str) -> None:
    await tab.ask(f"document.querySelector('[name={name}]').focus()")
    await tab.ask(f"document.querySelector('[name={name}]').value = ''")
    await tab.type(text)


async def reported(scene: Scene) -> tuple[Any, Any, str]:
    """Somebody who wrote something, whoever reported it, and the report."""

    def made() -> tuple[Any, Any, str]:
        rude, witness = scene.site.newcomers(2)
        post = rude.write("You are all fools", visibility="public")
        report = witness.post(
            "/api/v1/reports", account_id=rude.id, status_ids=[post["id"]], comment="Rude"
        )
        return rude, witness, str(report["id"])

    return await asyncio.to_thread(made)


@pytest.mark.parametrize("look", FLOWS, ids=str)
async def test_a_report_is_decided_and_appealed(
    chromium: Chromium, scene: Scene, look: Look
) -> None:
    boss, site = scene.readers[look.language], scene.site
    rude, _, report = await reported(scene)
    site.execute(f"UPDATE login SET role = 'owner' WHERE account_id = {boss.id}")
    site.execute(f"UPDATE login SET locale = '{look.language}' WHERE account_id = {rude.id}")
    wrong = {}
    async with visitor(chromium, look) as tab:
        await sign_in(tab, scene, boss)
        for name in ("reports", "reports/appeals", "reports/templates", "accounts"):
            await tab.open(scene.address(f"/admin/{name}"))
            wrong[name] = await look_at(tab, look)
        await tab.open(scene.address("/admin/accounts/invitations"))
        wrong["invitations"] = await look_at(tab, look)
        await tab.open(scene.address(f"/admin/reports/{report}"))
        wrong["report"] = await look_at(tab, look)
        assert "You are all fools" in await tab.ask(TEXT)
        wrong["keys"] = await walk(tab)
        await press(tab, "form[action$=take] button")
        await press(tab, 'a[href*="action=disable"]')
        wrong["form"] = await look_at(tab, look)
        await typed(tab, "text", "A pause")
        await press(tab, "form.form .button-row button")
        assert await tab.ask("location.pathname") == f"/admin/reports/{report}"
        assert "A pause" in await tab.ask(TEXT)
        wrong["decided"] = await look_at(tab, look)
        await tab.open(scene.address(f"/admin/accounts/{rude.id}"))
        wrong["account"] = await look_at(tab, look)
    async with visitor(chromium, look) as tab:
        await sign_in(tab, scene, rude)
        await tab.open(scene.address("/decisions"))
        wrong["decisions"] = await look_at(tab, look)
        await press(tab, 'a[href^="/decisions/"]')
        assert "A pause" in await tab.ask(TEXT)
        await typed(tab, "text", "It was a joke")
        wrong["appeal"] = await look_at(tab, look)
        await press(tab, "form[action$=appeal] button")
        assert "It was a joke" in await tab.ask(TEXT)
        wrong["appealed"] = await look_at(tab, look)
    async with visitor(chromium, look) as tab:
        await sign_in(tab, scene, boss)
        await tab.open(scene.address("/admin/reports/appeals"))
        assert "It was a joke" in await tab.ask(TEXT)
        wrong["appeals"] = await look_at(tab, look)
    site.execute(f"UPDATE login SET role = 'member' WHERE account_id = {boss.id}")
    assert {name: found for name, found in wrong.items() if found} == {}
