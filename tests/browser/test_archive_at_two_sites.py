"""An archive is downloaded at one site and brought in at another, in browsers."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.browser.chromium import Chromium, Look
from tests.browser.conftest import Scene
from tests.browser.test_people_at_two_sites import choose_file
from tests.browser.two_sites import LOOKS, two_desks

BROKEN = {"en": "This archive is broken", "fr": "Cette archive est abîmée"}
NOTHING = {"en": "Choose at least one thing", "fr": "Choisissez au moins une chose"}
TAKEN = {"en": "has been taken over", "fr": "a été reprise"}
KNOWN = {"en": "Posts that are here already", "fr": "Publications déjà présentes ici"}
FROM = {"en": "Brought in from", "fr": "Apporté depuis"}
UPLOAD = 'main form[action$="/data/archive"]'
START = 'main form[action$="/archive/start"]'
DONE = "document.querySelector('[data-archive=done]') !== null"


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_an_archive_is_brought_in(
    chromium: Chromium, scene: Scene, look: Look, tmp_path: Path
) -> None:
    """Refused, looked at, taken over with progress, marked, and not doubled."""
    words = f"Written at the other site {look}"
    async with two_desks(chromium, scene, look, follows=False) as (there, here):
        first = await asyncio.to_thread(here.person.write, words)
        await asyncio.to_thread(here.person.write, "And an answer", in_reply_to_id=first["id"])
        await here.open("/settings/data")
        async with here.tab.page.expect_download() as saving:
            await here.focus('main a[href$="archive.zip"]')
            await here.tab.press("Enter")
        archive = tmp_path / "archive.zip"
        await (await saving.value).save_as(archive)

        broken = tmp_path / "broken.zip"
        broken.write_bytes(archive.read_bytes()[:-60])
        await there.open("/settings/data")
        await choose_file(there, "#archive", broken)
        await there.press(f"{UPLOAD} .button-primary")
        assert BROKEN[look.language] in await there.text()
        await there.look_at("refused", "422")

        for again in (False, True):
            await there.open("/settings/data")
            await choose_file(there, "#archive", archive)
            await there.press(f"{UPLOAD} .button-primary")
            await there.look_at("what is in it")
            if not again:
                await there.tab.ask("document.querySelector('#posts').click()")
                await there.press(f"{START} .button-primary")
                assert NOTHING[look.language] in await there.text()
                await there.look_at("nothing chosen", "422")
                await there.tab.ask("document.querySelector('#posts').click()")
            await there.press(f"{START} .button-primary")
            await there.becomes(DONE, wanted=True)
            text = await there.text()
            assert TAKEN[look.language] in text
            assert (KNOWN[look.language] in text) is again
            await there.look_at("result")
        await there.press('main form[action$="/archive/stop"] .button-primary')

        await there.open(f"/@{there.person.username}")
        card = there.card(words)
        assert FROM[look.language] in str(await there.tab.ask(f"{card}.textContent"))
        await there.look_at("brought in")
