"""One's own account over two sites in browsers: sessions, taking data along, moving, leaving."""

from __future__ import annotations

import asyncio
import json
import zipfile
from pathlib import Path

import pytest

from tests.browser.chromium import Chromium, Look, visitor
from tests.browser.conftest import Scene
from tests.browser.test_between_sites import enter
from tests.browser.test_people_at_two_sites import choose_file
from tests.browser.two_sites import LOOKS, two_desks
from tests.sites.person import PASSWORD
from tests.sites.waiting import until

MOVED = {"en": "You have moved", "fr": "Vous avez déménagé"}
DELETED = {"en": "Your account is deleted", "fr": "Votre compte est supprimé"}


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_data_is_taken_along_and_the_account_moves(
    chromium: Chromium, scene: Scene, look: Look, tmp_path: Path
) -> None:
    """Archive and list are saved here and brought in there; followers come along."""
    async with two_desks(chromium, scene, look, follows=False) as (there, here):
        fan, friend = await asyncio.to_thread(scene.site.newcomers, 2)
        await asyncio.to_thread(fan.follow, here.person)
        await asyncio.to_thread(here.person.follow, friend)
        await asyncio.to_thread(here.person.write, f"Written before I went {look}")
        await here.open("/settings/data")
        await here.look_at("data")
        files = []
        for name in ("archive.zip", "following.csv"):
            async with here.tab.page.expect_download() as saving:
                await here.tab.ask(f"document.querySelector('main a[href$=\"{name}\"]').focus()")
                await here.tab.press("Enter")
            await (await saving.value).save_as(tmp_path / name)
            files.append(tmp_path / name)
        with zipfile.ZipFile(files[0]) as archive:
            assert f"Written before I went {look}".encode() in archive.read("outbox.json")
            name = json.loads(archive.read("actor.json"))["preferredUsername"]
            assert name == here.person.username

        await there.open("/settings/data")
        await choose_file(there, "#data", files[1])
        await there.press("main form .button-primary")
        assert await there.tab.ask("document.querySelector('main [role=status]') !== null")
        await there.look_at("brought in")

        await there.open("/settings/account")
        await there.fill("#alias", f"@{here.person.handle}")
        await there.press('form[action$="/aliases"] button')
        assert await there.tab.ask("document.querySelector('.notice-success') !== null")
        await there.look_at("former account")
        await here.open("/settings/account")
        await here.fill("#target", f"@{there.person.handle}")
        await here.fill("#password", PASSWORD)
        await here.press('form[action$="/move"] button')
        assert MOVED[look.language] in await here.text()
        await here.look_at("moved")
        until(lambda: fan.relationship(fan.account_id(there.person))["following"], "comes along")
        key = there.person.account_id(friend)
        until(lambda: there.person.relationship(key)["following"], "whom the file lists")


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_another_browser_is_signed_out_and_the_account_deleted(
    chromium: Chromium, scene: Scene, look: Look
) -> None:
    """Ended by its button; what is deleted is gone at the other site."""
    words = f"Farewell {look}"
    async with two_desks(chromium, scene, look) as (there, here):
        await asyncio.to_thread(there.person.write, words)
        await here.shows("/", here.card(words))
        async with visitor(chromium, look) as elsewhere:
            await enter(elsewhere, there.person)
            await there.open("/settings/sessions")
            await there.look_at("sessions")
            await there.press('form[action$="/end"] button')
            await there.look_at("one session")
            await elsewhere.open(f"{there.person.site.base_url}/settings")
            assert await elsewhere.ask(
                "document.querySelector('[href=\"/settings/data\"]') === null"
            )
        await there.open("/settings/account/delete")
        await there.look_at("delete")
        await there.fill("#password", "not my password")
        await there.press("main .button-danger-solid")
        assert await there.tab.ask("document.querySelector('#password-error') !== null")
        await there.fill("#password", PASSWORD)
        await there.press("main .button-danger-solid")
        assert DELETED[look.language] in await there.tab.ask("document.body.innerText")
        there.tab.problems.clear()  # Chromium notes the 422
        await there.look_at("deleted")
        await here.shows("/", f"{here.card(words)} === undefined")
        profile = f"/@{there.person.handle}"
        await here.shows(profile, f"!document.body.innerText.includes({words!r})")
