"""Posts of all kinds as they are written at one site and read at the other, in browsers."""

from __future__ import annotations

import asyncio

import pytest

from tests.browser.chromium import Chromium, Look
from tests.browser.conftest import Scene
from tests.browser.test_composer import drop, picture
from tests.browser.two_sites import LOOKS, Desk, two_desks
from tests.sites.waiting import until

NEWS = {"en": "One new post", "fr": "Une nouvelle publication"}
VOTED = {"en": "1 person voted", "fr": "1 personne a voté"}
NEVER = {"en": "Not everybody you name", "fr": "Toutes les personnes nommées"}
FOLLOWED = {"en": "You follow #", "fr": "Vous suivez #"}
PUBLISH = "[data-publish] .button-primary"


async def begin(desk: Desk, text: str, query: str = "?new=1") -> None:
    """Opens the form and types."""
    await desk.open(f"/compose{query}")
    await desk.fill("#text", text)


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_a_picture_under_a_warning_appears_by_itself_and_goes_round(
    chromium: Chromium, scene: Scene, look: Look
) -> None:
    """Announced on the open page; opened, kept, shared and quoted; told to the author; pinned."""
    words, quoting = f"The crane is here {look}", f"Have you seen this? {look}"
    async with two_desks(chromium, scene, look) as (there, here):
        await here.open("/")
        await here.becomes("document.querySelector('fedrse-feed').live", True)
        await here.tab.ask("window.same = true")
        await begin(there, words)
        await drop(there.tab, ("crane.png", picture()))
        await there.becomes("document.activeElement.id.startsWith('description-')", True)
        await there.tab.type(f"A green crane {look}")
        await there.fill("#warning", "Heavy load")
        await there.press(PUBLISH)
        await here.becomes("document.querySelector('.feed-news')?.textContent", NEWS[look.language])
        await here.tab.ask("document.querySelector('.feed-news').focus()")
        await here.tab.press("Enter")
        card = here.card(words)
        await here.becomes(f"{card} !== undefined", True)
        assert await here.tab.ask("window.same"), "without loading the page"
        assert not await here.tab.ask(f"{card}.querySelector('.post-content').checkVisibility()")
        await here.tab.ask(f"{card}.querySelector('.post-warning summary').focus()")
        await here.tab.press("Enter")
        image = f"{card}.querySelector('.gallery img')"
        assert await here.tab.ask(f"{image}.alt") == f"A green crane {look}"
        await here.becomes(f"{image}.complete && {image}.naturalWidth > 0", True)
        await here.look_at("picture")
        await here.tab.ask(f"{card}.querySelector('.action-boost').focus()")
        await here.tab.press("Enter")
        await here.becomes(f"{card}.querySelector('.action-boost').ariaPressed", "true")
        await here.from_card(words, '[formaction$="/bookmark"]')
        await here.open("/bookmarks")
        assert await here.tab.ask(f"{here.card(words)} !== undefined")
        number = (await here.path_of(words)).rpartition("/")[2]
        await begin(here, quoting, f"?quote={number}")
        await here.press(PUBLISH)
        await here.look_at("quote")
        told = f"document.querySelector('main').textContent.includes({quoting!r})"
        await there.shows("/notifications", told)
        await there.look_at("told")
        own = f"/@{there.person.username}"
        await there.shows(
            own, f"{there.card(words)}?.querySelector('.action-boost [data-count=\"1\"]')"
        )
        await there.from_card(words, '[formaction$="/pin"]')
        await there.look_at("own profile")
        pinned = f"{here.card(words)}?.querySelector('.post-context use[href$=\"#pin\"]')"
        await here.shows(f"/@{there.person.handle}", pinned)
        await here.look_at("profile")


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_a_poll_is_asked_there_and_answered_here(
    chromium: Chromium, scene: Scene, look: Look
) -> None:
    words = f"Where shall we meet? {look}"
    async with two_desks(chromium, scene, look) as (there, here):
        await begin(there, words)
        await there.fill("#option1", "At the quay")
        await there.fill("#option2", "In the hall")
        await there.press(PUBLISH)
        await there.look_at("asked")
        where = await there.tab.ask("location.pathname")
        await here.shows("/", here.card(words))
        part = f"{here.card(words)}.querySelector('[data-part^=poll]')"
        await here.tab.ask(f"{part}.querySelector('input[type=radio]').focus()")
        await here.tab.press("ArrowDown")
        await here.look_at("form")
        await here.tab.ask(f"{part}.querySelector('button').focus()")
        await here.tab.press("Enter")
        await here.becomes(f"{part}.localName", "div")
        assert VOTED[look.language] in await here.text()
        await here.look_at("voted")
        counted = f"document.querySelector('main').innerText.includes({VOTED[look.language]!r})"
        await there.shows(where, counted)
        await there.look_at("counted")


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_the_form_says_who_reads_and_keeps_its_word(
    chromium: Chromium, scene: Scene, look: Look
) -> None:
    """For one's own site it stays there, and the form warns; for the network it gets there."""
    inside, outside = f"Only at our quay {look}", f"For all quays {look}"
    async with two_desks(chromium, scene, look) as (there, here):
        await begin(there, f"{inside} @{here.person.handle}")
        who = "[...document.querySelectorAll('[name=audience]')].map((one) => [one.value,"
        who += " one.closest('.pick').innerText])"
        said = dict(await there.tab.ask(who))
        assert "Lyon" in said["network"]
        assert "Nantes" in said["network"]
        assert "Lyon" not in said["site"]
        assert any(letter.isdigit() for letter in said["site"]), "how many people that is"
        await there.tab.ask("document.querySelector('#audience-site').click()")
        await there.press(PUBLISH)
        assert NEVER[look.language] in await there.text()
        assert f"@{here.person.handle}" in await there.text()
        await there.look_at("warned", "status of 422")
        await there.tab.ask("document.querySelector('#confirmed').click()")
        await there.press(PUBLISH)
        assert inside in await there.text()
        uri = until(lambda: there.person.get(f"/api/v1/accounts/{there.person.id}/statuses"))
        await begin(there, outside)
        await there.press(PUBLISH)
        await here.shows("/", here.card(outside))
        assert inside not in await here.text()
        await here.open("/search")
        await here.fill("#search-words", uri[0]["uri"])
        async with here.tab.loading():
            await here.tab.press("Enter")
        assert inside not in await here.text(), "nor by its address"
        await here.look_at("not found")


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_topics_and_lists_across_sites(chromium: Chromium, scene: Scene, look: Look) -> None:
    """A topic brings posts of people whom one does not follow; a list those of some people."""
    topic = f"Sécurité{look.width}{look.language}"
    words, listed = f"Helmets on #{topic}", f"For the list {look}"
    async with two_desks(chromium, scene, look, follows=False) as (there, here):
        await here.open("/tags")
        await here.look_at("topics")
        await here.fill("#topic", f"#{topic}")
        async with here.tab.loading():
            await here.tab.press("Enter")
        await here.look_at("topic")
        await begin(there, words)
        await there.press(PUBLISH)
        await here.shows("/", here.card("Helmets on"))
        assert FOLLOWED[look.language] in await here.text()
        await here.look_at("home")
        await here.open("/tags")
        await here.press('form[action*="/unfollow"] button')
        assert here.person.get("/api/v1/followed_tags") == []

        await asyncio.to_thread(here.person.follow, there.person)
        await here.open("/lists")
        await here.press('main a[href="/lists/new"]')
        await here.look_at("new list")
        await here.fill("#title", f"Crew {look}")
        await here.press("main .form .button-primary")
        await here.press('form[action$="/add"] button')
        await here.look_at("list with somebody")
        await begin(there, listed)
        await there.press(PUBLISH)
        await here.press(".back-link")
        path = await here.tab.ask("location.pathname")
        await here.shows(path, here.card(listed))
        await here.look_at("list")
        await here.open(f"/people/{here.person.account_id(there.person)}/lists")
        await here.look_at("lists of somebody")
        await here.tab.ask("document.querySelector('[name=\"lists[]\"]').click()")
        await here.press("main .form .button-primary")
        assert here.person.get(path.replace("/lists/", "/api/v1/lists/") + "/accounts") == []
