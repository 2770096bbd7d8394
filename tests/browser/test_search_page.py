"""Search in a real browser: from anywhere, by keyboard, of another site, with what can be asked."""

from __future__ import annotations

import itertools

import pytest

from tests.browser.chromium import Chromium, Look, Tab, visitor
from tests.browser.conftest import Scene
from tests.browser.test_in_place import becomes
from tests.browser.test_notifications_page import newcomers, press
from tests.browser.test_pages import faults, sign_in, walk
from tests.sites.waiting import until

FOUND = "document.querySelector('main').innerText"
LOOKS = [
    Look(width, scheme, language)
    for (width, language), scheme in zip(
        itertools.product((390, 1280), ("en", "fr")),
        ("dark", "light", "light", "dark"),
        strict=True,
    )
]


async def ask_for(tab: Tab, words: str) -> None:
    """Types into the field that has the focus and sends it."""
    await tab.type(words)
    async with tab.loading():
        await tab.press("Enter")
    assert await tab.ask("location.pathname") == "/search"


@pytest.mark.parametrize(
    "look",
    [
        Look(390),
        Look(390, language="fr"),
        Look(1280, language="fr"),
        Look(1280, scripts=False),
    ],
    ids=str,
)
async def test_search_from_anywhere(chromium: Chromium, scene: Scene, look: Look) -> None:
    """From the header or the menu to a post, its tag and its author, and to somebody elsewhere."""
    reader = scene.readers[look.language]
    word = f"xylophone{look.width}{look.language}"
    reader.write(f"A {word} for the harbour #music{word}")
    until(
        lambda: reader.get("/api/v2/search", q=word, type="statuses")["statuses"],
        f"{word} is indexed",
    )
    async with visitor(chromium, look) as tab:
        await sign_in(tab, scene, reader)
        if look.width > 600:
            await tab.ask("document.querySelector('#header-search').focus()")
        else:
            await press(tab, '.main-navigation a[href="/search"]')
            await becomes(tab, "document.activeElement.id", "search-words")
        await ask_for(tab, f"{word} from:me")
        assert f"A {word} for the harbour" in await tab.ask(FOUND)
        await tab.open(scene.address(f"/search?q=music{word}"))
        await press(tab, f'a[href="/tags/music{word}"]')
        assert f"A {word} for the harbour" in await tab.ask(FOUND)
        await tab.open(scene.address("/search"))
        await tab.ask("document.querySelector('#search-words').focus()")
        await ask_for(tab, f"@{scene.author.handle}")
        assert "Éloïse Dubois-Vandenbroucke" in await tab.ask(FOUND)
        await press(tab, '.tabs a[href$="type=posts"]')
        assert await tab.ask("document.querySelector('.empty') !== null")
        assert await tab.ask("document.querySelector('#search-words').value") == (
            f"@{scene.author.handle}"
        )
        assert tab.problems == []


async def test_a_post_of_another_site_by_its_address(chromium: Chromium, scene: Scene) -> None:
    (reader,) = await newcomers(scene.site, 1)
    written = scene.author.write("Only known by its address")
    async with visitor(chromium, Look()) as tab:
        await sign_in(tab, scene, reader)
        await tab.ask("document.querySelector('#header-search').focus()")
        await ask_for(tab, written["uri"])
        assert "Only known by its address" in await tab.ask(FOUND)
        assert tab.problems == []


async def test_a_key_leads_to_the_field(chromium: Chromium, scene: Scene) -> None:
    async with visitor(chromium, Look()) as tab:
        await sign_in(tab, scene, scene.readers["en"])
        await tab.press("Control+k")
        assert await tab.ask("document.activeElement.id") == "header-search"
        await ask_for(tab, "nothing-has-this-name")
        assert await tab.ask("document.querySelector('.empty') !== null")


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_pages_of_search_are_in_order(chromium: Chromium, scene: Scene, look: Look) -> None:
    async with visitor(chromium, look) as tab:
        await sign_in(tab, scene, scene.readers[look.language])
        wrong = {}
        paths = ("", "?q=quai", "?q=o&type=people", "?q=qu&type=tags", f"?q={'long' * 100}")
        for path in paths:
            await tab.open(scene.address(f"/search{path}"))
            wrong[path] = await faults(tab, look)
        await tab.open(scene.address("/search?q=quai&type=tags"))
        wrong["keyboard"] = await walk(tab)
    assert {path: found for path, found in wrong.items() if found} == {}
