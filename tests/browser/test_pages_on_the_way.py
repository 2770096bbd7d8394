"""Pages that are there only after something happened: axe-core finds nothing, a picture of each.

``test_every_page`` opens addresses; these need somebody who is new, sets up an app for codes,
forgot the password, asks for what does not exist, or brings an archive.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.chromium import Chromium, Look, Tab, visitor
from tests.browser.conftest import Scene
from tests.browser.test_every_page import look_at
from tests.browser.test_people_pages import begin_again
from tests.browser.test_security_pages import (
    SECURITY,
    fill,
    give_password,
    newcomer,
    press,
    set_up_app,
    sign_out,
)
from tests.features.migration.archives import files, note, zipped

BOTH = [Look(1280, "light", "en"), Look(390, "dark", "fr")]


class Way:
    """Looks at where somebody is, and keeps what is wrong there."""

    def __init__(self, tab: Tab, look: Look) -> None:
        self._tab, self._look = tab, look
        self.wrong: list[str] = []

    async def stop(self, name: str, path: str) -> None:
        """The page that is open is ``path``, and in order."""
        assert await self._tab.ask("location.pathname") == path, name
        faults = await look_at(self._tab, self._look, f"way-{name}")
        if await self._tab.ask("document.documentElement.lang") != self._look.language:
            faults.append("another language")
        self.wrong += [f"{name}: {one}" for one in faults]


@pytest.mark.parametrize("look", BOTH, ids=str)
async def test_first_steps_are_accessible(chromium: Chromium, scene: Scene, look: Look) -> None:
    person = await newcomer(scene, look.language)
    begin_again(scene, person)
    async with visitor(chromium, look) as tab:
        way = Way(tab, look)
        await give_password(tab, scene, person)
        for step in ("profile", "people", "alerts"):
            await way.stop(f"welcome-{step}", f"/welcome/{step}")
            await press(tab, "main form .button-primary")
    assert not way.wrong, "\n".join(way.wrong)


@pytest.mark.parametrize("look", BOTH, ids=str)
async def test_the_second_step_is_accessible(chromium: Chromium, scene: Scene, look: Look) -> None:
    person = await newcomer(scene, look.language)
    async with visitor(chromium, look) as tab:
        way = Way(tab, look)
        await give_password(tab, scene, person)
        for path in ("off", "codes"):
            await tab.open(scene.address(f"{SECURITY}/totp/{path}"))
            assert await tab.ask("location.pathname") == SECURITY, "nothing to remove, or to renew"
        await press(tab, "form[action$='/totp/begin'] button")
        await way.stop("totp", f"{SECURITY}/totp")
        _, codes = await set_up_app(tab, scene)
        await way.stop("totp-recovery-codes", f"{SECURITY}/totp")
        async with tab.page.expect_download() as kept:
            await tab.page.locator("a[download]").click()
        file = await (await kept.value).path()
        assert file.read_text("utf-8").split()[-len(codes) :] == codes
        for path in ("", "/totp/off", "/totp/codes"):
            await tab.open(scene.address(SECURITY + path))
            await way.stop(f"totp-on{path.replace('/', '-')}", SECURITY + path)
        await sign_out(tab, scene)
        await give_password(tab, scene, person)
        await way.stop("second-step", "/login/second")
        await fill(tab, "code", "000000")
        async with tab.loading():
            await tab.press("Enter")
        await way.stop("second-step-wrong", "/login/second")
        await tab.open(scene.address("/login/second?with=recovery"))
        await way.stop("second-step-recovery", "/login/second")
        await fill(tab, "code", codes[0])
        async with tab.loading():
            await tab.press("Enter")
    assert not way.wrong, "\n".join(way.wrong)


@pytest.mark.parametrize("look", BOTH, ids=str)
async def test_a_new_password_is_accessible(chromium: Chromium, scene: Scene, look: Look) -> None:
    person = await newcomer(scene, look.language)
    link = await asyncio.to_thread(_password_link, scene, person.username)
    async with visitor(chromium, look) as tab:
        way = Way(tab, look)
        await tab.open(link)
        path = await tab.ask("location.pathname")
        assert path.startswith("/login/new-password/")
        await way.stop("new-password", path)
        await fill(tab, "new", "short")
        await fill(tab, "again", "short")
        async with tab.loading():
            await tab.press("Enter")
        assert await tab.ask("document.querySelector('#new-error') !== null")
        await way.stop("new-password-refused", path)
    assert not way.wrong, "\n".join(way.wrong)


@pytest.mark.parametrize("look", BOTH, ids=str)
async def test_refusals_and_an_archive_are_accessible(
    chromium: Chromium, scene: Scene, look: Look, tmp_path: Path
) -> None:
    person = await newcomer(scene, look.language)
    async with visitor(chromium, look) as tab:
        way = Way(tab, look)
        await tab.open(scene.address("/nothing/here"))
        await way.stop("visitor-nothing-here", "/nothing/here")
        await give_password(tab, scene, person)
        for name, path in (("nothing-here", "/nothing/here"), ("nobody", "/people/1/followers")):
            await tab.open(scene.address(path))
            assert await tab.ask("document.querySelector('.focused-search') !== null"), name
            await way.stop(name, path)
        await tab.open(scene.address("/compose"))
        await tab.ask("document.querySelector('main form [name=csrf_token]').value = 'old'")
        await fill(tab, "text", "Kept although the form has expired")
        await press(tab, "main form .button-primary")
        assert "Kept although" in await tab.ask("document.querySelector('#unsent-text').value")
        await way.stop("expired-form", "/compose")
        await tab.open(scene.address("/settings/data"))
        archive = tmp_path / "archive.zip"
        archive.write_bytes(await asyncio.to_thread(_archive))
        await tab.page.set_input_files("#archive", archive)
        await press(tab, 'main form[action$="/data/archive"] .button-primary')
        await way.stop("archive-offered", "/settings/data/archive")
    assert not way.wrong, "\n".join(way.wrong)


def _password_link(scene: Scene, name: str) -> str:
    command = [sys.executable, "-m", "fedrse", "--config", str(scene.site.configuration)]
    made = subprocess.run(
        [*command, "account", "password-link", name], check=True, capture_output=True, text=True
    )
    return next(word for word in made.stdout.split() if "/login/new-password/" in word)


def _archive() -> bytes:
    """Of somebody of another site with two posts, who follows two people."""
    follows = b"Account address\nbob@other.example\ncarol@other.example\n"
    return zipped(files([note(1, "First"), note(2, "Second")], following_accounts__csv=follows))
