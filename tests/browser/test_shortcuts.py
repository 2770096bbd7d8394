"""Single keys: from post to post, to pages, and off; and an answer below its post."""

from __future__ import annotations

import asyncio

import pytest

from tests.browser.axe import violations
from tests.browser.chromium import Chromium, Look, Tab, visitor
from tests.browser.conftest import Scene
from tests.browser.test_in_place import becomes
from tests.browser.test_pages import faults, sign_in
from tests.browser.test_polls_page import people
from tests.sites.person import Person
from tests.sites.waiting import until

__all__ = ["people"]

LOOKS = [Look(1280, "dark", "en"), Look(390, "light", "fr")]
AT = "document.activeElement"
PLACE = f"[...document.querySelectorAll('main .post')].indexOf({AT}.closest('.post'))"
FIELD = "document.querySelector('.answer textarea')"
CTRL_ENTER = "new KeyboardEvent('keydown', {key: 'Enter', ctrlKey: true, bubbles: true})"


async def press(tab: Tab, one: str) -> None:
    """A key that writes a character."""
    await tab.call("Input.dispatchKeyEvent", type="keyDown", key=one, text=one)
    await tab.call("Input.dispatchKeyEvent", type="keyUp", key=one)


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_keys_move_act_and_are_switched_off(
    scene: Scene, chromium: Chromium, people: list[Person], look: Look
) -> None:
    author, reader = people[0], scene.readers[look.language]
    post = author.write("Read me with keys")
    author.write("The newer one")
    async with visitor(chromium, look) as tab:
        await sign_in(tab, scene, reader)
        await tab.open(scene.address("/site"))
        for key, place in (("j", 0), ("j", 1), ("k", 0)):
            await press(tab, key)
            await becomes(tab, PLACE, place)
        await tab.open(scene.address(f"/@{author.username}/{post['id']}"))
        await press(tab, "l")
        liked = f"/api/v1/statuses/{post['id']}/favourited_by"
        until(lambda: [one["id"] for one in author.get(liked)] == [reader.id])
        await tab.ask(f"{FIELD}.focus()")
        await press(tab, "l")
        await becomes(tab, f"{FIELD}.value.endsWith('l')", True)
        await tab.ask(f"{AT}.blur()")
        async with tab.loading():
            await press(tab, "?")
        assert await tab.ask("location.pathname") == "/shortcuts"
        wrong = await faults(tab, look) + await violations(tab)
        await becomes(tab, "document.querySelector('form[data-keys]').hidden", False)
        await tab.ask("document.querySelector('#keys').click()")
        await tab.ask(f"{AT}.blur()")
        await press(tab, "n")
        await asyncio.sleep(0.3)
        assert await tab.ask("location.pathname") == "/shortcuts", "they are switched off"
        await tab.ask("document.querySelector('#keys').click()")
        async with tab.loading():
            await press(tab, "g")
            await press(tab, "h")
        assert await tab.ask("location.pathname") == "/"
    assert wrong == []


@pytest.mark.parametrize("look", [Look(1280, "dark"), Look(390)], ids=str)
async def test_an_answer_below_its_post(
    scene: Scene, chromium: Chromium, people: list[Person], look: Look
) -> None:
    author, reader = people
    post = author.write("Who knows?")
    place = f"/@{author.username}/{post['id']}"
    async with visitor(chromium, look) as tab:
        await sign_in(tab, scene, reader)
        await tab.open(scene.address(place))
        await tab.ask(f"{FIELD}.focus()")
        await becomes(tab, "document.querySelector('#suggestions') !== null", True)
        wrong = await faults(tab, look) + await violations(tab)
        await tab.type("I do, with keys")
        typed = f"@{author.username} I do, with keys"
        async with tab.loading():
            await tab.ask(f"{FIELD}.dispatchEvent({CTRL_ENTER})")
        assert await tab.ask("location.pathname") == place, "back where it was asked"
        await becomes(tab, "document.querySelector('.toasts .held button') !== null", True)
        context = f"/api/v1/statuses/{post['id']}/context"
        assert author.get(context)["descendants"] == [], "it can be taken back"
        await tab.ask("document.querySelector('.toasts .held button').click()")
        await becomes(tab, "document.querySelector('#text')?.value", typed)
    assert wrong == []
