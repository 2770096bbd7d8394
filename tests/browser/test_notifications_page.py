"""Notifications in a real browser: live between two sites, read, filtered and answered."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from tests.browser.chromium import FLOWS, Chromium, Look, Tab, visitor
from tests.browser.conftest import Scene
from tests.browser.test_in_place import becomes
from tests.browser.test_pages import faults, sign_in, walk
from tests.sites.person import Person
from tests.sites.site import Site
from tests.sites.waiting import until

BADGE = "document.querySelector('[data-unread] [aria-hidden]')?.innerText"
ROWS = "[...document.querySelectorAll('.notification-words')].map((one) => one.innerText)"
LOOKS = [
    Look(width, scheme, language)
    for (width, language), scheme in zip(
        itertools.product((390, 1280), ("en", "fr")),
        ("light", "dark", "dark", "light"),
        strict=True,
    )
]

SAID = {
    "en": ("likes your post", "follows you", "shared your post"),
    "fr": ("aime votre publication", "vous suit", "a partagé votre publication"),
}


async def newcomers(site: Site, count: int) -> list[Person]:
    """People whom nobody knows yet."""
    return await asyncio.to_thread(site.newcomers, count)


async def press(tab: Tab, selector: str) -> None:
    """Presses Enter on a control that leads to another page."""
    await tab.ask(f"document.querySelector({selector!r}).focus()")
    async with tab.loading():
        await tab.press("Enter")


def last_read(person: Person) -> str:
    """How far apps know that somebody has read."""
    found = person.get("/api/v1/markers", **{"timeline[]": "notifications"})
    return str(found["notifications"]["last_read_id"]) if found else ""


@pytest.mark.parametrize("look", FLOWS, ids=str)
async def test_what_happens_elsewhere_is_counted_shown_and_read(
    chromium: Chromium, scene: Scene, look: Look
) -> None:
    """Somebody of the other site likes a post: the number comes by itself, and goes by reading."""
    (reader,) = await newcomers(scene.site, 1)
    likes, follows, shared = SAID[look.language]
    scene.site.execute(
        f"UPDATE login SET locale = '{look.language}' WHERE account_id = {reader.id}"
    )
    scene.author.follow(reader)
    mine = reader.write(f"Something to like, {look}")
    there = scene.author.arrived(mine["uri"])
    async with visitor(chromium, look) as tab:
        await sign_in(tab, scene, reader)
        await tab.open(scene.address("/settings"))
        await becomes(tab, BADGE, "1")  # a follower
        await tab.ask("window.same = true")
        scene.author.on(there, "favourite")
        await becomes(tab, BADGE, "2")
        assert await tab.ask("window.same"), "without loading the page"
        await press(tab, '.main-navigation a[href="/notifications"]')
        shown = await tab.ask(ROWS)
        assert likes in shown[0]
        assert follows in shown[1]
        await becomes(tab, "document.querySelector('form[data-mark-read]')", None)
        await becomes(tab, BADGE, None)
        newest = reader.notifications()[0]["id"]
        assert last_read(reader) == newest, "apps know"
        # What happens while the page is open is announced, and does not move it.
        scene.author.on(there, "reblog")
        await becomes(tab, "document.querySelector('[data-news]').hidden", False)
        await becomes(tab, BADGE, "1")
        await press(tab, "[data-news]")
        assert shared in (await tab.ask(ROWS))[0]
        assert await tab.ask("document.querySelectorAll('.notification-unread').length") == 1
        assert tab.problems == []


async def test_a_home_page_passes_on_what_its_stream_hears(
    chromium: Chromium, scene: Scene
) -> None:
    (reader,) = await newcomers(scene.site, 1)
    async with visitor(chromium, Look()) as tab:
        await sign_in(tab, scene, reader)
        await becomes(tab, "document.querySelector('fedrse-feed').live", True)
        scene.readers["en"].write(f"@{reader.username} on your home page")
        await becomes(tab, BADGE, "1")


async def test_everything_without_script(chromium: Chromium, scene: Scene) -> None:
    """Read, filtered, forgotten, let through and answered by forms alone."""
    reader, friend, stranger, asker = await newcomers(scene.site, 4)
    reader.follow(friend)
    friend.follow(reader)
    friend.write(f"@{reader.username} hello")
    reader.call("PATCH", "/api/v1/accounts/update_credentials", {"locked": True})
    asker.follow(reader, wait=False)
    async with visitor(chromium, Look(scripts=False)) as tab:
        await sign_in(tab, scene, reader)
        await tab.open(scene.address("/settings/notifications"))
        await tab.ask("document.querySelector('#for_not_following').value = 'filter'")
        await press(tab, ".policy-rule ~ .button-row .button-primary")
        assert await tab.ask("document.querySelector('.notice-success') !== null")
        stranger.write(f"@{reader.username} you do not know me")
        until(lambda: reader.get("/api/v1/notifications/requests"), "a request")
        await tab.open(scene.address("/notifications"))
        assert await tab.ask(BADGE) == "3"
        await press(tab, "form[data-mark-read] button")
        assert await tab.ask(BADGE) is None
        await press(tab, '.tabs a[href="/notifications?filter=mentions"]')
        assert len(await tab.ask(ROWS)) == 1
        await press(tab, ".notification-dismiss button")
        assert await tab.ask("document.querySelector('.empty') !== null")
        await tab.open(scene.address("/notifications"))
        await press(tab, 'form[action*="/accept"] button')
        assert reader.relationship(asker.id)["followed_by"]
        await press(tab, 'a[href="/notifications/requests"]')
        await press(tab, ".post-excerpt a")
        assert "you do not know me" in await tab.ask("document.querySelector('main').innerText")
        await press(tab, 'form[action$="/accept"] button')
        await tab.open(scene.address("/notifications?filter=mentions"))
        assert stranger.username in (await tab.ask(ROWS))[0].lower()
        assert tab.problems == []


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_pages_of_notifications_are_in_order(
    chromium: Chromium, scene: Scene, look: Look
) -> None:
    """Nothing too wide, unnamed or unreadable, and everything reached by keyboard."""
    reader, other = scene.readers[look.language], *(await newcomers(scene.site, 1))
    mine = reader.write("Donaudampfschifffahrtsgesellschaft" * 6)
    for person in (other, *(await newcomers(scene.site, 2))):
        person.on(mine, "favourite")
    other.write(f"@{reader.username} " + "Kapitänskajütentürschlüsselanhänger" * 5)
    async with visitor(chromium, look) as tab:
        await sign_in(tab, scene, reader)
        wrong = {}
        for path in (
            *("/notifications", "/notifications?filter=mentions", "/notifications?filter=polls"),
            *("/notifications/requests", "/settings/notifications", "/follow-requests"),
        ):
            await tab.open(scene.address(path))
            wrong[path] = await faults(tab, look)
        await tab.open(scene.address("/notifications?filter=reactions"))
        wrong["keyboard"] = await walk(tab)
    assert {path: found for path, found in wrong.items() if found} == {}
