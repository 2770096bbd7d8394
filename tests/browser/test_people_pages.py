"""People in a real browser: search at all sites, confirmations, the chart, the first steps."""

from __future__ import annotations

import itertools

import pytest

from tests.browser.chromium import FLOWS, Chromium, Look, Tab, visitor
from tests.browser.conftest import Scene
from tests.browser.test_in_place import becomes
from tests.browser.test_pages import faults, sign_in, walk
from tests.sites.person import PASSWORD, Person

WIDTHS = (390, 1280)
LOOKS = [
    Look(width, scheme, language)
    for width, (scheme, language) in itertools.product(WIDTHS, (("light", "en"), ("dark", "fr")))
]
OWN = "/api/v1/profile/card"


@pytest.fixture
def team(scene: Scene) -> list[Person]:
    """New people of the reader's site."""
    return scene.site.newcomers(3)


def author_of(scene: Scene) -> str:
    """Who wrote most of the scene: somebody of the other site, with a full card."""
    return scene.pages["profile"].removeprefix("/@")


async def press(tab: Tab, selector: str) -> None:
    """Presses what leads to another page, by keyboard."""
    await tab.ask(f"document.querySelector({selector!r}).focus()")
    async with tab.loading():
        await tab.press("Enter")


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_pages_of_people_are_in_order(
    chromium: Chromium, scene: Scene, team: list[Person], look: Look
) -> None:
    """Nothing too wide, unnamed or unreadable; also with answers of other sites and faults."""
    reader, other = scene.readers[look.language], team[0]
    reader.call("PUT", OWN, {"manager": author_of(scene)})
    other.call("PUT", OWN, {"manager": reader.handle, "unit": "R&D"})
    chart = f"/people/chart?top={reader.handle.replace('@', '%40')}"
    paths = ["/people?q=nobody-is-called-so", "/people?skill=Welding&everywhere=1"]
    paths += ["/people/chart", "/people/chart?view=unit", chart, f"/@{reader.username}?show=media"]
    paths += ["/settings/profile", "/settings/card/confirmations"]
    wrong = {}
    async with visitor(chromium, look) as tab:
        await sign_in(tab, scene, reader)
        for path in paths:
            await tab.open(scene.address(path))
            wrong[path] = await faults(tab, look)
        await tab.open(scene.address("/settings/profile"))
        await tab.ask("document.querySelector('#label3').value = 'Only a label'")
        await press(tab, "main form .button-primary")
        assert await tab.ask("document.querySelector('#label3-error') !== null")
        wrong["refused"] = [one for one in await faults(tab, look) if "status of 422" not in one]
    assert {name: found for name, found in wrong.items() if found} == {}


@pytest.mark.parametrize("scripts", [True, False], ids=["script", "no script"])
async def test_other_sites_are_asked(chromium: Chromium, scene: Scene, *, scripts: bool) -> None:
    """By itself with script, by a button without."""
    handle = author_of(scene)
    found = f"document.querySelector('[data-part=elsewhere] a[href=\"/@{handle}\"]') !== null"
    async with visitor(chromium, Look(width=390, scripts=scripts)) as tab:
        await sign_in(tab, scene, scene.readers["en"])
        await tab.open(scene.address("/people"))
        await tab.ask("document.querySelector('#skill').focus()")
        await tab.type("Welding")
        if not scripts:
            await press(tab, "[name=everywhere]")
        await becomes(tab, found, True)
        assert tab.problems == []


async def test_who_is_here_is_found_while_typing(
    chromium: Chromium, scene: Scene, team: list[Person]
) -> None:
    other = team[0]
    names = "[...document.querySelectorAll('[data-part=here] .person-name')].length"
    async with visitor(chromium, Look()) as tab:
        await sign_in(tab, scene, scene.readers["en"])
        await tab.open(scene.address("/people"))
        await tab.ask("document.querySelector('#q').focus()")
        await tab.type(other.username)
        await becomes(tab, f"{names} === 1", True)
        assert await tab.ask("document.activeElement.id") == "q", "focus stays"
        assert f"q={other.username}" in await tab.ask("location.search")
        assert tab.problems == []


async def test_expertise_is_confirmed_by_keyboard(chromium: Chromium, scene: Scene) -> None:
    words = "document.querySelector('#expertise + ul').innerText"
    async with visitor(chromium, Look(width=390)) as tab:
        await sign_in(tab, scene, scene.readers["en"])
        await tab.open(scene.address(scene.pages["profile"]))
        assert "confirmed by" not in await tab.ask(words)
        await press(tab, "form[action$='/confirm'] button")
        assert "confirmed by 1 colleague" in await tab.ask(words)
        await press(tab, "form[action$='/withdraw'] button")
        assert "confirmed by" not in await tab.ask(words)
        assert tab.problems == []


async def test_the_chart_is_walked_by_keyboard(
    chromium: Chromium, scene: Scene, team: list[Person]
) -> None:
    boss, me, colleague = team
    for one in (me, colleague):
        one.call("PUT", OWN, {"manager": boss.handle})
    top = f"/people/chart?top={boss.handle.replace('@', '%40')}"
    async with visitor(chromium, Look(width=390)) as tab:
        await sign_in(tab, scene, me)
        await tab.open(scene.address(top))
        assert await walk(tab) == []
        mine = "document.querySelector('#me').getAttribute('aria-current')"
        assert await tab.ask(mine) == "true"
        shown = "document.querySelector('.chart .chart').checkVisibility()"
        assert await tab.ask(shown) is True
        await tab.ask("document.querySelector('.chart summary').focus()")
        await tab.press("Enter")
        await becomes(tab, shown, False)


def begin_again(scene: Scene, person: Person) -> None:
    scene.site.execute(f"DELETE FROM welcome WHERE account_id = {person.id}")


@pytest.mark.parametrize("look", FLOWS, ids=str)
async def test_first_steps(
    chromium: Chromium, scene: Scene, team: list[Person], look: Look
) -> None:
    new, colleague, _ = team
    begin_again(scene, new)
    scene.site.execute(f"UPDATE login SET locale = '{look.language}' WHERE account_id = {new.id}")
    colleague.call("PUT", OWN, {"unit": f"Unit {new.username}"})
    wrong = {}
    async with visitor(chromium, look) as tab:
        await tab.open(scene.address("/auth/sign_in"))
        await tab.ask("document.querySelector('#name').focus()")
        await tab.type(new.username)
        await tab.press("Tab")
        await tab.type(PASSWORD)
        async with tab.loading():
            await tab.press("Enter")
        assert await tab.ask("location.pathname") == "/welcome/profile"
        wrong["profile"] = await faults(tab, look)
        await tab.ask("document.querySelector('#unit').focus()")
        await tab.type(f"unit {new.username.upper()}")
        await press(tab, "main form .button-primary")
        assert await tab.ask("location.pathname") == "/welcome/people"
        wrong["people"] = await faults(tab, look)
        await press(tab, "main form .button-primary")
        assert await tab.ask("location.pathname") == "/welcome/alerts"
        wrong["alerts"] = await faults(tab, look)
        await press(tab, "main form .button-primary")
        assert await tab.ask("location.pathname") == "/"
    assert {name: found for name, found in wrong.items() if found} == {}
    assert new.relationship(colleague.id)["following"], "proposed, as they are of the same unit"
    async with visitor(chromium, look) as tab:
        await sign_in(tab, scene, new)
