"""Coming in at one site and being met at the other: first steps, codes of an app, passkeys."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from urllib.parse import quote

import pytest

from fedrse.core.clock import SECOND
from fedrse.features.access.model_second_factor import STEP, code_of
from tests.browser.chromium import Chromium, Look
from tests.browser.conftest import Scene
from tests.browser.test_notifications_page import SAID
from tests.browser.test_posts_between_sites import PUBLISH
from tests.browser.test_security_pages import (
    ADD_PASSKEY,
    AUTHENTICATOR,
    SECURITY,
    set_up_app,
    sign_out,
)
from tests.browser.two_sites import LOOKS, Desk, two_desks
from tests.sites.person import PASSWORD
from tests.sites.waiting import until

CARD = "/api/v1/profile/card"
MAIN = "document.querySelector('main').innerText"


async def give_password(desk: Desk) -> None:
    """Fills the form that is open and sends it."""
    await desk.fill("[name=name]", desk.person.username)
    await desk.fill("[name=password]", PASSWORD)
    async with desk.tab.loading():
        await desk.tab.press("Enter")


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_first_steps_lead_to_people_of_the_other_site(
    chromium: Chromium, scene: Scene, look: Look
) -> None:
    """Who is of the same team there is proposed and told; both read of each other at once."""
    async with two_desks(chromium, scene, look, follows=False) as (new, mate):
        site, unit = new.person.site, f"Dredgers {new.person.username} {look.width}"
        shown = {"unit": "network", "function": "network"}
        mate.person.call("PUT", CARD, {"unit": unit, "function": "Mate", "visibility": shown})
        (resident,) = await asyncio.to_thread(site.newcomers, 1)
        path = f"/api/v1/accounts/{resident.account_id(mate.person)}/card"
        until(lambda: resident.get(path)["unit"] == unit, "the card is known there")
        at_site = replace(scene, site=site)
        site.execute(f"DELETE FROM welcome WHERE account_id = {new.person.id}")
        await sign_out(new.tab, at_site)
        await new.open("/auth/sign_in")
        await give_password(new)
        assert await new.tab.ask("location.pathname") == "/welcome/profile"
        await new.look_at("profile")
        await new.fill("#display_name", f"Zoé {look.language}")
        await new.fill("#function", "Dredger")
        await new.fill("#unit", unit)
        await new.press("main form .button-primary")
        assert await new.tab.ask("location.pathname") == "/welcome/people"
        chosen = "[...document.querySelectorAll('.welcome-person:has(input:checked)')]"
        names = await new.tab.ask(f"{chosen}.map((one) => one.innerText)")
        assert len(names) == 1
        assert mate.person.username.upper() in names[0].upper()
        await new.look_at("people")
        await new.press("main form .button-primary")
        await new.look_at("alerts")
        await new.press("main form .button-primary")
        assert await new.tab.ask("location.pathname") == "/"

        told = f"{MAIN}.includes({SAID[look.language][1]!r}) && {MAIN}.includes('Zoé')"
        await mate.shows("/notifications", told)
        await mate.look_at("told")
        profile = f"/@{new.person.handle}"
        await mate.shows(profile, f"{MAIN}.includes('Dredger') && {MAIN}.includes({unit!r})")
        await mate.look_at("profile of the new one")
        words = f"Welcome aboard {look}"
        await asyncio.to_thread(mate.person.write, words)
        await new.shows("/", new.card(words))
        await new.look_at("home")


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_each_way_to_sign_in_leads_on_to_the_other_site(
    chromium: Chromium, scene: Scene, look: Look
) -> None:
    """A link of the other site is followed with a code of the app, a recovery code, a passkey."""
    async with two_desks(chromium, scene, look, follows=False) as (there, here):
        at_site = replace(scene, site=there.person.site)
        await there.tab.call("WebAuthn.enable")
        await there.tab.call("WebAuthn.addVirtualAuthenticator", options=AUTHENTICATOR)
        secret, codes = await set_up_app(there.tab, at_site)
        await there.look_at("codes")
        await there.open(ADD_PASSKEY)
        await there.fill("[name=name]", "Blue telephone")
        await there.fill("[name=password]", PASSWORD)
        async with there.tab.loading():
            await there.tab.press("Enter")
        assert await there.tab.ask("location.pathname") == SECURITY
        await there.look_at("security")
        interact = f"/authorize_interaction?uri={quote(here.person.uri, safe='')}"

        await sign_out(there.tab, at_site)
        await there.open(interact)
        await there.look_at("asked to sign in", "status of 401")
        await there.press('main a[href*="next="]')
        await give_password(there)
        assert await there.tab.ask("location.pathname") == "/login/second"
        await there.look_at("second step")
        # The code of this moment was used a moment ago; clocks may differ by one.
        await there.fill("[name=code]", code_of(secret, int(time.time() * SECOND) // STEP + 1))
        async with there.tab.loading():
            await there.tab.press("Enter")
        assert await there.tab.ask("location.pathname + location.search") == interact
        await there.look_at("may follow")
        await there.tab.ask("document.querySelector('[data-part=follow] button').focus()")
        await there.tab.press("Enter")
        told = f"{MAIN}.includes({SAID[look.language][1]!r})"
        await here.shows("/notifications", told)
        await here.look_at("followed")

        await sign_out(there.tab, at_site)
        words = f"Under way {look}"
        written = await asyncio.to_thread(here.person.write, words)
        await there.open(f"/login?next={quote('/authorize_interaction?uri=', safe='')}"
                         f"{quote(quote(written['uri'], safe=''), safe='')}")  # fmt: skip
        await give_password(there)
        await there.press('main a[href*="with=recovery"]')
        await there.look_at("recovery")
        await there.fill("[name=code]", codes[0])
        async with there.tab.loading():
            await there.tab.press("Enter")
        assert words in await there.text()
        assert await there.tab.ask("location.pathname.startsWith('/@')"), "the post itself"
        await there.look_at("post of the other site")

        await sign_out(there.tab, at_site)
        post = (await asyncio.to_thread(there.person.look_up, written["uri"]))["id"]
        target = quote(f"/compose?reply_to={post}", safe="")
        await there.open(f"/login?next={target}")
        await there.press("form[data-passkey] button")
        assert await there.tab.ask("location.pathname") == "/compose", "no second step"
        await there.tab.ask("document.querySelector('#text').focus()")
        await there.tab.type("Signed in with a passkey")
        await there.press(PUBLISH)
        answer = f"{MAIN}.includes('Signed in with a passkey')"
        await here.shows(f"/@{here.person.username}/{written['id']}", answer)
        await here.look_at("answered")
