"""From an invitation to the first page, and back in without a password: with real mail on the way.

Whoever comes in meets a colleague of the other site at once.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from tests.browser.chromium import Chromium, Look, Tab, visitor
from tests.browser.conftest import Scene
from tests.browser.test_between_sites import enter, press
from tests.browser.test_pages import faults
from tests.browser.test_settings_pages import fill
from tests.browser.two_sites import LOOKS
from tests.net.smtp_server import Post, only_link, post_office
from tests.sites.group import make_group
from tests.sites.waiting import until

CONFIRM = re.compile(r"https?://[^/\s\"<]+(/auth/confirm/[0-9]+/[\w-]+)")
RENEW = re.compile(r"https?://[^/\s\"<]+(/login/new-password/[\w-]+)")
FIRST, SECOND = "blue herring over Nantes", "green herring over Lyon"
HELLO = {"en": "Confirm your address", "fr": "Confirmez votre adresse"}


@pytest.fixture(scope="module")
def post() -> Iterator[Post]:
    """A mail server in a thread of its own."""
    loop, ready = asyncio.new_event_loop(), threading.Event()
    opened: list[Post] = []
    ending = asyncio.Event()

    async def serve() -> None:
        async with post_office() as office:
            opened.append(office)
            ready.set()
            await ending.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(20)
    yield opened[0]
    loop.call_soon_threadsafe(ending.set)
    thread.join()
    loop.close()


@pytest.fixture(scope="module")
def doors(post: Post, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Two sites that send mail; ``readers`` are who invites, ``author`` is of the other site."""
    mail = {"host": "localhost", "port": post.port, "security": "none"}
    made = make_group(tmp_path_factory.mktemp("doors"), 2, extra={"mail": mail})
    lyon, nantes = made
    (author,), owners = nantes.newcomers(1), lyon.newcomers(2)
    for owner, language in zip(owners, ("en", "fr"), strict=True):
        lyon.execute(
            f"UPDATE login SET role = 'owner', locale = '{language}' WHERE account_id = {owner.id}"
        )
    yield Scene(lyon, dict(zip(("en", "fr"), owners, strict=True)), author, {}, "")
    made.stop()


def letter(post: Post, to: str, link: re.Pattern[str]) -> tuple[EmailMessage, str]:
    """The mail with such a link to somebody, and the path of the link."""

    def arrived() -> EmailMessage | None:
        found = [one for one in post.mails if to in str(one["To"]) and link.search(str(one))]
        return found[-1] if found else None

    mail = until(arrived, f"a mail to {to}")
    assert mail is not None
    return mail, only_link(link, mail)


async def sign_in(tab: Tab, doors: Scene, name: str, password: str) -> None:
    await tab.open(doors.address("/login"))
    await fill(tab, "#name", name)
    await fill(tab, "#password", password)
    async with tab.loading():
        await tab.press("Enter")


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_from_an_invitation_to_a_colleague_elsewhere(
    chromium: Chromium, doors: Scene, post: Post, look: Look
) -> None:
    wrong = {}
    name = f"new{look.width}{look.language}"
    async with visitor(chromium, look) as tab:
        await enter(tab, doors.readers[look.language])
        await tab.open(doors.address("/admin/accounts/invitations"))
        await press(tab, "main form.form .button-primary")
        invitation = await tab.ask("document.querySelector('code.reference').textContent")
        wrong["invited"] = await faults(tab, look)
    async with visitor(chromium, look) as tab:
        await tab.open(invitation)
        for field, text in (
            ("username", name),
            ("email", f"{name}@corp.example"),
            ("password", FIRST),
            ("again", FIRST),
        ):
            await fill(tab, f"#{field}", text)
        await tab.ask("document.querySelector('#agreement').click()")
        wrong["join"] = await faults(tab, look)
        await press(tab, "main form .button-primary")
        wrong["joined"] = await faults(tab, look)
        mail, path = await asyncio.to_thread(letter, post, f"{name}@corp.example", CONFIRM)
        assert HELLO[look.language] in str(mail["Subject"])
        await tab.open(doors.address(path))
        wrong["confirm"] = await faults(tab, look)
        await press(tab, "main form .button-primary")
        wrong["ready"] = await faults(tab, look)

        await sign_in(tab, doors, name, FIRST)
        assert await tab.ask("location.pathname") == "/welcome/profile"
        for _ in range(3):
            await press(tab, "main form .button-primary")
        assert await tab.ask("location.pathname") == "/"
        wrong["home"] = await faults(tab, look)
        await tab.open(doors.address(f"/search?q=@{doors.author.handle}"))
        await press(tab, f'main a[href="/@{doors.author.handle}"]')
        await tab.ask("document.querySelector('[data-part=follow] button').focus()")
        await tab.press("Enter")
        nameof = f"SELECT count(*) FROM account WHERE username = '{name}' AND NOT local"
        until(lambda: doors.author.site.value(nameof) == 1, "known at the other site")

    async with visitor(chromium, look) as tab:  # who has forgotten the password
        await tab.open(doors.address("/login/forgotten"))
        await fill(tab, "#name", name)
        async with tab.loading():
            await tab.press("Enter")
        wrong["sent"] = await faults(tab, look)
        _, path = await asyncio.to_thread(letter, post, f"{name}@corp.example", RENEW)
        await tab.open(doors.address(path))
        await fill(tab, "#new", "password123")
        await fill(tab, "#again", "password123")
        await press(tab, "main form .button-primary")
        assert await tab.ask("document.querySelector('#new-error') !== null"), "soon guessed"
        for field in ("new", "again"):
            await fill(tab, f"#{field}", SECOND)
        await press(tab, "main form .button-primary")
        wrong["changed"] = [one for one in await faults(tab, look) if "status of 422" not in one]
        await sign_in(tab, doors, name, FIRST)
        assert await tab.ask("document.querySelector('[role=alert]') !== null"), "good no more"
        await sign_in(tab, doors, name, SECOND)
        assert await tab.ask("location.pathname") == "/"
    assert {page: found for page, found in wrong.items() if found} == {}
