"""Going back in the browser leads to the post that was read."""

from __future__ import annotations

from tests.browser.chromium import Chromium, Look, visitor
from tests.browser.conftest import Scene
from tests.browser.test_in_place import becomes
from tests.browser.test_pages import sign_in

CARDS = "[...document.querySelectorAll('[data-key]')]"
TOP = f"{CARDS}.find((one) => one.getBoundingClientRect().bottom > 0)"
PLACE = f"{TOP}.dataset.key"
HEIGHT = f"Math.round({TOP}.getBoundingClientRect().top)"


async def test_back_leads_to_the_same_post_under_newer_ones(
    chromium: Chromium, scene: Scene
) -> None:
    reader, author = scene.readers["en"], scene.readers["fr"]
    for number in range(12):
        author.write(f"Something to scroll over {number}")
    async with visitor(chromium, Look()) as tab:
        await sign_in(tab, scene, reader)
        await tab.open(f"{scene.site.base_url}/network")
        await tab.ask(f"{CARDS}[5].scrollIntoView({{behavior: 'instant'}}), scrollBy(0, 20)")
        place, height = await tab.ask(PLACE), await tab.ask(HEIGHT)
        await tab.open(f"{scene.site.base_url}/settings")
        author.write("Newer than all of them")
        async with tab.loading():
            await tab.ask("history.back()")
        await becomes(tab, PLACE, place)
        await becomes(tab, HEIGHT, height)
        first = await tab.ask(f"{CARDS}[0].innerText")
        assert "Newer than all of them" in first
        assert tab.problems == []
