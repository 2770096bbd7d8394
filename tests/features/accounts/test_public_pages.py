"""Public pages and feeds: visitors see those who said yes, and nothing else of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from fedrse.core.clock import ManualClock
from fedrse.core.settings import SiteSettings
from fedrse.features.accounts.service_keys import KeyPair
from tests.features.fakes import ORIGIN
from tests.features.visitor import visitor, words
from tests.features.whole import Caller, WholeSite, whole_site

PAGE, POSTS = "/settings/public", "/api/v1/statuses"
FEEDS = ("/@amina/feed.rss", "/@amina/feed.atom")


@pytest.fixture
async def public(
    url: str, tmp_path: Path, key_pair: KeyPair, clock: ManualClock
) -> AsyncIterator[WholeSite]:
    site = SiteSettings(
        base_url=ORIGIN,
        handle_domain="corp.example",
        public_pages=True,
        contact_email="captain@corp.example",
        rules=["Be kind."],
    )
    async with whole_site(url, tmp_path, key_pair, clock, site=site) as opened:
        yield opened


async def seen(site: WholeSite, path: str, **headers: str) -> tuple[int, Any, str]:
    """What somebody without an account gets."""
    status, found, body = await site.call("GET", path, headers={"Accept": "text/html"} | headers)
    return status, found, body.decode()


async def written(amina: Caller) -> dict[str, Any]:
    """One post for everybody, and one of each other audience."""
    for audience in ("network", "site", "followers"):
        await amina.post(POSTS, status=f"secret {audience}", audience=audience)
    shown: dict[str, Any] = await amina.post(POSTS, status="Ahoy & <b>", audience="public")
    return shown


async def test_nobody_is_shown_before_they_say_so(public: WholeSite) -> None:
    amina = await public.person("amina")
    post = await written(amina)
    await amina.ok("PATCH", "/api/v1/accounts/update_credentials", json={"discoverable": True})
    nothing = await seen(public, "/@nobody")
    for path in ("/@amina", f"/@amina/{post['id']}", *FEEDS):
        status, _, text = await seen(public, path)
        assert status == 401, path
        assert "Ahoy" not in text
        assert words(text) == words(nothing[2])


async def test_consent_is_given_and_taken_back_on_a_page(public: WholeSite) -> None:
    amina = await public.person("amina")
    post = await written(amina)
    browser = await visitor(public, amina)
    assert "Public profile" in await browser.read("/settings")
    assert await browser.sent(PAGE, public="1") == f"{PAGE}?saved=1"
    assert "/@amina/feed.rss" in await browser.open(f"{PAGE}?saved=1")
    for path in ("/@amina", f"/@amina/{post['id']}", *FEEDS):
        status, _, text = await seen(public, path)
        assert status == 200, path
        assert "Ahoy" in text
        assert "secret" not in text
    await browser.sent(PAGE)
    for path in ("/@amina", f"/@amina/{post['id']}", *FEEDS):
        assert (await seen(public, path))[0] == 401, path


async def test_links_have_a_preview_and_lead_to_feeds(public: WholeSite) -> None:
    amina = await public.person("amina")
    post = await written(amina)
    browser = await visitor(public, amina)
    await browser.sent(PAGE, public="1")
    _, _, text = await seen(public, f"/@amina/{post['id']}")
    assert '<meta property="og:type" content="article">' in text
    assert '<meta property="og:description" content="Ahoy &amp; &lt;b&gt;">' in text
    assert f'<meta property="og:url" content="{ORIGIN}/@amina/{post["id"]}">' in text
    assert f'type="application/rss+xml" title="RSS" href="{ORIGIN}/@amina/feed.rss"' in text
    assert "noindex" in text
    await browser.sent(PAGE, public="1", indexed="1")
    _, _, text = await seen(public, "/@amina")
    assert '<meta property="og:type" content="profile">' in text
    assert "noindex" not in text
    own = await browser.open(f"/@amina/{post['id']}")
    assert "og:title" not in own
    assert "noindex" in own


async def test_feeds_are_the_same_whoever_asks_and_may_be_kept(public: WholeSite) -> None:
    amina = await public.person("amina")
    await written(amina)
    browser = await visitor(public, amina)
    await browser.sent(PAGE, public="1")
    status, headers, text = await seen(public, FEEDS[0])
    assert headers["Content-Type"] == "application/rss+xml; charset=utf-8"
    assert [one.text for one in Xml.fromstring(text.encode()).iter("title")][1:] == ["Ahoy & <b>"]
    assert await browser.open(FEEDS[0]) == text
    status, _, text = await seen(public, FEEDS[0], **{"If-None-Match": headers["ETag"]})
    assert (status, text) == (304, "")


async def test_a_site_without_public_pages_keeps_the_consent_only(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    await written(amina)
    browser = await visitor(whole, amina)
    assert "Public profile" not in await browser.read("/settings")
    await browser.sent(PAGE, public="1")
    assert "no pages for people without an account" in await browser.read(PAGE)
    for path in ("/@amina", *FEEDS):
        assert (await seen(whole, path))[0] == 401


async def test_the_page_about_the_site_names_who_and_with_whom(
    public: WholeSite, whole: WholeSite
) -> None:
    amina = await public.person("amina")
    english = {"Accept-Language": "en"}
    text = words((await seen(public, "/about", **english))[2])
    assert "In charge A Amina @amina@corp.example captain@corp.example" in text
    assert "Other sites of the network" in text
    assert "Be kind." in text
    assert "Other sites" not in words((await seen(whole, "/about", **english))[2])
    browser = await visitor(public, amina)
    assert 'href="/@amina"' in await browser.open("/about")


async def test_what_is_not_there_helps_on(public: WholeSite) -> None:
    browser = await visitor(public, await public.person("amina"))
    page = await browser.open("/@nobody", 404)
    assert 'action="/search"' in page
    assert 'href="mailto:captain@corp.example?subject=Page%20/%40nobody' in page
    assert (
        "search"
        not in words((await seen(public, "/@nobody", **{"Accept-Language": "en"}))[2]).lower()
    )
