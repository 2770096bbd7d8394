"""What is sent while the site cannot be reached waits on the device, and is sent once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.axe import violations
from tests.browser.chromium import Chromium, Look, Tab, visitor
from tests.browser.conftest import Scene
from tests.browser.test_app import shows
from tests.browser.test_in_place import becomes
from tests.browser.test_pages import sign_in, walk
from tests.sites.group import make_group
from tests.sites.person import Person
from tests.sites.waiting import until

ENTRIES = "[...document.querySelectorAll('.outbox-entry')]"
TEXT = "document.querySelector('#text')"
WAITS = "document.querySelector('fedrse-outbox section')?.hidden === false"
HOURS = 3_600_000


@pytest.fixture(scope="module")
def island(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A site that can be away for a while."""
    made = make_group(tmp_path_factory.mktemp("island"), 1)
    writer, colleague, french = made[0].newcomers(3)
    made[0].execute(f"UPDATE login SET locale = 'fr' WHERE account_id = {french.id}")
    for one in (writer, french):
        made[0].execute(f"INSERT INTO writing_choice VALUES ({one.id}, false)")
    yield Scene(made[0], {"en": writer, "fr": french}, colleague, {}, "")
    made.stop()


async def arrive(tab: Tab, scene: Scene, person: Person) -> None:
    """Signs in, and waits until the worker answers for this browser."""
    await sign_in(tab, scene, person)
    await tab.ask("navigator.serviceWorker.ready.then(() => true)")
    await becomes(tab, "navigator.serviceWorker.controller !== null", True)


async def settle(tab: Tab, scene: Scene) -> None:
    """The site is there again, and the page is told as a device tells it."""
    scene.site.start()
    await tab.ask("window.dispatchEvent(new Event('online'))")


async def press(tab: Tab, what: str) -> None:
    """A button of the only entry, by keyboard."""
    await tab.ask(f"document.querySelector('.outbox-entry [data-do={what}]').focus()")
    await tab.press("Enter")


async def note(tab: Tab, entry: dict[str, Any]) -> None:
    """Puts something among what waits, as if it had been sent in vain."""
    await tab.ask(
        "new Promise((then) => { const opening = indexedDB.open('fedrse', 1);"
        " opening.onupgradeneeded = () =>"
        "   opening.result.createObjectStore('outbox', { keyPath: 'key' });"
        " opening.onsuccess = () => { const writing ="
        "   opening.result.transaction('outbox', 'readwrite'); writing.oncomplete = then;"
        f"  writing.objectStore('outbox').put({json.dumps(entry)}); }}; }})"
        ".then(() => localStorage.setItem('outbox', 1))"
    )


def entry(person: Person, text: str, **changes: Any) -> dict[str, Any]:
    key = f"key-{text}"
    fields = [["text", text], ["key", key], ["audience", "site"]]
    made = {"key": key, "path": "/compose", "me": f"@{person.handle}", "fields": fields}
    return {**made, "at": 1, "tried": 0, "state": "waiting", **changes}


def unexpected(tab: Tab) -> list[str]:
    """What went wrong besides what cannot work without the site."""
    expected = ("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING")
    return [one for one in tab.problems if not any(error in one for error in expected)]


def texts(person: Person) -> list[str]:
    """What somebody has published, the latest first."""
    found = person.call("GET", f"/api/v1/accounts/{person.id}/statuses")
    return [one["content"].removeprefix("<p>").removesuffix("</p>") for one in found]


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_a_post_waits_is_changed_and_sent_once(
    chromium: Chromium, island: Scene, language: str
) -> None:
    person, look = island.readers[language], Look(390, language=language)
    said = {"en": ("No connection", "Not sent yet"), "fr": ("Pas de connexion", "Pas encore env")}
    title, state = said[language]
    async with visitor(chromium, look) as tab:
        await arrive(tab, island, person)
        await tab.open(island.address("/compose"))
        await tab.ask(f"{TEXT}.focus()")
        await tab.type("Written on the ferry")
        island.site.stop()
        try:
            await tab.ask("document.querySelector('[data-publish] .button-primary').focus()")
            async with tab.loading():
                await tab.press("Enter")
            await shows(tab, WAITS)
            assert await tab.ask("location.pathname") == "/offline"
            shown = await tab.ask("document.querySelector('main').innerText")
            assert title in shown
            assert state in shown
            assert "Written on the ferry" in shown
            assert person.username not in await tab.ask("document.head.innerHTML")
            assert await walk(tab) == []
            assert await violations(tab) == []
            await press(tab, "edit")
            await becomes(tab, "document.activeElement.localName", "textarea")
            await tab.ask("document.activeElement.select()")
            await tab.type("Changed on the ferry")
            await press(tab, "keep")
            await becomes(
                tab, "document.querySelector('.outbox-text').innerText", "Changed on the ferry"
            )
        finally:
            tab.problems.clear()  # Chromium notes each attempt
            await settle(tab, island)
        await shows(tab, "location.pathname === '/'")
        await shows(tab, "document.querySelector('.toasts .toast')")
        assert texts(person) == ["Changed on the ferry"]
        await tab.open(island.address("/compose"))
        assert not await tab.ask(WAITS)
        assert await tab.ask(f"{TEXT}.value") == "", "nothing is left to be sent again"
        assert texts(person) == ["Changed on the ferry"]
        assert unexpected(tab) == []


async def test_what_arrived_already_is_not_sent_twice(chromium: Chromium, island: Scene) -> None:
    """The answer was lost on the way: nobody can tell, but the key does."""
    person = island.readers["en"]
    async with visitor(chromium, Look()) as tab:
        await arrive(tab, island, person)
        await tab.open(island.address("/compose"))
        await tab.ask(f"{TEXT}.focus()")
        await tab.type("Once is enough")
        key = await tab.ask("document.querySelector('form.compose').elements.key.value")
        await tab.ask("document.querySelector('[data-publish] .button-primary').focus()")
        async with tab.loading():
            await tab.press("Enter")
        assert texts(person)[0] == "Once is enough"
        number = len(texts(person))
        fields = [["text", "Once is enough"], ["key", key]]
        await note(tab, entry(person, "Once is enough", key=key, fields=fields))
        await tab.open(island.address("/settings"))
        await shows(tab, "document.querySelector('.toasts .toast')")
        await becomes(tab, "localStorage.getItem('outbox')", "")
        assert len(texts(person)) == number
        assert tab.problems == []


async def test_a_message_waits_in_its_conversation(chromium: Chromium, island: Scene) -> None:
    person, colleague = island.readers["en"], island.author
    colleague.write(f"@{person.username} Are you there?", visibility="direct")
    (chat,) = person.get("/api/v1/conversations")
    shown = "[...document.querySelectorAll('.message-text')].map((one) => one.innerText.trim())"
    async with visitor(chromium, Look(390)) as tab:
        await arrive(tab, island, person)
        await tab.open(island.address(f"/messages/{chat['id']}"))
        await becomes(tab, "document.querySelector('fedrse-chat').live", True)
        await tab.ask("document.querySelector('.chat-form textarea').focus()")
        await tab.type("In the tunnel")
        island.site.stop()
        try:
            await tab.ask("document.querySelector('.chat-form .button-primary').click()")
            await shows(tab, WAITS)
            assert await tab.ask(f"{TEXT}.value") == ""
            assert await tab.ask("document.activeElement.id") == "text"
            assert "In the tunnel" in await tab.ask("document.querySelector('.outbox').innerText")
        finally:
            tab.problems.clear()
            await settle(tab, island)
        await becomes(tab, f"({shown}).at(-1)", "In the tunnel")
        await becomes(tab, WAITS, False)
        await becomes(tab, "document.querySelector('fedrse-chat').live", True)
        assert await tab.ask(f"({shown}).filter((one) => one === 'In the tunnel').length") == 1
    (theirs,) = colleague.get("/api/v1/conversations")
    until(lambda: "In the tunnel" in theirs["last_status"]["content"])


async def test_what_is_refused_says_why_and_is_not_lost(chromium: Chromium, island: Scene) -> None:
    person = island.readers["en"]
    before = len(texts(person))
    async with visitor(chromium, Look()) as tab:
        await arrive(tab, island, person)
        await note(tab, entry(person, "x" * 5001, key="long"))
        await tab.open(island.address("/compose"))
        state = "document.querySelector('.outbox-state')?.innerText"
        await becomes(tab, f"{state}?.includes('This text is too long')", True)
        tab.problems.clear()  # Chromium notes the 422
        assert await violations(tab) == []
        await press(tab, "drop")
        await becomes(tab, state, "Dropped")
        assert await tab.ask("document.activeElement.dataset.do") == "back"
        await tab.press("Enter")
        await becomes(tab, f"{state} !== 'Dropped'", True)
        await press(tab, "drop")
        await becomes(tab, state, "Dropped")
        await tab.open(island.address("/compose"))
        assert not await tab.ask(WAITS)
        assert len(texts(person)) == before


async def test_what_may_have_arrived_long_ago_is_left_to_the_person(
    chromium: Chromium, island: Scene
) -> None:
    """The site remembers keys for a day only."""
    person = island.readers["en"]
    async with visitor(chromium, Look()) as tab:
        await arrive(tab, island, person)
        long_ago = await tab.ask(f"Date.now() - 21 * {HOURS}")
        await note(tab, entry(person, "Of yesterday", tried=long_ago))
        await tab.open(island.address("/compose"))
        state = "document.querySelector('.outbox-state').innerText"
        await becomes(tab, f"{state}.startsWith('Not sent by itself any more')", True)
        assert "Of yesterday" not in texts(person)
        await press(tab, "send")
        await becomes(tab, WAITS, False)
        assert texts(person)[0] == "Of yesterday"


async def test_nobody_sees_or_sends_what_another_person_wrote(
    chromium: Chromium, island: Scene
) -> None:
    person, other = island.readers["en"], island.author
    async with visitor(chromium, Look()) as tab:
        await arrive(tab, island, person)
        await note(tab, entry(other, "Written by somebody else"))
        await tab.open(island.address("/compose"))
        await becomes(tab, "localStorage.getItem('outbox')", "1")
        assert not await tab.ask(WAITS)
        await tab.ask("fetch('/offline').then((one) => one.text())")
        await tab.open(island.address("/offline"))
        assert "Written by somebody else" not in await tab.ask("document.body.innerText")
    assert "Written by somebody else" not in texts(person) + texts(other)


async def test_a_draft_is_begun_without_network(chromium: Chromium, island: Scene) -> None:
    person = island.readers["en"]
    async with visitor(chromium, Look(390)) as tab:
        await arrive(tab, island, person)
        await becomes(tab, "localStorage.getItem('me')", f"@{person.handle}")
        island.site.stop()
        try:
            await tab.open(island.address("/compose"))
            await tab.ask("document.querySelector('#outbox-text').focus()")
            await tab.type("Begun in the lift")
            await tab.press("Tab")
            await tab.press("Enter")
            await shows(tab, WAITS)
            assert "Begun in the lift" in await tab.ask(f"{ENTRIES}[0].innerText")
        finally:
            tab.problems.clear()
            await settle(tab, island)
        await becomes(tab, "location.pathname", "/")  # sent: the page without network is left
        await shows(tab, "document.querySelector('.toasts .toast')")
        await tab.open(island.address("/drafts"))
        assert "Begun in the lift" in await tab.ask("document.querySelector('main').innerText")
        assert "Begun in the lift" not in texts(person)


async def test_whoever_signs_out_sees_what_was_not_sent(chromium: Chromium, island: Scene) -> None:
    person = island.readers["en"]
    async with visitor(chromium, Look(390)) as tab:
        await arrive(tab, island, person)
        await becomes(tab, "localStorage.getItem('me')", f"@{person.handle}")
        await note(tab, entry(person, "Being changed", state="held"))
        await tab.open(island.address("/logout"))
        await becomes(tab, f"{ENTRIES}.length", 1)
        assert await violations(tab) == []
        async with tab.loading():
            await tab.ask("document.querySelector('form[action=\"/logout\"]').requestSubmit()")
        await becomes(tab, "localStorage.getItem('me')", None)
