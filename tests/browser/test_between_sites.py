"""Two people, each with a browser at their own site: what one does, the other is shown."""

from __future__ import annotations

import asyncio
import time

import pytest

from fedrse.app import announce
from tests.browser.chromium import FLOWS, Chromium, Look, Tab, visitor
from tests.browser.conftest import Scene
from tests.browser.test_in_place import PATIENCE
from tests.browser.test_pages import faults
from tests.sites.person import PASSWORD, Person
from tests.sites.site import Site

MAIN = "document.querySelector('main').innerText"
CONFIRMS = {"en": "confirms your expertise: Welding p", "fr": "confirme votre compétence"}
GONE = {"en": "This has been deleted", "fr": "Cela a été supprimé"}
EDITED = {"en": "edited", "fr": "modifié"}


def person_of(site: Site, language: str) -> Person:
    """Somebody new who reads this language; what they send is published at once."""
    person = site.newcomer()
    site.execute(f"UPDATE login SET locale = '{language}' WHERE account_id = {person.id}")
    site.execute(f"INSERT INTO writing_choice VALUES ({person.id}, false)")
    return person


async def enter(tab: Tab, person: Person) -> None:
    """Signs in at the person's own site, by keyboard."""
    await tab.open(f"{person.site.base_url}/auth/sign_in")
    await tab.ask("document.querySelector('#name').focus()")
    await tab.type(person.username)
    await tab.press("Tab")
    await tab.type(PASSWORD)
    async with tab.loading():
        await tab.press("Enter")
    assert await tab.ask("location.pathname") == "/"


async def press(tab: Tab, selector: str) -> None:
    """Presses what leads to another page."""
    await tab.ask(f"document.querySelector({selector!r}).focus()")
    async with tab.loading():
        await tab.press("Enter")


async def write(tab: Tab, path: str, text: str) -> None:
    """Writes over what the form has, and sends it."""
    await tab.open(path)
    await tab.ask("document.querySelector('#text').focus()")
    await tab.type(text)
    await press(tab, "[data-publish] .button-primary")


async def shows(tab: Tab, address: str, script: str) -> None:
    """Opens a page until an expression is true in it: a message of the other site is on its way."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        await tab.open(address)
        if await tab.ask(f"Boolean({script})"):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{address} never shows {script}: {await tab.ask(MAIN)}")


@pytest.mark.parametrize("look", FLOWS, ids=str)
async def test_a_post_from_first_to_last(chromium: Chromium, scene: Scene, look: Look) -> None:
    """Written, liked and answered across sites, changed, and deleted."""
    lyon, nantes = scene.site, scene.author.site
    author = await asyncio.to_thread(person_of, nantes, look.language)
    reader = await asyncio.to_thread(person_of, lyon, look.language)
    await asyncio.to_thread(reader.follow, author)
    wrong = {}
    async with visitor(chromium, look) as there, visitor(chromium, look) as here:
        await enter(there, author)
        await enter(here, reader)
        await write(there, f"{nantes.base_url}/compose?new=1", f"The quay is ready {look}")
        card = (
            "[...document.querySelectorAll('main [data-key]')]"
            f".find((one) => one.innerText.includes({f'quay is ready {look}'!r}))"
        )
        await shows(here, lyon.base_url, card)
        post = await here.ask(f"new URL({card}.querySelector('a.time').href).pathname")
        await here.open(lyon.base_url + post)
        await here.ask("document.querySelector('main .action-like').click()")
        await write(
            here, f"{lyon.base_url}/compose?reply_to={post.rpartition('/')[2]}", "On my way"
        )
        own = await there.ask(f"new URL({card}.querySelector('a.time').href).pathname")
        answered = f"{MAIN}.includes('On my way')"
        liked = "document.querySelector('main .action-like [data-count]')?.dataset.count === '1'"
        await shows(there, nantes.base_url + own, f"{answered} && {liked}")
        wrong["thread"] = await faults(there, look)
        key = own.rpartition("/")[2]
        await write(there, f"{nantes.base_url}/posts/{key}/edit", " Tomorrow.")
        await shows(here, lyon.base_url + post, f"{MAIN}.includes('Tomorrow.')")
        assert EDITED[look.language] in await here.ask(MAIN)
        await press(here, f'main a[href="/posts/{post.rpartition("/")[2]}/history"]')
        assert await here.ask("document.querySelectorAll('main .card').length") == 2, "versions"
        wrong["history"] = await faults(here, look)
        await there.open(f"{nantes.base_url}/posts/{key}/delete")
        await press(there, "main .button-danger-solid")
        await there.open(nantes.base_url + own)
        assert GONE[look.language] in await there.ask("document.body.innerText")
        wrong["gone"] = [one for one in await faults(there, look) if "status of 410" not in one]
        await shows(here, lyon.base_url + post, "document.querySelector('.focused-card')")
    assert {name: found for name, found in wrong.items() if found} == {}


@pytest.mark.parametrize("look", FLOWS, ids=str)
async def test_a_colleague_and_an_announcement(
    chromium: Chromium, scene: Scene, look: Look
) -> None:
    """Found at the other site, confirmed there, told of it; and what the other site announces."""
    lyon, nantes = scene.site, scene.author.site
    expert = await asyncio.to_thread(person_of, nantes, look.language)
    reader = await asyncio.to_thread(person_of, lyon, look.language)
    expert.account_id(reader)  # a manager has to be known
    card = {"expertise": [f"Welding {expert.username}, 12"], "manager": reader.handle}
    card = {**card, "visibility": {"manager": "network"}}
    expert.call("PUT", "/api/v1/profile/card", card)
    words, wrong = f"Drill at noon {look}", {}
    times = {"starts": None, "ends": None}
    await announce.create(lyon.settings, words, all_day=False, must_read=True, hosts=None, **times)
    async with visitor(chromium, look) as there, visitor(chromium, look) as here:
        await enter(here, reader)
        await here.open(f"{lyon.base_url}/people")
        await here.ask("document.querySelector('#skill').focus()")
        await here.type(f"Welding {expert.username}")
        await press(here, "[name=everywhere]")
        found = "document.querySelector('[data-part=elsewhere]').innerText"
        assert "Nantes" in await here.ask(found)
        assert expert.username.upper() in await here.ask(found)
        wrong["found"] = await faults(here, look)
        await press(here, "[data-part=elsewhere] a.person-name")
        assert await here.ask("location.pathname") == f"/@{expert.handle}"
        manager = (
            f"document.querySelector('.facts')?.innerText.includes({reader.username.upper()!r})"
        )
        await shows(here, f"{lyon.base_url}/@{expert.handle}", manager)
        await press(here, "form[action$='/confirm'] button")
        wrong["profile"] = await faults(here, look)
        await enter(there, expert)
        told = f"{MAIN}.replaceAll('\\u00a0', ' ').includes({CONFIRMS[look.language]!r})"
        await shows(there, f"{nantes.base_url}/notifications", told)
        wrong["notification"] = await faults(there, look)
        notice = (
            "[...document.querySelectorAll('.announcement')]"
            f".find((one) => one.innerText.includes({words!r}))"
        )
        await shows(there, f"{nantes.base_url}/announcements", notice)
        wrong["announcement"] = await faults(there, look)
        async with there.loading():
            await there.ask(f"{notice}.querySelector('form[action$=\"/confirm\"]').submit()")
    assert {name: found for name, found in wrong.items() if found} == {}
