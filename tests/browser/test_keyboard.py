"""Whole ways by keyboard alone: these tests press nothing but keys, and the focus is never lost."""

from __future__ import annotations

import itertools

import pytest

from tests.browser.chromium import Chromium, Look, Tab, visitor
from tests.browser.conftest import Scene
from tests.browser.test_in_place import becomes
from tests.browser.test_polls_page import people
from tests.sites.person import PASSWORD, Person
from tests.sites.waiting import until

__all__ = ["people"]

MOST_PRESSES = 220
AT = "document.activeElement"
LOOKS = [
    Look(width, scheme, language)
    for (width, language), scheme in zip(
        itertools.product((390, 1280), ("en", "fr")),
        ("light", "dark", "dark", "light"),
        strict=True,
    )
]
MOVING = """
[...document.querySelectorAll("*")].filter((one) => {
  const style = getComputedStyle(one);
  const both = `${style.transitionDuration},${style.animationDuration}`;
  const seconds = both.split(",").map(parseFloat);
  return seconds.some((value) => value > 0.01);
}).map((one) => one.outerHTML.slice(0, 100))
"""


async def reach(tab: Tab, condition: str) -> None:
    """Presses Tab until the focus is on what fulfils a condition about ``at``."""
    script = f"((at) => Boolean({condition}))({AT})"
    for _ in range(MOST_PRESSES):
        if await tab.ask(script):
            return
        await tab.press("Tab")
    raise AssertionError(f"not reached by Tab: {condition}")


async def follow_link(tab: Tab, condition: str) -> None:
    """Enter on something that leads to another page."""
    await reach(tab, condition)
    async with tab.loading():
        await tab.press("Enter")


async def search(tab: Tab, words: str, *, wide: bool) -> None:
    if not wide:
        await follow_link(tab, "at.matches('.main-navigation a[href=\"/search\"]')")
    await reach(tab, "at.matches('form[role=search][action=\"/search\"] input[type=search]')")
    await tab.type(words)
    async with tab.loading():
        await tab.press("Enter")


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_a_day_by_keyboard_alone(
    chromium: Chromium, scene: Scene, people: list[Person], look: Look
) -> None:
    """Sign in, find, follow, like, react, answer, write to somebody: no pointer, no focus lost."""
    author, reader = people
    scene.site.execute(
        f"UPDATE login SET locale = '{look.language}' WHERE account_id = {reader.id}"
    )
    scene.site.execute(f"INSERT INTO writing_choice VALUES ({reader.id}, false)")
    post = author.write(f"Reachable by keys {look}")
    card = f"document.querySelector('[data-key=\"{post['id']}\"]')"
    in_card = f"at.closest('[data-key=\"{post['id']}\"]')"
    async with visitor(chromium, look) as tab:
        await tab.open(scene.address("/auth/sign_in"))
        await reach(tab, "at.id === 'name'")
        await tab.type(reader.username)
        await reach(tab, "at.id === 'password'")
        await tab.type(PASSWORD)
        async with tab.loading():
            await tab.press("Enter")

        await search(tab, author.username, wide=look.width > 600)
        await follow_link(tab, f"at.getAttribute('href') === '/@{author.username}'")
        await tab.ask("window.same = true")
        await reach(tab, "at.matches('[data-part=follow] button')")
        before = await tab.ask(f"{AT}.innerText")
        await tab.press("Enter")
        await becomes(
            tab,
            f"document.querySelector('[data-part=follow] button').innerText !== {before!r}",
            True,
        )
        assert await tab.ask(f"{AT}.closest('[data-part=follow]') !== null"), (
            "focus after following"
        )

        await reach(tab, f"{in_card} && at.matches('.action-like')")
        await tab.press("Enter")
        await becomes(tab, f"{card}.querySelector('.action-like').ariaPressed", "true")
        assert await tab.ask(f"{AT}.matches('.action-like')"), "focus after liking"
        await reach(tab, f"{in_card} && at.matches('.menu-react summary')")
        await tab.press("Enter")
        await tab.press("ArrowDown")
        await tab.press("Enter")
        await becomes(tab, f"{card}.querySelector('.reaction-thanks')?.ariaPressed", "true")
        assert await tab.ask(f"{AT}.matches('.menu-react summary')"), "focus after reacting"
        assert await tab.ask("window.same"), "all of it on one page"

        await follow_link(tab, f"{in_card} && at.matches('a.action-reply')")
        await reach(tab, "at.id === 'text'")
        await tab.type("an answer by keys")
        await reach(tab, "at.matches('[data-publish] .button-primary')")
        async with tab.loading():
            await tab.press("Enter")
        assert "an answer by keys" in await tab.ask("document.querySelector('main').innerText")

        await follow_link(tab, "at.matches('.main-navigation a[href=\"/messages\"]')")
        await follow_link(tab, "at.matches('main a[href=\"/messages/new\"]')")
        await reach(tab, "at.id === 'q'")
        await tab.type(author.username)
        async with tab.loading():
            await tab.press("Enter")
        await follow_link(tab, "at.matches('button[name=add]')")
        await reach(tab, "at.id === 'text'")
        await tab.type("A message by keys")
        await follow_link(tab, "at.matches('.chat-form .button-primary')")
        assert "A message by keys" in await tab.ask("document.querySelector('main').innerText")

        await follow_link(tab, "at.matches('.main-navigation a[href=\"/notifications\"]')")
        await follow_link(tab, "at.matches('.main-navigation a[href=\"/compose\"]')")
        await reach(tab, "at.id === 'text'")
        await tab.type("Published by keys")
        await follow_link(tab, "at.matches('[data-publish] .button-primary')")
        assert tab.problems == []
    seen = author.status(post["id"])
    assert (seen["replies_count"], seen["favourites_count"]) == (1, 2)
    assert reader.relationship(author.id)["following"]
    until(lambda: author.get("/api/v1/conversations"), "the message")
    newest = reader.get(f"/api/v1/accounts/{reader.id}/statuses")[0]
    assert "Published by keys" in newest["content"]


async def test_the_focus_stays_when_others_delete_what_is_read(
    chromium: Chromium, scene: Scene, people: list[Person]
) -> None:
    author, reader = people
    reader.follow(author)
    posts = [author.write(f"To be deleted {number}") for number in range(3)]
    until(lambda: len(reader.home()) >= 3)
    async with visitor(chromium, Look()) as tab:
        await tab.open(scene.address("/auth/sign_in"))
        await reach(tab, "at.id === 'name'")
        await tab.type(reader.username)
        await reach(tab, "at.id === 'password'")
        await tab.type(PASSWORD)
        async with tab.loading():
            await tab.press("Enter")
        await becomes(tab, "document.querySelector('fedrse-feed').live", True)
        await reach(tab, f"at.closest('[data-key=\"{posts[1]['id']}\"]')")
        author.delete(posts[1])
        await becomes(tab, f"document.querySelector('[data-key=\"{posts[1]['id']}\"]')", None)
        at = await tab.ask(f"{AT}.closest('[data-key]')?.dataset.key")
        assert at == posts[0]["id"], "the next post"
        assert tab.problems == []


async def test_closing_a_message_leaves_the_focus_on_the_page(
    chromium: Chromium, scene: Scene
) -> None:
    async with visitor(chromium, Look()) as tab:
        await tab.open(scene.address("/auth/sign_in"))
        app = "document.querySelector('script[src*=app]').src"
        await tab.ask(f"import({app}).then((one) => one.toast('Said'))")
        await reach(tab, "at.closest('.toast')")
        await tab.press("Enter")
        await becomes(tab, "document.querySelectorAll('.toasts .toast').length", 0)
        assert await tab.ask(f"{AT}.localName") == "main"


async def test_nothing_moves_for_whoever_wants_it_so(chromium: Chromium, scene: Scene) -> None:
    """By the setting of the device, and by the person's own choice on a device without one."""
    reader = scene.readers["en"]
    async with visitor(chromium, Look()) as tab:
        await tab.open(scene.address("/auth/sign_in"))
        await reach(tab, "at.id === 'name'")
        await tab.type(reader.username)
        await reach(tab, "at.id === 'password'")
        await tab.type(PASSWORD)
        async with tab.loading():
            await tab.press("Enter")
        await tab.open(scene.address("/style"))
        assert await tab.ask(MOVING) == []
        await tab.page.emulate_media(reduced_motion="no-preference")
        assert len(await tab.ask(MOVING)) > 0, "otherwise something does"
        await tab.ask("document.documentElement.dataset.motion = 'reduce'")
        assert await tab.ask(MOVING) == []
