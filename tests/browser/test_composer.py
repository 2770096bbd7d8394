"""The form for writing in a real browser: completion, files, drafts, later, taking back."""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image

from tests.browser.axe import photograph
from tests.browser.chromium import Chromium, Look, Tab, visitor
from tests.browser.conftest import Scene
from tests.browser.test_in_place import becomes
from tests.browser.test_pages import sign_in, walk
from tests.browser.test_polls_page import in_order, people
from tests.sites.person import Person
from tests.sites.waiting import until

LOOKS = [Look(390, "light", "en"), Look(1280, "dark", "fr")]
TEXT = "document.querySelector('#text')"


__all__ = ["people"]


def writer(scene: Scene, people: list[Person], language: str = "en") -> Person:
    """Somebody who can take back what they send."""
    person = people[0]
    scene.site.execute(f"UPDATE login SET locale = '{language}' WHERE account_id = {person.id}")
    return person


async def begin(tab: Tab, scene: Scene, person: Person, query: str = "") -> None:
    await sign_in(tab, scene, person)
    await tab.open(scene.address(f"/compose{query}"))
    await tab.ask(f"{TEXT}.focus()")


async def drop(tab: Tab, *files: tuple[str, bytes]) -> None:
    """Files are dropped on the form."""
    adding = "".join(
        f"files.items.add(new File([bytes('{base64.b64encode(content).decode()}')], '{name}'));"
        for name, content in files
    )
    await tab.ask(
        "(() => { const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));"
        f" const files = new DataTransfer(); {adding}"
        " document.querySelector('form.compose').dispatchEvent(new DragEvent('drop',"
        " { dataTransfer: files, bubbles: true, cancelable: true })); })()"
    )


def picture() -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (400, 300), "seagreen").save(drawn, "PNG")
    return drawn.getvalue()


async def publish(tab: Tab) -> None:
    await tab.ask("document.querySelector('[data-publish] .button-primary').focus()")
    async with tab.loading():
        await tab.press("Enter")


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_the_pages_are_in_order(
    chromium: Chromium, scene: Scene, people: list[Person], look: Look
) -> None:
    """Everything open and filled; drafts and posts for later, too."""
    person = writer(scene, people, look.language)
    wrong = {}
    async with visitor(chromium, look) as tab:
        await begin(tab, scene, person)
        wrong["empty"] = await in_order(tab, look, "compose")
        await tab.type("A draft with a word: " + "Donaudampfschifffahrtsgesellschaft" * 3)
        await drop(tab, ("ship.png", picture()), ("broken.png", b"nothing"))
        await becomes(tab, "document.querySelectorAll('[data-file]').length", 1)
        await becomes(tab, "document.querySelectorAll('.upload').length", 0)
        tab.problems.clear()  # Chromium notes the 422
        await tab.ask(
            "for (const one of document.querySelectorAll('main details')) one.open = true"
        )
        wrong["open"] = await in_order(tab, look, "compose-open")
        # Chromium's field for a time takes several presses of Tab, which looks like coming round.
        await tab.ask("document.querySelector('#when').type = 'text'")
        assert await walk(tab) == []
        await tab.ask("document.querySelector('#when').type = 'datetime-local'")
        async with tab.loading():
            await tab.ask("document.querySelector('button[name=preview]').click()")
        wrong["preview"] = await in_order(tab, look, "compose-preview")
        async with tab.loading():
            await tab.ask("document.querySelector('button[name=save]').click()")
        assert await tab.ask("location.pathname") == "/drafts"
        wrong["drafts"] = await in_order(tab, look, "drafts")
        await tab.open(scene.address("/scheduled"))
        wrong["nothing waits"] = await in_order(tab, look, "scheduled-empty")
        await tab.open(scene.address("/compose?new=1"))
        await tab.ask(f"{TEXT}.focus()")
        await tab.type("Next year")
        await tab.ask("document.querySelector('#when').value = '2031-01-01T09:30'")
        await publish(tab)
        assert await tab.ask("location.pathname") == "/scheduled"
        wrong["scheduled"] = await in_order(tab, look, "scheduled")
        await tab.open(scene.address("/settings/writing"))
        wrong["setting"] = await in_order(tab, look, "settings-writing")
    assert {name: found for name, found in wrong.items() if found} == {}


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_words_are_completed_by_keyboard(
    chromium: Chromium, scene: Scene, people: list[Person], language: str
) -> None:
    person, look = writer(scene, people, language), Look(390, language=language)
    colleague = people[1]
    person.write("Something about #Bergamote")
    options = "[...document.querySelectorAll('[role=option]')]"
    async with visitor(chromium, look) as tab:
        await begin(tab, scene, person)
        await tab.type(f"Hello @{colleague.username}")
        found = f"{options}.map((one) => one.innerText).join().includes('@{colleague.username}')"
        await becomes(tab, found, True)
        active = (
            "document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))"
        )
        assert await tab.ask(f"{active}.getAttribute('aria-selected')") == "true"
        assert await in_order(tab, look, "compose-suggestions") == []
        await tab.press("Enter")
        assert await tab.ask(f"{TEXT}.value") == f"Hello @{colleague.username} "
        assert await tab.ask("document.querySelector('#suggestions').hidden")
        await tab.type("#berg")
        await becomes(tab, f"{options}[0]?.innerText.trim()", "#Bergamote")
        await tab.press("Tab")
        await tab.type(":fus" if language == "fr" else ":rock")
        await becomes(tab, f"{options}[0]?.innerText.includes('🚀')", True)
        await tab.press("Escape")
        assert await tab.ask("document.querySelector('#suggestions').hidden")
        await tab.type("e")
        await becomes(tab, "document.querySelector('#suggestions').hidden", False)
        await tab.ask(f"{options}[0].click()")
        value = await tab.ask(f"{TEXT}.value")
        assert value == f"Hello @{colleague.username} #Bergamote 🚀 "
        await tab.type("@eloise.of.the.other.site")
        assert tab.problems == []


async def test_people_of_other_sites_are_found(
    chromium: Chromium, scene: Scene, people: list[Person]
) -> None:
    handle = scene.author.handle
    async with visitor(chromium, Look()) as tab:
        await begin(tab, scene, writer(scene, people))
        await tab.type(f"@{handle.partition('@')[0]}")
        await becomes(
            tab, f"document.querySelector('#suggestions').innerText.includes('{handle}')", True
        )


async def test_a_picture_with_words_and_a_point(
    chromium: Chromium, scene: Scene, people: list[Person]
) -> None:
    person = writer(scene, people)
    scene.site.execute(f"INSERT INTO writing_choice VALUES ({person.id}, false)")
    async with visitor(chromium, Look()) as tab:
        await begin(tab, scene, person)
        await tab.type("A green picture")
        await drop(tab, ("ship.png", picture()))
        await becomes(tab, "document.activeElement.id.startsWith('description-')", True)
        await tab.type("All green")
        await tab.ask(
            "(() => { const one = document.querySelector('[data-focus]');"
            " one.scrollIntoView(); const box = one.getBoundingClientRect();"
            " one.dispatchEvent(new MouseEvent('click', { bubbles: true,"
            " clientX: box.left + box.width * 0.75, clientY: box.top + box.height * 0.25 })); })()"
        )
        assert await tab.ask("document.querySelector('.focus-point').style.left") == "75%"
        await publish(tab)
        (post,) = until(lambda: person.call("GET", f"/api/v1/accounts/{person.id}/statuses"))
        (file,) = post["media_attachments"]
        assert file["description"] == "All green"
        assert file["meta"]["focus"] == {"x": 0.5, "y": 0.5}


async def test_a_pasted_picture_is_attached_and_pasted_words_stay_words(
    chromium: Chromium, scene: Scene, people: list[Person]
) -> None:
    def paste(adding: str) -> str:
        return (
            "(() => { const held = new DataTransfer();"
            f" {adding} const event = new ClipboardEvent('paste',"
            " { clipboardData: held, bubbles: true, cancelable: true });"
            f" {TEXT}.dispatchEvent(event); return event.defaultPrevented; }})()"
        )

    data = base64.b64encode(picture()).decode()
    file = (
        f"held.items.add(new File([Uint8Array.from(atob('{data}'), (c) => c.charCodeAt(0))],"
        " '', { type: 'image/png' }));"
    )
    async with visitor(chromium, Look(390)) as tab:
        await begin(tab, scene, writer(scene, people))
        assert not await tab.ask(paste("held.setData('text/plain', 'words');"))
        assert await tab.ask(paste(file)), "the browser does nothing else with it"
        await becomes(tab, "document.querySelectorAll('[data-file]').length", 1)
        assert tab.problems == []


async def test_files_that_do_not_arrive_are_explained(
    chromium: Chromium, scene: Scene, people: list[Person]
) -> None:
    async with visitor(chromium, Look(390)) as tab:
        await begin(tab, scene, writer(scene, people))
        await tab.ask("document.querySelector('[data-uploads]').dataset.largest = '2000'")
        await drop(tab, ("large.png", b"x" * 2001), ("text.txt", b"words"))
        said = "[...document.querySelectorAll('[data-uploads] .field-error')]"
        errors = f"{said}.map((one) => one.innerText)"
        await becomes(tab, f"{errors}.length", 2)
        said = " ".join(await tab.ask(errors))
        assert "large.png: This file is too large" in said
        assert "text.txt: This file cannot be shown here" in said
        await tab.ask("document.querySelector('[data-uploads]').dataset.largest = '99999999'")
        await tab.call(
            "Network.emulateNetworkConditions",
            offline=False, latency=0, downloadThroughput=-1, uploadThroughput=2000,
        )  # fmt: skip
        await drop(tab, ("slow.png", picture() + b"x" * 100_000))
        await becomes(tab, "document.querySelector('.upload progress') !== null", True)
        await tab.ask("document.querySelector('.upload button').click()")
        await becomes(tab, "document.querySelectorAll('.upload').length", 0)
        assert await tab.ask("document.querySelectorAll('[data-file]').length") == 0


async def test_a_text_is_there_again(
    chromium: Chromium, scene: Scene, people: list[Person]
) -> None:
    """Left without a word, the page has it again; also after the session was over."""
    person = writer(scene, people)
    status = "document.querySelector('[data-status]').textContent"
    async with visitor(chromium, Look()) as tab:
        await begin(tab, scene, person)
        await tab.type("Half a sentence")
        await becomes(tab, status, "Draft saved")
        await tab.open(scene.address("/"))
        await tab.open(scene.address("/compose"))
        assert await tab.ask(f"{TEXT}.value") == "Half a sentence"
        await tab.ask(f"{TEXT}.focus()")
        await tab.ask(f"{TEXT}.select()")
        await tab.type("Another sentence")
        cookies = (await tab.call("Network.getCookies"))["cookies"]
        await tab.call("Network.clearBrowserCookies")
        await becomes(tab, f"{status}.startsWith('Not saved: you are signed out')", True)
        await publish(tab)
        assert await tab.ask("document.querySelector('#unsent-text').value") == "Another sentence"
        tab.problems.clear()  # Chromium notes the 401s
        assert await in_order(tab, Look(), "unsent") == []
        for one in cookies:
            await tab.call(
                "Network.setCookie", name=one["name"], value=one["value"], url=scene.address("/"),
                httpOnly=one["httpOnly"], secure=one["secure"], path=one["path"],
            )  # fmt: skip
        async with tab.loading():
            await tab.ask("document.querySelector('.unsent form').requestSubmit()")
        assert await tab.ask(f"{TEXT}.value") == "Another sentence"
        await publish(tab)
        assert await tab.ask("location.pathname") == "/"


async def test_what_was_sent_is_taken_back(
    chromium: Chromium, scene: Scene, people: list[Person]
) -> None:
    person, look = writer(scene, people, "fr"), Look(390, language="fr")
    undo = "document.querySelector('.held button')"
    mine = f"/api/v1/accounts/{person.id}/statuses"
    before = person.call("GET", mine)
    async with visitor(chromium, look) as tab:
        await begin(tab, scene, person)
        await tab.type("Too soon")
        await publish(tab)
        await becomes(tab, f"{undo} !== null", True)
        assert await tab.ask("location.search") == ""
        await tab.open(scene.address("/site"))
        await becomes(tab, f"{undo} !== null", True)
        async with tab.loading():
            await tab.ask(f"{undo}.click()")
        assert await tab.ask(f"{TEXT}.value") == "Too soon"
        assert person.call("GET", mine) == before
        await tab.ask(f"{TEXT}.focus()")
        await tab.type("Now: ")
        await publish(tab)
        await becomes(tab, f"{undo} !== null", True)
        await photograph(tab, look, "held")
        tab.problems.clear()  # Chromium notes pages left untouched
        assert await in_order(tab, look, "held-over") == []
    # The browser is gone; the site sends it.
    sent = until(lambda: [one for one in person.call("GET", mine) if one not in before])
    assert ["Too soon" in one["content"] for one in sent] == [True]
