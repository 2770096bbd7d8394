"""Finding, hearing of and writing to people of the other site: what pages of both sites show."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

import pytest

from tests.browser.chromium import Chromium, Look
from tests.browser.conftest import Scene
from tests.browser.test_notifications_page import BADGE, ROWS, SAID
from tests.browser.test_people_at_two_sites import SAID as LAST
from tests.browser.test_posts_between_sites import PUBLISH, begin
from tests.browser.two_sites import LOOKS, one_more, two_desks
from tests.sites.waiting import until

MAIN = "document.querySelector('main').innerText"
CARD = "/api/v1/profile/card"
TYPES = {"en": "is typing", "fr": "écrit…"}
STATUS = "document.querySelector('.chat-typing [role=status]').textContent"
SEND = ".chat-form .button-primary"


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_the_chart_and_the_search_know_the_other_site(
    chromium: Chromium, scene: Scene, look: Look
) -> None:
    """Who answers to somebody here stands below them at both sites; words and people are found."""
    async with two_desks(chromium, scene, look) as (there, here):
        there.person.account_id(here.person)  # a manager has to be known
        word = f"gangway{there.person.username}{look.width}{look.language}"
        title = f"Second mate {word}"
        shown = {"manager": "network", "function": "network"}
        card = {"function": title, "manager": here.person.handle, "visibility": shown}
        there.person.call("PUT", CARD, card)
        await here.shows(f"/@{there.person.handle}", f"{MAIN}.includes({title!r})")
        node = (
            "[...document.querySelectorAll('.chart .chart .chart-node')]"
            f".find((one) => one.textContent.includes({title!r}))"
        )
        for desk in (here, there):
            await desk.open(f"/people/chart?top={quote(here.person.handle)}")
            assert await desk.tab.ask(f"{node} !== undefined")
            await desk.look_at("chart")
        await here.tab.ask("document.querySelector('.chart summary').focus()")
        await here.tab.press("Enter")
        await here.becomes(f"{node}.checkVisibility()", False)
        await here.tab.press("Enter")
        await here.becomes(f"{node}.checkVisibility()", True)
        await here.tab.ask(f"{node}.querySelector('a').focus()")
        async with here.tab.loading():
            await here.tab.press("Enter")
        assert await here.tab.ask("location.pathname") == f"/@{there.person.handle}"

        words = f"The {word} is down #{word}"
        await begin(there, words)
        await there.press(PUBLISH)
        await here.shows(f"/search?q={word}&type=posts", here.card(words))
        await here.look_at("post found")
        for asked in (f"{word} from:@{there.person.handle}", f"{word} has:nothing-such"):
            await here.open("/search")
            await here.fill("#search-words", asked)
            async with here.tab.loading():
                await here.tab.press("Enter")
            assert (words in await here.text()) is asked.endswith(there.person.handle), asked
        await here.open(f"/search?q={word}&type=tags")
        await here.press(f'main a[href="/tags/{word}"]')
        assert words in await here.text()
        await here.open("/search")
        await here.fill("#search-words", there.person.username)
        async with here.tab.loading():
            await here.tab.press("Enter")
        await here.press(f'main a[href="/@{there.person.handle}"]')


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_notifications_of_the_other_site_wait_come_in_and_are_read(
    chromium: Chromium, scene: Scene, look: Look
) -> None:
    """A stranger's like waits in a request; let through, what follows is counted at once."""
    likes = SAID[look.language][0]
    async with two_desks(chromium, scene, look, follows=False) as (there, here):
        mine = await asyncio.to_thread(here.person.write, f"Fog in the harbour {look}")
        await here.open("/settings/notifications")
        await here.tab.page.select_option("#for_not_following", "filter")
        await here.press(".policy-rule ~ .button-row .button-primary")
        await here.look_at("policy")
        await there.open("/search")
        await there.fill("#search-words", mine["uri"])
        async with there.tab.loading():
            await there.tab.press("Enter")
        like = f"{there.card('Fog in the harbour')}.querySelector('.action-like')"
        await there.tab.ask(f"{like}.focus()")
        await there.tab.press("Enter")
        await there.becomes(f"{like}.ariaPressed", "true")
        name = there.person.username
        request = f"{MAIN}.toLowerCase().includes({name!r})"
        await here.shows("/notifications/requests", request)
        await here.look_at("requests")
        await here.open("/notifications")
        assert await here.tab.ask(ROWS) == [], "nothing but what waits"
        await here.open("/notifications/requests")
        await here.press('form[action$="/accept"] button')
        await here.shows("/notifications", f"({ROWS})[0]?.includes({likes!r})")
        await here.look_at("let through")
        await here.becomes(BADGE, None)

        await here.open("/settings")
        await here.tab.ask("window.same = true")
        await begin(there, f"@{here.person.handle} How thick is it? {look}")
        await there.press(PUBLISH)
        await here.becomes(BADGE, "1")
        assert await here.tab.ask("window.same"), "without loading the page"
        await here.press('.main-navigation a[href="/notifications"]')
        await here.press('.tabs a[href="/notifications?filter=mentions"]')
        assert len(await here.tab.ask(ROWS)) == 1
        assert f"How thick is it? {look}" in await here.text()
        await here.look_at("mentions")
        # Read, although the page was left at once.
        await here.shows("/settings", f"{BADGE} === undefined")


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_three_people_write_and_one_leaves(
    chromium: Chromium, scene: Scene, look: Look
) -> None:
    """Who types is seen at the own site only; whoever left gets nothing of it any more."""
    async with (
        two_desks(chromium, scene, look) as (there, here),
        one_more(chromium, scene.site, look) as mate,
    ):
        ids = [mate.person.id, here.person.account_id(there.person)]
        await here.open("/messages/new?" + "&".join(f"to[]={one}" for one in ids))
        await here.fill("#text", f"Who has the key? {look}")
        await here.press(SEND)
        await here.becomes(LAST, f"Who has the key? {look}")
        chat = 'main a[href^="/messages/1"]'
        for desk in (mate, there):
            await desk.shows("/messages", f"document.querySelector({chat!r})")
            await desk.press(chat)
        for desk in (here, mate, there):
            await desk.becomes("document.querySelector('fedrse-chat').live", True)
        await there.tab.ask(
            "window.signs = []; new MutationObserver(() => signs.push("
            f"{STATUS})).observe(document.querySelector('.chat-typing'),"
            " { subtree: true, childList: true, characterData: true })"
        )
        await mate.fill("#text", f"I have it {look}")
        await here.becomes(f"{STATUS}.includes({TYPES[look.language]!r})", True)
        await here.look_at("somebody types")
        await mate.tab.ask(f"document.querySelector({SEND!r}).focus()")
        await mate.tab.press("Enter")
        for desk in (mate, here, there):
            await desk.becomes(LAST, f"I have it {look}")
        await here.becomes(STATUS, "")
        assert [one for one in await there.tab.ask("window.signs") if one] == []
        await there.look_at("chat of three")

        await there.press('form[action$="/leave"] button')
        assert await there.tab.ask("location.pathname") == "/messages"
        assert await there.tab.ask(f"document.querySelector({chat!r})") is None
        await there.look_at("left")
        last = f"Then come to the gate {look}"
        await here.fill("#text", last)
        await here.tab.ask(f"document.querySelector({SEND!r}).focus()")
        await here.tab.press("Enter")
        await mate.becomes(LAST, last)
        stored = f"SELECT count(*) FROM post WHERE content LIKE '%{last}%'"
        until(lambda: there.person.site.value(stored) == 1, "it was delivered")
        await there.open("/messages")
        assert await there.tab.ask(f"document.querySelector({chat!r})") is None
        await there.open("/notifications")
        assert last not in await there.text()
