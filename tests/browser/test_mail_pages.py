"""Posts by mail in a real browser: the box on a profile, the pages of links, the settings."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from fedrse.app.secret_file import read_secret
from fedrse.features.mail.model import Purpose, Subscription, link_token
from tests.browser.chromium import Chromium, Look, Tab, visitor
from tests.browser.conftest import Scene
from tests.browser.test_pages import faults, sign_in, walk
from tests.sites.group import make_group
from tests.sites.person import Person

LOOKS = [
    Look(width, scheme, language)
    for width, (scheme, language) in itertools.product(
        (390, 1280), (("light", "en"), ("dark", "fr"))
    )
]
READER = "a-reader-with-a-rather-long-name@a-department.of-a-company.example"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A site that sends posts by mail; nobody listens at its mail server."""
    extra = {
        "site": {"public_pages": True},
        "mail": {
            "host": "localhost",
            "port": 9,
            "security": "none",
            "subscriptions": "everybody",
        },
    }
    made = make_group(tmp_path_factory.mktemp("mail"), 1, extra=extra)
    try:
        (site,) = made
        (author,) = site.newcomers(1)
        author.call("PATCH", "/api/v1/accounts/update_credentials", {"public_profile": True})
        author.write("For everybody", audience="public")
        yield Scene(site, {"en": author, "fr": author}, author, {}, "")
    finally:
        made.stop()


async def press(tab: Tab, selector: str) -> None:
    """Presses what leads to another page, by keyboard."""
    await tab.ask(f"document.querySelector({selector!r}).focus()")
    async with tab.loading():
        await tab.press("Enter")


async def offer(tab: Tab, stage: Scene, person: Person) -> None:
    """Says yes on the page of settings."""
    await sign_in(tab, stage, person)
    await tab.open(stage.address("/settings/mail"))
    if not await tab.ask("document.querySelector('#offered').checked"):
        await tab.ask("document.querySelector('#offered').click()")
    await press(tab, "main form .button-primary")
    assert await tab.ask("document.querySelector('#offered').checked") is True


def link(stage: Scene, purpose: Purpose) -> str:
    """What a mail to the newest address leads to."""
    row = stage.site.rows(
        "SELECT id, account_id, email, locale, created_at, confirmed_at FROM mail_subscription"
        " ORDER BY id DESC LIMIT 1"
    )[0]
    secret = read_secret(Path(stage.site.settings.storage.secret_file))
    known = Subscription(*row)
    return f"/mail/{purpose.value}/{known.id}/{link_token(secret, purpose, known)}"


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_from_the_profile_to_the_end(chromium: Chromium, stage: Scene, look: Look) -> None:
    """A visitor, by keyboard; each page on the way is in order."""
    author, wrong = stage.author, {}
    # A mailbox gets no more than a few questions.
    reader = f"{look.width}-{look.scheme}-{READER}"
    stage.site.execute(
        f"UPDATE login SET locale = '{look.language}' WHERE account_id = {author.id}"
    )
    stage.site.execute("DELETE FROM mail_subscription")
    async with visitor(chromium, look) as tab:
        await offer(tab, stage, author)
        wrong["settings"] = await faults(tab, look)
    async with visitor(chromium, look) as tab:
        await tab.open(stage.address(f"/@{author.username}"))
        wrong["profile"] = await faults(tab, look)
        assert await walk(tab) == []
        await tab.ask("document.querySelector('form[action^=\"/mail/\"]').noValidate = true")
        await tab.ask("document.querySelector('#email').focus()")
        await tab.type("nobody")
        async with tab.loading():
            await tab.press("Enter")
        assert await tab.ask("document.querySelector('#email-error') !== null")
        wrong["refused"] = [one for one in await faults(tab, look) if "status of 422" not in one]
        await tab.ask("document.querySelector('#email').value = ''")
        await tab.ask("document.querySelector('#email').focus()")
        await tab.type(reader)
        async with tab.loading():
            await tab.press("Enter")
        wrong["asked"] = await faults(tab, look)
        assert reader in await tab.ask("document.querySelector('main').innerText")
        for purpose in (Purpose.CONFIRM, Purpose.UNSUBSCRIBE):
            address = link(stage, purpose)
            await tab.open(stage.address(address))
            wrong[purpose.value] = await faults(tab, look)
            await press(tab, "main form button")
            wrong[f"{purpose.value} done"] = await faults(tab, look)
    assert stage.site.value("SELECT count(*) FROM mail_subscription") == 0
    assert {name: found for name, found in wrong.items() if found} == {}


async def test_without_script(chromium: Chromium, stage: Scene) -> None:
    async with visitor(chromium, Look(scripts=False)) as tab:
        await offer(tab, stage, stage.author)
    async with visitor(chromium, Look(scripts=False)) as tab:
        await tab.open(stage.address(f"/@{stage.author.username}"))
        await tab.ask("document.querySelector('#email').focus()")
        await tab.type("plain@elsewhere.example")
        await press(tab, "form[action^='/mail/'] button")
    found = stage.site.value("SELECT count(*) FROM mail_subscription WHERE email LIKE 'plain@%'")
    assert found == 1
