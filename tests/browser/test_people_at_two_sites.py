"""People of two sites in browsers: meeting each other, keeping away, writing to each other."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest
from PIL import Image

from tests.browser.chromium import Chromium, Look
from tests.browser.conftest import Scene
from tests.browser.test_settings_pages import from_menu
from tests.browser.two_sites import LOOKS, Desk, two_desks
from tests.sites.waiting import until

FOLLOW = "document.querySelector('[data-part=follow] button').innerText.trim()"
ASKED = {"en": "Withdraw the request", "fr": "Retirer la demande"}
FOLLOWS = {"en": "Unfollow", "fr": "Ne plus suivre"}
SAID = "[...document.querySelectorAll('.message-text')].at(-1)?.innerText.trim()"
THANKS = {"en": "Thanks", "fr": "Merci"}


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photo") / "photo.png"
    drawn = io.BytesIO()
    Image.new("RGB", (300, 300), "teal").save(drawn, "PNG")
    path.write_bytes(drawn.getvalue())
    return path


async def choose_file(desk: Desk, selector: str, path: Path) -> None:
    """A file as if it had been chosen in the dialog of the browser."""
    await desk.tab.page.set_input_files(selector, path)


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_a_profile_is_changed_there_and_met_here(
    chromium: Chromium, scene: Scene, look: Look, photo: Path
) -> None:
    """Photo and name arrive, hidden fields do not; who wants to follow asks first."""
    async with two_desks(chromium, scene, look, follows=False) as (there, here):
        await there.open("/settings/profile")
        await there.fill("#display_name", f"Zoé du Quai {look.width}")
        await there.tab.ask("document.querySelector('#locked').click()")
        await choose_file(there, "#avatar", photo)
        await there.press("main form .button-primary")
        await there.look_at("profile saved")
        await there.open("/settings/card")
        for name, text, level in (
            ("room", "Quai 7", "network"),
            ("hours", "from nine to noon", "me"),
            ("function", "Crane driver", "network"),
        ):
            await there.fill(f"#{name}", text)
            await there.tab.ask(f"document.querySelector('#{name}_level').value = '{level}'")
        await there.press("main form .button-primary")
        await there.look_at("card saved")

        await here.open("/search")
        await here.fill("#search-words", f"@{there.person.handle}")
        async with here.tab.loading():
            await here.tab.press("Enter")
        await here.look_at("found")
        await here.press(f'main a[href="/@{there.person.handle}"]')
        where = await here.tab.ask("location.pathname")
        await here.shows(where, "document.querySelector('main').innerText.includes('Quai 7')")
        shown = await here.text()
        assert f"Zoé du Quai {look.width}" in shown
        assert "Crane driver" in shown
        assert "from nine to noon" not in await here.tab.ask("document.body.textContent")
        image = "document.querySelector('.profile-head img.avatar')"
        await here.shows(where, image)
        await here.becomes(f"{image}.complete && {image}.naturalWidth > 0", True)
        await here.tab.ask("document.querySelector('[data-part=follow] button').focus()")
        await here.tab.press("Enter")
        await here.becomes(FOLLOW, ASKED[look.language])
        await here.look_at("asked")

        accept = "document.querySelector('form[action*=\"/accept\"] button')"
        await there.shows("/follow-requests", accept)
        await there.look_at("requests")
        await there.press('form[action*="/accept"] button')
        await here.shows(where, f"{FOLLOW} === {FOLLOWS[look.language]!r}")
        await there.open("/compose?new=1")
        await there.fill("#text", f"For those I let in {look}")
        await there.tab.ask("document.querySelector('#audience-followers').click()")
        await there.press("[data-publish] .button-primary")
        await here.shows("/", here.card(f"For those I let in {look}"))
        await here.open(where)
        await here.tab.ask("document.querySelector('[data-part=follow] button').focus()")
        await here.tab.press("Enter")
        await here.becomes(f"{FOLLOW} !== {FOLLOWS[look.language]!r}", True)
        assert not here.person.relationship(here.person.account_id(there.person))["following"]


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_keeping_away_and_reporting(chromium: Chromium, scene: Scene, look: Look) -> None:
    """A note, muted, blocked at both sites, all undone; what is reported reaches the other site."""
    words = f"Nothing for a network {look}"
    async with two_desks(chromium, scene, look) as (there, here):
        await asyncio.to_thread(there.person.write, words)
        await here.shows("/", here.card(words))
        profile = f"/@{there.person.handle}"
        other = here.person.account_id(there.person)
        await here.open(profile)
        await from_menu(here.tab, "/note")
        await here.fill("#note", "Met in Nantes")
        await here.press("main .button-primary")
        assert "Met in Nantes" in await here.text()
        await here.look_at("note")
        await from_menu(here.tab, "/mute")
        await here.look_at("mute")
        await here.press("main form .button-primary")
        await here.open("/")
        assert not await here.tab.ask(f"{here.card(words)} !== undefined"), "muted"
        await here.open("/settings/blocks")
        await here.look_at("muted")
        await here.press('form[action*="/unmute"] button')
        await here.open("/")
        assert await here.tab.ask(f"{here.card(words)} !== undefined"), "shown again"

        await here.from_card(words, '.menu-item[href^="/report"]')
        await here.look_at("report")
        await here.tab.ask("document.querySelector('#category-other').click()")
        await here.fill("#comment", f"It names a customer {look}")
        await here.tab.ask("document.querySelector('#forward').click()")
        await here.press("main form .button-primary")
        await here.look_at("reported")
        sent = f"SELECT count(*) FROM report WHERE comment LIKE '%names a customer {look}%'"
        until(lambda: there.person.site.value(sent) == 1, "the report at their site")

        await here.open(profile)
        await from_menu(here.tab, "/block")
        await here.look_at("block")
        await here.press("main .button-danger-solid")
        assert here.person.relationship(other)["blocking"]
        mine = f"/@{here.person.handle}"
        hidden = f"!document.querySelector('main').innerText.includes({FOLLOWS[look.language]!r})"
        await there.shows(mine, hidden)
        await here.open("/settings/blocks/people")
        await here.look_at("blocked")
        await here.press('form[action*="/unblock"] button')
        assert not here.person.relationship(other)["blocking"]


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_two_people_write_to_each_other(chromium: Chromium, scene: Scene, look: Look) -> None:
    """Begun, answered and thanked for on pages of both sites, none of them loaded again."""
    async with two_desks(chromium, scene, look) as (there, here):
        await here.open(f"/messages/with/{here.person.account_id(there.person)}")
        await here.fill("#text", f"Is the ship in? {look}")
        await here.press(".chat-form .button-primary")
        await here.becomes(SAID, f"Is the ship in? {look}")
        chat = "document.querySelector('main a[href^=\"/messages/1\"]')"
        await there.shows("/messages", chat)
        await there.look_at("messages")
        await there.press('main a[href^="/messages/1"]')
        await there.becomes(SAID, f"Is the ship in? {look}")
        live = "document.querySelector('fedrse-chat').live"
        for desk in (there, here):
            await desk.becomes(live, True)
            await desk.tab.ask("window.same = true")
        await there.fill("#text", f"Since noon {look}")
        await there.tab.ask("document.querySelector('.chat-form .button-primary').focus()")
        await there.tab.press("Enter")
        await here.becomes(SAID, f"Since noon {look}")
        last = "[...document.querySelectorAll('.message:not(.message-mine)')].at(-1)"
        await here.tab.ask(f"{last}.querySelector('.menu-message summary').focus()")
        await here.tab.press("Enter")
        await here.tab.ask(f"{last}.querySelector('.menu-message [formaction]').focus()")
        await here.tab.press("Enter")
        thanked = f"{last}.querySelector('.reaction')?.innerText"
        await here.becomes(f"({thanked})?.includes({THANKS[look.language]!r})", True)
        for desk in (there, here):
            assert await desk.tab.ask("window.same"), "the page is the same one"
            await desk.look_at("chat")
