"""What scripts add to pages: new posts announced, buttons that stay in place, menus, no network."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from tests.browser.chromium import Chromium, Look, ProtocolFailed, Tab, visitor
from tests.browser.conftest import Scene
from tests.browser.test_pages import faults, sign_in
from tests.sites.person import Person
from tests.sites.waiting import until

PATIENCE = 30.0
LIKE = "document.querySelector('fedrse-feed .action-like')"


async def becomes(tab: Tab, script: str, wanted: Any) -> None:
    """Waits until an expression has this value; what it speaks of may not be there yet."""
    found: Any
    found, deadline = None, time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            found = await tab.ask(script)
        except ProtocolFailed as error:
            found = error
        if found == wanted:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{script} is {found!r}, not {wanted!r}")


async def test_new_posts_are_announced_and_shown_without_jumping(
    chromium: Chromium, scene: Scene
) -> None:
    reader, author = scene.readers["en"], scene.readers["fr"]
    reader.follow(author)
    async with visitor(chromium, Look()) as tab:
        await sign_in(tab, scene, reader)
        await tab.ask("window.same = true")
        before = await tab.ask("document.querySelector('fedrse-feed [data-key]').dataset.key")
        number = await tab.ask("document.querySelectorAll('fedrse-feed [data-key]').length")
        await becomes(tab, "document.querySelector('fedrse-feed').live", True)
        author.write("Fresh from the press")
        await becomes(tab, "document.querySelector('.feed-news')?.textContent", "One new post")
        newest = "document.querySelector('fedrse-feed [data-key]').dataset.key"
        assert await tab.ask(newest) == before, "nothing moves before one asks for it"
        author.write("And another one")
        await becomes(tab, "document.querySelector('.feed-news')?.textContent", "2 new posts")
        await tab.ask("document.querySelector('.feed-news').click()")
        await becomes(tab, "document.querySelector('.feed-news')", None)
        cards = "[...document.querySelectorAll('fedrse-feed [data-key]')]"
        assert await tab.ask(f"{cards}.length") == number + 2
        texts = await tab.ask(f"{cards}.slice(0, 2).map((one) => one.innerText)")
        assert "And another one" in texts[0]
        assert "Fresh from the press" in texts[1]
        assert await tab.ask("window.same"), "the page is the same one"
        assert tab.problems == []


async def test_a_like_stays_on_the_page(chromium: Chromium, scene: Scene) -> None:
    reader = scene.readers["en"]
    async with visitor(chromium, Look()) as tab:
        await sign_in(tab, scene, reader)
        await tab.ask("window.same = true")
        pressed = f"{LIKE}.getAttribute('aria-pressed')"
        count = f"Number({LIKE}.querySelector('[data-count]').dataset.count)"
        was, number = await tab.ask(pressed), await tab.ask(count)
        other = {"true": "false", "false": "true"}[was]
        post = await tab.ask("document.querySelector('[data-part^=feedback]').dataset.part")
        await tab.ask(f"{LIKE}.click()")
        await becomes(tab, pressed, other)

        def is_known() -> bool:
            return bool(reader.status(post.partition("-")[2])["favourited"]) is (other == "true")

        until(is_known)
        await tab.open(scene.address("/"))
        assert await tab.ask(pressed) == other, "the site knows"
        assert await tab.ask(count) == number + (1 if other == "true" else -1)
        await tab.ask(f"{LIKE}.click()")
        await becomes(tab, pressed, was)
        assert await tab.ask(count) == number
        assert tab.problems == []


async def test_a_refused_like_is_taken_back_and_said(chromium: Chromium, scene: Scene) -> None:
    async with visitor(chromium, Look()) as tab:
        await sign_in(tab, scene, scene.readers["en"])
        pressed = f"{LIKE}.getAttribute('aria-pressed')"
        was = await tab.ask(pressed)
        await tab.ask(f"{LIKE}.formAction = '/posts/1/like'; {LIKE}.click()")
        await becomes(tab, "document.querySelectorAll('.toasts .toast-danger').length", 1)
        assert await tab.ask(pressed) == was
        await tab.ask("document.querySelector('.toasts button').click()")
        assert await tab.ask("document.querySelectorAll('.toasts .toast').length") == 0


async def test_following_changes_the_button_only(chromium: Chromium, scene: Scene) -> None:
    reader, other = scene.readers["fr"], scene.readers["en"]
    words = "document.querySelector('[data-part=follow] button').innerText.trim()"
    async with visitor(chromium, Look()) as tab:
        await sign_in(tab, scene, reader)
        await tab.open(scene.address(f"/@{other.username}"))
        await tab.ask("window.same = true")
        first = await tab.ask(words)
        await tab.ask("document.querySelector('[data-part=follow] button').focus()")
        await tab.press("Enter")
        await becomes(tab, f"{words} !== {first!r}", True)
        assert await tab.ask("document.activeElement.closest('[data-part]') !== null")
        await tab.press("Enter")
        await becomes(tab, words, first)
        assert await tab.ask("window.same")
        assert tab.problems == []


@pytest.fixture
def follower(scene: Scene) -> Person:
    """Somebody new who follows the author; made where no event loop runs."""
    made = scene.site.newcomer()
    made.follow(scene.author)
    return made


async def test_people_in_a_list_are_followed_in_place(
    chromium: Chromium, scene: Scene, follower: Person
) -> None:
    reader, other = scene.readers["en"], follower
    button = f"document.querySelector('.follow-toggle[formaction^=\"/people/{other.id}/\"]')"
    async with visitor(chromium, Look()) as tab:
        await sign_in(tab, scene, reader)
        page = scene.address(f"/people/{reader.account_id(scene.author)}/followers")
        await tab.open(page)
        await tab.ask("window.same = true")
        shown = f"{button}.querySelector('[data-words]').textContent"
        assert await tab.ask(shown) == "Follow"
        await tab.ask(f"{button}.focus()")
        # A press while the one before is on its way does nothing: the answer has to be there.
        async with tab.page.expect_response(f"**/people/{other.id}/follow") as answer:
            await tab.press("Enter")
        await (await answer.value).finished()
        await becomes(tab, shown, "Unfollow")
        until(lambda: reader.relationship(other.id)["following"])
        assert await tab.ask(f"document.activeElement === {button}"), "the focus stays"
        await tab.press("Enter")
        await becomes(tab, shown, "Follow")
        until(lambda: not reader.relationship(other.id)["following"])
        assert await tab.ask("window.same")
        assert tab.problems == []
    async with visitor(chromium, Look(scripts=False)) as tab:
        await sign_in(tab, scene, reader)
        await tab.open(page)
        async with tab.loading():
            await tab.page.locator(f"[formaction='/people/{other.id}/follow']").click()
        await tab.page.locator(f"[formaction='/people/{other.id}/unfollow']").wait_for()
        assert tab.page.url == page


async def test_menus_and_dialogs_by_keyboard(chromium: Chromium, scene: Scene) -> None:
    async with visitor(chromium, Look()) as tab:
        await sign_in(tab, scene, scene.readers["en"])
        await tab.open(scene.address("/style"))
        await tab.ask("document.querySelector('.account-menu summary').focus()")
        await tab.press("Enter")
        assert await tab.ask("document.querySelector('.account-menu').open")
        await tab.press("ArrowDown")
        assert await tab.ask("document.activeElement.innerText.trim()") == "Your profile"
        await tab.press("ArrowUp")
        assert await tab.ask("document.activeElement.innerText.trim()") == "Sign out"
        await tab.press("Escape")
        assert not await tab.ask("document.querySelector('.account-menu').open")
        assert await tab.ask("document.activeElement.localName") == "summary"
        await tab.ask("document.querySelector('[data-opens]').focus()")
        await tab.ask("document.querySelector('.button[data-opens]').focus()")
        await tab.press("Enter")
        assert await tab.ask("document.querySelector('#sample-dialog').open")
        assert await tab.ask("document.activeElement.closest('dialog') !== null")
        await tab.press("Escape")
        await becomes(tab, "document.querySelector('#sample-dialog').open", False)
        assert await tab.ask("document.activeElement.dataset.opens") == "sample-dialog"


async def test_the_choice_of_appearance_shows_at_once(chromium: Chromium, scene: Scene) -> None:
    async with visitor(chromium, Look(scheme="light")) as tab:
        await sign_in(tab, scene, scene.readers["en"])
        canvas = "getComputedStyle(document.documentElement).backgroundColor"
        light = await tab.ask(canvas)
        await tab.open(scene.address("/settings/appearance"))
        await tab.ask("document.querySelector('#scheme-dark').click()")
        async with tab.loading():
            await tab.ask("document.querySelector('main form').requestSubmit()")
        assert await tab.ask(canvas) != light
        await tab.ask("document.querySelector('#scheme-').click()")
        async with tab.loading():
            await tab.ask("document.querySelector('main form').requestSubmit()")
        assert await tab.ask(canvas) == light


async def test_without_network_a_page_says_so(chromium: Chromium, scene: Scene) -> None:
    async with visitor(chromium, Look()) as tab:
        await tab.open(scene.address("/auth/sign_in"))
        await tab.ask("navigator.serviceWorker.ready.then(() => true)")
        await becomes(tab, "navigator.serviceWorker.controller !== null", True)
        await tab.context.set_offline(True)
        kept = "caches.match('/offline').then((one) => one.text())"
        assert "No connection" in await tab.ask(kept)
        manifest = await tab.call("Page.getAppManifest")
        assert manifest["errors"] == []


async def test_the_home_page_is_marked_read_without_script(
    chromium: Chromium, scene: Scene
) -> None:
    reader, author = scene.readers["en"], scene.readers["fr"]
    reader.follow(author)
    newest = author.write("Seen without script")
    button = "document.querySelector('main [form=home-read]')"
    async with visitor(chromium, Look(390, scripts=False)) as tab:
        await sign_in(tab, scene, reader)
        assert await tab.ask(f"{button}.innerText.trim()") == "Mark all as read"
        assert await faults(tab, Look(390)) == []
        async with tab.loading():
            await tab.ask(f"{button}.click()")
        assert await tab.ask("location.pathname") == "/"
        assert await tab.ask(f"{button} === null")
    marker = reader.get("/api/v1/markers", **{"timeline[]": "home"})["home"]
    assert marker["last_read_id"] == newest["id"]


async def test_a_form_that_leads_on_is_sent_once(chromium: Chromium, scene: Scene) -> None:
    """A second press on the way does nothing; after coming back it works again."""
    async with visitor(chromium, Look()) as tab:
        await sign_in(tab, scene, scene.readers["en"])
        await tab.open(scene.address("/settings/filters/new"))
        await tab.ask(
            "window.sent = 0; addEventListener('submit', (event) => {"
            " if (!event.defaultPrevented) window.sent += 1; event.preventDefault(); })"
        )
        press = "document.querySelector('main form').requestSubmit(); window.sent"
        await tab.ask("document.querySelector('main form').noValidate = true")
        assert await tab.ask(press) == 1
        assert await tab.ask(press) == 1
        await tab.ask("window.dispatchEvent(new Event('pageshow'))")
        assert await tab.ask(press) == 2
