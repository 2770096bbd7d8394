"""Whose session is over loses nothing of what was typed into any form."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedrse.http.routes import Auth, Surface
from fedrse.web.unsent import is_local
from tests.features.fakes import ORIGIN
from tests.features.visitor import Visitor, visitor
from tests.features.whole import WholeSite

WORDS = "Words of <somebody> & more"
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
AREA = re.compile(r'<textarea id="unsent-text" name="text"[^>]*>(.*?)</textarea>', re.DOTALL)
ACTION = re.compile(r'<form class="form[^"]*" method="post" action="([^"]*)"')


def fields_of(page: str) -> list[tuple[str, str]]:
    found = [(name, unescape(value)) for name, value in HIDDEN.findall(page)]
    area = AREA.search(page)
    return found + ([("text", unescape(area[1]))] if area else [])


async def expire(whole: WholeSite, browser: Visitor) -> Visitor:
    """The same browser with a cookie that is worth nothing any more."""
    return Visitor(whole, browser.person, "none=1", token=browser.token)


async def test_every_form_is_there_again(whole: WholeSite) -> None:
    """Whatever page it is for: who is not signed in gets back what was typed, but no secrets."""
    amina = await whole.person("amina")
    stranger = await expire(whole, await visitor(whole, amina))
    stranger.token = "expired"
    tried = 0
    for route in whole.site.frame.routes:
        if route.surface is not Surface.PAGE or route.method != "POST":
            continue
        if route.auth is not Auth.USER:
            continue
        path = re.sub(r"\{[^}]*\}", "7", route.path)
        status, _, page = await stranger.send(path, comment=WORDS, password="geheim-word")
        assert status == 401, path
        assert "Words of &lt;somebody&gt; &amp; more" in page, path
        assert "geheim-word" not in page, path
        tried += 1
    assert tried > 40


@pytest.mark.parametrize("multipart", [False, True])
async def test_a_profile_is_saved_after_signing_in_again(
    whole: WholeSite, *, multipart: bool
) -> None:
    amina = await whole.person("amina")
    browser = await visitor(whole, amina)
    stranger = await expire(whole, browser)
    stranger.token = "expired"
    typed = {"display_name": 'Amina "the <ship>"', "note": "Line\r\nand another line"}
    if multipart:
        typed |= {"text": ""}
    status, _, page = await stranger.send("/settings/profile", **typed)
    assert status == 401
    (again,) = ACTION.findall(page)
    assert again == "/again"
    kept = fields_of(page)
    status, _, page = await stranger.send(again, kept)
    assert status == 401, "still signed out: it is there again"
    assert fields_of(page) == kept
    status, _, asked = await browser.send(again, kept)
    assert status == 200
    assert "Nothing was sent yet" in asked
    (place,) = ACTION.findall(asked)
    assert place == "/settings/profile"
    before = await amina.get("/api/v1/accounts/verify_credentials")
    assert before["display_name"] != typed["display_name"]
    fresh = fields_of(asked)
    browser.token = dict(fresh)["csrf_token"]
    rest = [one for one in fresh if one[0] != "csrf_token"]
    assert (await browser.send(place, rest))[0] == 303
    after = await amina.get("/api/v1/accounts/verify_credentials")
    assert after["display_name"] == typed["display_name"]
    assert after["source"]["note"] == "Line\nand another line"


async def test_a_message_goes_on_where_it_was_written(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    browser = await visitor(whole, amina)
    place = await browser.sent("/messages/new", to=bruno.id, text="Hello", key="k1")
    place = place.partition("#")[0]
    stranger = await expire(whole, browser)
    status, _, page = await stranger.send(place, text="Half\n<b>a</b> thought", key="k2")
    assert status == 401
    kept = dict(fields_of(page))
    assert kept["text"] == "Half\n<b>a</b> thought"
    assert kept["key"] == "k2", "sent twice it is still one message"
    _, _, asked = await browser.send("/again", list(kept.items()))
    assert f'action="{place}"' in asked


@pytest.mark.parametrize(
    "to", ["", "https://evil.test/", "//evil.test", "/\\evil", "javascript:1", "/ b", "/again"]
)
async def test_forms_of_elsewhere_are_refused(whole: WholeSite, to: str) -> None:
    browser = await visitor(whole, await whole.person("amina"))
    fields = [("again_to", to), ("text", "Typed")]
    assert (await browser.send("/again", fields))[0] == 400


async def test_other_sites_cannot_fill_it(whole: WholeSite) -> None:
    browser = await visitor(whole, await whole.person("amina"))
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        status, _, _ = await whole.call(
            "POST",
            "/again",
            headers={"Cookie": browser.cookie, "Accept": "text/html", **headers},
            data=[("again_to", "/compose"), ("text", "Typed elsewhere")],
        )
        assert status == 403
    assert ORIGIN.startswith("http")


@settings(max_examples=300)
@given(st.text(max_size=60).map(lambda text: f"/{text}"))
def test_only_paths_of_this_site_are_taken(text: str) -> None:
    if is_local(text):
        assert not text.startswith(("//", "/\\"))
        assert not set(text) & set("\\ \t\r\n\x00")
    else:
        assert not re.fullmatch(r"/[a-z0-9]+(/[a-z0-9]+)*", text) or text == "/again"
