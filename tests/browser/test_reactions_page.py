"""Reactions in a real browser, on posts of another site: in place, without script, who reacted."""

from __future__ import annotations

import itertools

import pytest

from tests.browser.chromium import Chromium, Look, visitor
from tests.browser.conftest import Scene
from tests.browser.test_in_place import becomes
from tests.browser.test_pages import faults, sign_in, walk
from tests.sites.waiting import until

WORDS = {
    "en": ("Thanks", "Who reacted to this post"),
    "fr": ("Merci", "Qui a réagi à cette publication"),
}
LOOKS = [
    Look(width, scheme, language)
    for (width, language), scheme in zip(
        itertools.product((390, 1280), ("en", "fr")),
        ("dark", "light", "light", "dark"),
        strict=True,
    )
]


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_reacting_in_place_arrives_at_the_author(
    chromium: Chromium, scene: Scene, look: Look
) -> None:
    reader, author = scene.readers[look.language], scene.author
    thanks, who = WORDS[look.language]
    written = author.write(f"Done at last {look}")
    here = reader.arrived(written["uri"])
    card = f"document.querySelector('[data-key=\"{here['id']}\"]')"
    async with visitor(chromium, look) as tab:
        await sign_in(tab, scene, reader)
        await tab.ask("window.same = true")
        await tab.ask(f"{card}.querySelector('.menu-react summary').focus()")
        await tab.press("Enter")
        await tab.press("ArrowDown")
        assert await tab.ask("document.activeElement.innerText.trim()") == thanks
        wrong = {"menu": await faults(tab, look)}
        await tab.press("Enter")
        await becomes(tab, f"{card}.querySelector('.reaction-thanks')?.ariaPressed", "true")
        assert await tab.ask("document.activeElement.localName") == "summary", "focus is not lost"
        wrong["pill"] = await faults(tab, look)

        def told() -> list[tuple[str, int]]:
            status = author.status(written["id"])
            return [(one["name"], one["count"]) for one in status["reactions"]]

        until(lambda: told() == [("thanks", 1)], told)
        assert author.status(written["id"])["favourites_count"] == 1
        await tab.ask(f"{card}.querySelector('.reaction-thanks').focus()")
        await tab.press("Enter")
        await becomes(tab, f"{card}.querySelector('.reaction-thanks')", None)
        until(lambda: told() == [], told)
        assert await tab.ask("window.same")
        author.call("POST", f"/api/v1/statuses/{written['id']}/react/seen")
        reader.call("POST", f"/api/v1/statuses/{here['id']}/react/agree")
        await tab.open(scene.address(f"/posts/{here['id']}/likes"))
        assert who in await tab.ask("document.querySelector('h1').innerText")
        wrong["who"] = await faults(tab, look)
        wrong["keys"] = await walk(tab)
    assert {name: found for name, found in wrong.items() if found} == {}


async def test_without_script(chromium: Chromium, scene: Scene) -> None:
    reader = scene.readers["en"]
    written = reader.write("By hand")
    async with visitor(chromium, Look(390, scripts=False)) as tab:
        await sign_in(tab, scene, reader)
        await tab.open(scene.address(f"/@{reader.username}/{written['id']}"))
        for verb, number in (("react", 1), ("unreact", 0)):
            button = f'.menu [formaction="/posts/{written["id"]}/{verb}/question"]'
            async with tab.loading():
                await tab.ask(f"document.querySelector('{button}').click()")
            assert await tab.ask("location.pathname") == f"/@{reader.username}/{written['id']}"
            pills = await tab.ask("document.querySelectorAll('main .reaction-question').length")
            assert pills == number
