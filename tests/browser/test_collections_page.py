"""Collections of people in a real browser: made, filled while typing, left."""

from __future__ import annotations

import itertools

import pytest

from tests.browser.chromium import Chromium, Look, Tab, visitor
from tests.browser.conftest import Scene
from tests.browser.test_in_place import becomes
from tests.browser.test_pages import faults, sign_in, walk
from tests.sites.person import Person

LOOKS = [
    Look(width, scheme, language)
    for width, (scheme, language) in itertools.product(
        (390, 1280), (("light", "en"), ("dark", "fr"))
    )
]
API = "/api/v1/collections"


async def press(tab: Tab, selector: str) -> None:
    """Presses what leads to another page, by keyboard."""
    await tab.ask(f"document.querySelector({selector!r}).focus()")
    async with tab.loading():
        await tab.press("Enter")


@pytest.fixture
def team(scene: Scene) -> list[Person]:
    """New people of the reader's site; the first is who looks in English."""
    return scene.site.newcomers(3)


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_pages_are_in_order(
    chromium: Chromium, scene: Scene, team: list[Person], look: Look
) -> None:
    """Empty and full, own and of others, with people of other sites, and refused."""
    person, colleague, _ = team
    scene.site.execute(
        f"UPDATE login SET locale = '{look.language}' WHERE account_id = {person.id}"
    )
    paths = ["/collections", "/collections/new"]
    wrong: dict[str, list[str]] = {}
    async with visitor(chromium, look) as tab:
        await sign_in(tab, scene, person)
        for path in paths:
            await tab.open(scene.address(path))
            wrong[path] = await faults(tab, look)
        ids = [colleague.id, person.account_id(scene.author)]
        own = person.post(
            API, name="N" * 40, description="d" * 100, tag_name="Häfen", account_ids=ids
        )
        theirs = colleague.post(API, name="Who helps", account_ids=[person.id])
        own_path, their_path = (f"/collections/{one['collection']['id']}" for one in (own, theirs))
        author = scene.author.handle.replace("@", "%40")
        paths += [own_path, f"{own_path}?q={author}", f"{own_path}?q=nobody-at-all"]
        paths += [f"{own_path}/edit", their_path, "/collections?done=left"]
        for path in paths:
            await tab.open(scene.address(path))
            wrong[path] = await faults(tab, look)
        await tab.open(scene.address(f"{own_path}/edit"))
        await tab.ask("document.querySelector('#tag').value = 'two words'")
        await press(tab, "main form .button-primary")
        assert await tab.ask("document.querySelector('#tag-error') !== null")
        wrong["refused"] = [one for one in await faults(tab, look) if "status of 422" not in one]
    assert {name: found for name, found in wrong.items() if found} == {}


async def test_filled_while_typing_and_by_keyboard(
    chromium: Chromium, scene: Scene, team: list[Person]
) -> None:
    person, colleague, _ = team
    found = "[...document.querySelectorAll('[data-part=found] .person-name')].length"
    inside = "document.querySelectorAll('#people .person').length"
    async with visitor(chromium, Look(width=390)) as tab:
        await sign_in(tab, scene, person)
        await tab.open(scene.address("/collections/new"))
        await tab.ask("document.querySelector('#name').focus()")
        await tab.type("Ferry")
        async with tab.loading():
            await tab.press("Enter")
        await tab.ask("document.querySelector('#q').focus()")
        await tab.type(colleague.username)
        await becomes(tab, f"{found} === 1", True)
        assert await tab.ask("document.activeElement.id") == "q", "focus stays"
        await press(tab, "[data-part=found] form button")
        assert await tab.ask(inside) == 1
        assert await walk(tab) == []
        await press(tab, "#people form button")
        assert await tab.ask(inside) == 0
        assert tab.problems == []


async def test_all_of_it_without_script(
    chromium: Chromium, scene: Scene, team: list[Person]
) -> None:
    person, colleague, other = team
    made = other.post(API, name="Crew", account_ids=[person.id])["collection"]
    inside = "document.querySelectorAll('#people .person').length"
    async with visitor(chromium, Look(scripts=False)) as tab:
        await sign_in(tab, scene, person)
        await tab.open(scene.address("/collections/new"))
        await tab.ask("document.querySelector('#name').focus()")
        await tab.type("Ferry")
        await press(tab, "main form .button-primary")
        await tab.ask("document.querySelector('#q').focus()")
        await tab.type(colleague.username)
        await press(tab, "form[data-find] button")
        await press(tab, "[data-part=found] form button")
        assert await tab.ask(inside) == 1
        await tab.open(scene.address("/collections"))
        await press(tab, f"form[action='/collections/{made['id']}/leave'] button")
        assert await tab.ask("location.search") == "?done=left"
    assert other.get(f"{API}/{made['id']}")["collection"]["items"] == []
