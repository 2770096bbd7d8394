"""Polls in a real browser: voted by keyboard, in place, without script; in both languages."""

from __future__ import annotations

import pytest

from tests.browser.axe import photograph, show, too_wide, violations
from tests.browser.chromium import Chromium, Look, Tab, visitor
from tests.browser.conftest import Scene
from tests.browser.test_in_place import becomes
from tests.browser.test_pages import faults, sign_in
from tests.sites.person import Person
from tests.sites.waiting import until

WORD = "Donaudampfschifffahrtsgesellschaftskapitän" * 2
LOOKS = [Look(390, "light", "en"), Look(1280, "dark", "fr"), Look(390, "dark", "fr")]
WORDS = {"en": ("Vote", "1 person voted"), "fr": ("Voter", "1 personne a voté")}


@pytest.fixture
def people(scene: Scene) -> list[Person]:
    """Two of the site, whom no other test knows."""
    return scene.site.newcomers(2)


def ask(author: Person, text: str, **more: object) -> str:
    """A post with a poll; its id."""
    poll = {"options": ["Soup", "Salad", WORD], "expires_in": 3600, **more}
    return str(author.write(text, poll=poll)["id"])


async def in_order(tab: Tab, look: Look, name: str) -> list[str]:
    """What is wrong with the page as it stands, also on the narrowest telephone."""
    wrong = await faults(tab, look) + await violations(tab)
    await show(tab, 320, look.scheme)
    wrong += [f"too wide: {one}" for one in [await too_wide(tab)] if one]
    await show(tab, look.width, look.scheme)
    await photograph(tab, look, name)
    return wrong


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_a_vote_stays_on_the_page(
    chromium: Chromium, scene: Scene, people: list[Person], look: Look
) -> None:
    author, reader = people[0], scene.readers[look.language]
    number = ask(author, f"Lunch at {look}?")
    part = f"document.querySelector('[data-part=\"poll-{number}\"]')"
    vote, result = WORDS[look.language]
    async with visitor(chromium, look) as tab:
        await sign_in(tab, scene, reader)
        await tab.open(scene.address(f"/@{author.username}/{number}"))
        await tab.ask("window.same = true")
        assert await tab.ask(f"{part}.querySelector('button').textContent.trim()") == vote
        wrong = {"form": await in_order(tab, look, "poll-form")}
        await tab.ask(f"{part}.querySelector('input[type=radio]').focus()")
        await tab.press("ArrowDown")
        await tab.ask(f"{part}.querySelector('button').focus()")
        await tab.press("Enter")
        await becomes(tab, f"{part}.localName", "div")
        assert await tab.ask("document.activeElement.dataset.part") == f"poll-{number}"
        assert await tab.ask("window.same")
        assert result in await tab.ask(f"{part}.innerText")
        wrong["results"] = await in_order(tab, look, "poll-results")
        assert wrong == {"form": [], "results": []}
    options = author.status(number)["poll"]["options"]
    assert [one["votes_count"] for one in options] == [0, 1, 0]


async def test_several_answers_and_what_is_wrong(
    chromium: Chromium, scene: Scene, people: list[Person]
) -> None:
    author, look = people[0], Look(390)
    number = ask(author, "Several?", multiple=True, hide_totals=True)
    part = f"document.querySelector('[data-part=\"poll-{number}\"]')"
    async with visitor(chromium, look) as tab:
        await sign_in(tab, scene, scene.readers["en"])
        await tab.open(scene.address(f"/@{author.username}/{number}"))
        await tab.ask(f"{part}.querySelector('button').click()")
        await becomes(
            tab, f"{part}.querySelector('[role=alert]')?.innerText", "Choose an answer first."
        )
        tab.problems.clear()  # Chromium notes the 422
        await tab.ask(f"{part}.querySelector('details')?.remove()")
        await tab.ask(
            f"for (const one of [...{part}.querySelectorAll('input')].slice(-2)) one.click()"
        )
        await tab.ask(f"{part}.querySelector('button').click()")
        await becomes(tab, f"{part}.localName", "div")
        shown = await tab.ask(f"{part}.innerText")
        assert "The results are shown when the poll is over." in shown
        assert "%" not in shown
        assert await in_order(tab, look, "poll-secret") == []


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_a_poll_of_another_site_without_script(
    chromium: Chromium, scene: Scene, people: list[Person], language: str
) -> None:
    """Voted in the home feed; the site of the author counts it."""
    reader, author = people[0], scene.author
    scene.site.execute(f"UPDATE login SET locale = '{language}' WHERE account_id = {reader.id}")
    reader.follow(author)
    number = ask(author, f"From afar, {language}?")
    here = reader.arrived(author.status(number)["uri"])
    part = f"document.querySelector('[data-part=\"poll-{here['id']}\"]')"
    look = Look(390, language=language, scripts=False)
    async with visitor(chromium, look) as tab:
        await sign_in(tab, scene, reader)
        await tab.ask(f"{part}.querySelector('input[type=radio]').focus()")
        await tab.press("ArrowDown")
        await tab.ask(f"{part}.querySelector('button').focus()")
        async with tab.loading():
            await tab.press("Enter")
        assert await tab.ask("location.pathname") == "/"
        assert WORDS[language][1] in await tab.ask(f"{part}.innerText")
    until(lambda: author.status(number)["poll"]["options"][1]["votes_count"] == 1)
