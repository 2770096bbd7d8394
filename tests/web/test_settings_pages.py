"""Settings of the interface: forms say what is wrong, keep what was chosen, and pages follow."""

from __future__ import annotations

import re
from typing import Any

import pytest
from aiohttp import ClientSession, FormData

from fedrse.web.look import Look, read_look
from tests.web.conftest import Showcase

FORM = {
    "language": "en",
    "zone": "Asia/Tokyo",
    "scheme": "dark",
    "contrast": "more",
    "text": "large",
    "motion": "reduce",
}


async def send(browser: Any, showcase: Showcase, **values: str) -> tuple[int, str, str]:
    """Status, target of the redirect and text after the form was sent."""
    form = FormData({"csrf_token": "c" * 32, **FORM, **values})
    headers = {"Cookie": f"{showcase.frame.site.cookies.session}=s"}
    async with (
        ClientSession() as client,
        client.post(
            f"{browser.address}/settings/appearance",
            data=form,
            headers=headers,
            allow_redirects=False,
        ) as answer,
    ):
        return answer.status, answer.headers.get("Location", ""), await answer.text()


async def test_choices_are_kept_and_pages_follow(browser: Any, showcase: Showcase) -> None:
    assert await send(browser, showcase) == (303, "/settings/appearance?saved=1", "")
    _, _, text = await browser.get("/settings/appearance?saved=1", signed_in=True)
    assert (
        '<html lang="en" data-scheme="dark" data-contrast="more" data-text="large"'
        ' data-motion="reduce">'
    ) in text
    assert '<meta name="theme-color" content="#121618">' in text
    assert '<option value="Asia/Tokyo" selected>' in text
    assert "15 January 2026 at 18:00" in text, "nine in London is eighteen in Tokyo"
    assert "Saved." in text
    assert len(re.findall(r" checked", text)) == 6
    _, _, visitors = await browser.get("/showcase", Accept_Language="en")
    assert "15 January 2026 at 08:55 UTC" in visitors


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"zone": "Mars/Olympus"}, "Ce fuseau horaire n’est pas connu."),
        ({"zone": "../../etc/passwd"}, "Ce fuseau horaire n’est pas connu."),
        ({"zone": ""}, "Ce fuseau horaire n’est pas connu."),
        ({"language": "xx"}, "Cette langue n’existe pas ici."),
    ],
)
async def test_what_is_wrong_is_said_at_the_field(
    browser: Any, showcase: Showcase, wrong: dict[str, str], sentence: str
) -> None:
    status, _, text = await send(browser, showcase, **wrong)
    assert status == 422
    assert text.count(sentence) == 1
    assert 'aria-invalid="true"' in text
    assert 'value="dark" checked' in text, "what was chosen is kept"
    assert showcase.sessions.look == ""


async def test_unknown_words_of_a_look_are_ignored(browser: Any, showcase: Showcase) -> None:
    await send(browser, showcase, scheme='"><script>', text="gigantic" * 1000, contrast="less")
    assert showcase.sessions.look in ("", "reduce")


async def test_sections(browser: Any) -> None:
    status, _, text = await browser.get("/settings", signed_in=True)
    assert status == 200
    assert 'href="/settings/appearance"' in text
    assert (await browser.get("/settings"))[0] == 401


@pytest.mark.parametrize(
    "look",
    [
        Look(),
        Look(scheme="dark"),
        Look(scheme="light", contrast="more", text="largest", motion="reduce"),
    ],
)
def test_a_look_survives_being_stored(look: Look) -> None:
    assert read_look(look.words()) == look
