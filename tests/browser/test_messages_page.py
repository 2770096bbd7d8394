"""Messages between two sites in a real browser: begin, answer, hear of it live, react, mute."""

from __future__ import annotations

import contextlib
import itertools
from typing import Any

import pytest

from tests.browser.chromium import Chromium, Look, Tab, visitor
from tests.browser.conftest import Scene
from tests.browser.test_in_place import becomes
from tests.browser.test_pages import faults, sign_in, walk
from tests.sites.person import Person
from tests.sites.waiting import until

WIDTHS = (390, 1280)
LOOKS = [
    Look(width, scheme, language)
    for (width, language), scheme in zip(
        itertools.product(WIDTHS, ("en", "fr")), ("light", "dark", "dark", "light"), strict=True
    )
]
SHOWN = "[...document.querySelectorAll('.message-text')].map((one) => one.innerText.trim())"


def arrived(person: Person, text: str) -> dict[str, Any]:
    """The conversation whose last message has this text, as apps get it."""

    def look() -> dict[str, Any] | None:
        found = person.get("/api/v1/conversations")
        return next((one for one in found if text in (one["last_status"] or {})["content"]), None)

    found = until(look, f"{text} at {person.handle}")
    assert found is not None
    return found


async def send(tab: Tab, text: str, *, by_key: bool) -> None:
    """Types a message and sends it: with Enter where there is a keyboard, else by the button."""
    await tab.ask("document.querySelector('.chat-form textarea').focus()")
    await tab.type(text)
    if by_key:
        await tab.press("Enter")
    else:
        await tab.ask("document.querySelector('.chat-form .button-primary').click()")


@pytest.mark.parametrize("width", WIDTHS)
async def test_a_conversation_between_two_sites(
    chromium: Chromium, scene: Scene, width: int
) -> None:
    """Begun on a page, answered in an app of the other site, shown at once, and answered again."""
    reader, author = scene.readers["en"], scene.author
    async with visitor(chromium, Look(width=width)) as tab:
        await sign_in(tab, scene, reader)
        await tab.open(scene.address(f"/messages/with/{reader.account_id(author)}"))
        begun = await tab.ask("location.pathname") == "/messages/new"
        async with tab.loading() if begun else contextlib.nullcontext():
            await send(tab, f"Is the ship at the quay? {width}", by_key=width > 600 and not begun)
        await becomes(tab, f"({SHOWN}).at(-1)", f"Is the ship at the quay? {width}")
        await becomes(tab, "document.querySelector('fedrse-chat').live", True)
        got = arrived(author, f"quay? {width}")
        assert got["last_status"]["visibility"] == "direct"
        await tab.ask("window.same = true")
        author.write(
            f"@{reader.handle} It is, since noon {width}",
            visibility="direct",
            in_reply_to_id=got["last_status"]["id"],
        )
        await becomes(tab, f"({SHOWN}).at(-1)", f"It is, since noon {width}")
        await send(tab, f"Thank you {width}", by_key=width > 600)
        await becomes(tab, f"({SHOWN}).at(-1)", f"Thank you {width}")
        assert await tab.ask("document.querySelector('.chat-form textarea').value") == ""
        assert await tab.ask("document.activeElement.localName") == "textarea"
        arrived(author, f"Thank you {width}")
        last = "[...document.querySelectorAll('.message:not(.message-mine)')].at(-1)"
        await tab.ask(f"{last}.querySelector('.menu-message summary').click()")
        await tab.ask(f"{last}.querySelector('.menu-message [formaction]').click()")
        await becomes(tab, f"{last}.querySelector('.reaction')?.innerText.includes('Thanks')", True)
        assert await tab.ask("window.same"), "the page is the same one"
        assert tab.problems == []
    chats = reader.get("/api/v1/conversations")
    assert [one["unread"] for one in chats if one["id"]] == [False] * len(chats)


async def test_without_script(chromium: Chromium, scene: Scene) -> None:
    """Whom to write to is found and chosen, and what was typed is not lost."""
    reader, other = scene.readers["fr"], scene.readers["en"]
    async with visitor(chromium, Look(390, language="fr", scripts=False)) as tab:
        await sign_in(tab, scene, reader)
        await tab.open(scene.address(f"/messages/new?q={other.username}"))
        await tab.ask("document.querySelector('button[name=add]').focus()")
        async with tab.loading():
            await tab.press("Enter")
        await tab.ask("document.querySelector('.chat-form .button-primary').focus()")
        async with tab.loading():
            await tab.press("Enter")
        assert "Écrivez quelque chose" in await tab.ask(
            "document.querySelector('#text-error').innerText"
        )
        await tab.ask("document.querySelector('.chat-form textarea').focus()")
        await tab.type("Bonjour sans script")
        await tab.ask("document.querySelector('.chat-form .button-primary').focus()")
        async with tab.loading():
            await tab.press("Enter")
        assert (await tab.ask(SHOWN))[-1] == "Bonjour sans script"
        async with tab.loading():
            await tab.ask("document.querySelector('form[action$=\"/mute\"]').submit()")
        assert "En sourdine" in await tab.ask("document.querySelector('.chat-head').innerText")
        async with tab.loading():
            await tab.ask("document.querySelector('form[action$=\"/unmute\"]').submit()")


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_pages_of_messages_are_in_order(chromium: Chromium, scene: Scene, look: Look) -> None:
    """Nothing too wide, unnamed or unreadable, also with long words, pictures and three people."""
    reader, author = scene.readers[look.language], scene.author
    others = [one for one in scene.readers.values() if one is not reader]
    word = "Donaudampfschifffahrtsgesellschaftskapitänskajütentürschlüsselanhänger" * 3
    names = " ".join(f"@{one.handle}" for one in (author, *others))
    reader.write(f"{names} {word} {look}", visibility="direct", spoiler_text="Long")
    reader.write(f"{names} {word} {look}", visibility="direct")
    chat = arrived(reader, str(look))
    wrong = {}
    async with visitor(chromium, look) as tab:
        await sign_in(tab, scene, reader)
        place = f"/messages/{chat['id']}"
        for path in ("/messages", place, f"{place}?q=donau", "/messages/new", "/messages/new?q=zz"):
            await tab.open(scene.address(path))
            wrong[path] = await faults(tab, look)
            wrong[f"keys {path}"] = await walk(tab)
        await tab.open(scene.address(place))
        await tab.ask("[...document.querySelectorAll('main details')].at(-2).open = true")
        wrong["open"] = await faults(tab, look)
    assert {name: found for name, found in wrong.items() if found} == {}
