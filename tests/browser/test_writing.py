"""Writing in a real browser, wide and narrow: publish, answer, like, change, and all feeds."""

from __future__ import annotations

import itertools

import pytest

from fedrse.core.text import count_characters
from tests.browser.chromium import Chromium, Look, Tab, visitor
from tests.browser.conftest import Scene
from tests.browser.test_in_place import becomes
from tests.browser.test_pages import faults, sign_in, walk

WIDTHS = (390, 1280)
LOOKS = [Look(width, scheme) for width, scheme in itertools.product(WIDTHS, ("light", "dark"))]
FEEDS = ("/site", "/network", "/lists", "/bookmarks", "/favourites")


async def publish(tab: Tab, text: str) -> str:
    """Types into the form that is open and sends it by keyboard; the path of the post."""
    await tab.ask(
        "(() => { const one = document.querySelector('#text'); one.focus();"
        " one.setSelectionRange(one.value.length, one.value.length); })()"
    )
    await tab.type(text)
    await tab.ask("[...document.querySelectorAll('.compose .button-primary')].at(-1).focus()")
    async with tab.loading():
        await tab.press("Enter")
    return str(await tab.ask("location.pathname"))


@pytest.mark.parametrize("scripts", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("width", WIDTHS)
async def test_publish_answer_like_and_change(
    chromium: Chromium, scene: Scene, width: int, *, scripts: bool
) -> None:
    reader = scene.readers["en"]
    async with visitor(chromium, Look(width=width, scripts=scripts)) as tab:
        await sign_in(tab, scene, reader)
        await tab.ask("document.querySelector('.main-navigation a[href=\"/compose\"]').focus()")
        async with tab.loading():
            await tab.press("Enter")
        path = await publish(tab, f"Written at {width}")
        assert path.startswith(f"/@{reader.username}/")
        assert f"Written at {width}" in await tab.ask("document.querySelector('main').innerText")
        await tab.ask("document.querySelector('a.action-reply').focus()")
        async with tab.loading():
            await tab.press("Enter")
        assert await tab.ask("location.pathname") == "/compose"
        answer = await publish(tab, f"Answered at {width}")
        shown = await tab.ask("document.querySelector('main').innerText")
        assert shown.index(f"Written at {width}") < shown.index(f"Answered at {width}")
        number = answer.rpartition("/")[2]
        like = f"document.querySelector('button[formaction=\"/posts/{number}/like\"]')"
        await tab.ask(f"{like}.focus()")
        if scripts:
            await tab.press("Enter")
        else:
            async with tab.loading():
                await tab.press("Enter")
        undone = f"document.querySelector('[formaction=\"/posts/{number}/unlike\"]') !== null"
        await becomes(tab, undone, True)
        await tab.open(scene.address(f"/posts/{number}/edit"))
        await publish(tab, " once more")
        assert "once more" in await tab.ask("document.querySelector('main').innerText")
        assert tab.problems == []
        assert reader.status(number)["favourited"]


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_pages_of_writers_and_feeds_are_in_order(
    chromium: Chromium, scene: Scene, look: Look
) -> None:
    """As in ``test_pages``: nothing too wide, unnamed or unreadable; a form with faults, too."""
    reader = scene.readers["en"]
    mine = reader.write("To be changed", media_ids=[])
    reader.call("PUT", f"/api/v1/statuses/{mine['id']}", {"status": "Changed"})
    paths = ["/compose", f"/compose?reply_to={mine['id']}", *FEEDS]
    paths += [f"/posts/{mine['id']}/{what}" for what in ("edit", "delete", "history")]
    wrong = {}
    async with visitor(chromium, look) as tab:
        await sign_in(tab, scene, reader)
        for path in paths:
            await tab.open(scene.address(path))
            assert await tab.ask("location.pathname + location.search") == path
            wrong[path] = await faults(tab, look)
        await tab.open(scene.address("/compose"))
        await publish(tab, " ")
        assert await tab.ask("document.querySelector('#text-error') !== null")
        await tab.ask("for (const one of document.querySelectorAll('details')) one.open = true")
        wrong["refused"] = [one for one in await faults(tab, look) if "status of 422" not in one]
    assert {name: found for name, found in wrong.items() if found} == {}


async def test_the_form_can_be_walked_by_keyboard(chromium: Chromium, scene: Scene) -> None:
    async with visitor(chromium, Look(width=390)) as tab:
        await sign_in(tab, scene, scene.readers["en"])
        await tab.open(scene.address("/compose"))
        assert await walk(tab) == []
        await tab.ask(
            "for (const one of document.querySelectorAll('main details')) one.open = true;"
            # Several presses of Tab stay in the field for a time, which looks like coming round.
            "document.querySelector('#when').type = 'text'"
        )
        assert await walk(tab) == []


async def test_room_and_sending_by_keyboard(chromium: Chromium, scene: Scene) -> None:
    """What the script adds: it counts as the server does, and sends by Ctrl+Enter."""
    async with visitor(chromium, Look()) as tab:
        await sign_in(tab, scene, scene.readers["en"])
        await tab.open(scene.address("/compose"))
        room = "document.querySelector('[data-room]').textContent"
        assert await tab.ask(room) == "5,000 characters left"
        for words in ("👩‍👩‍👧 été", "@a@b.example https://example.test/a/long/way"):
            left = 5000 - count_characters(words)
            await tab.ask(
                f"(() => {{ const one = document.querySelector('#text'); one.value = {words!r};"
                " one.dispatchEvent(new Event('input')); })()"
            )
            assert await tab.ask(room) == f"{left:,} characters left"
        await tab.ask(
            "(() => { const one = document.querySelector('#text'); one.value = 'x'.repeat(5002);"
            " one.dispatchEvent(new Event('input')); })()"
        )
        assert await tab.ask(room) == "2 characters too many"
        await tab.open(scene.address("/compose"))
        await tab.press("Tab")  # as somebody who is there: Chromium notes pages left untouched
        async with tab.loading():
            await tab.ask(
                "(() => { const one = document.querySelector('#text'); one.value = 'By keys';"
                " one.dispatchEvent(new KeyboardEvent('keydown',"
                " { key: 'Enter', ctrlKey: true, cancelable: true })); })()"
            )
        assert "By keys" in await tab.ask("document.querySelector('main').innerText")
        assert tab.problems == []
