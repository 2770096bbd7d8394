"""Following topics on pages, without script."""

from __future__ import annotations

import pytest

from tests.features.visitor import visitor, words
from tests.features.whole import WholeSite


async def test_followed_on_its_page_and_taken_back(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    await bruno.post("/api/v1/statuses", status="Helmets on #Sécurité")
    browser = await visitor(whole, amina)
    page = await browser.open("/tags/S%C3%A9curit%C3%A9")
    assert 'action="/tags/S%C3%A9curit%C3%A9/follow"' in page
    assert "You follow no topic yet" in await browser.read("/tags")
    for _ in range(2):
        where = await browser.sent("/tags/S%C3%A9curit%C3%A9/follow")
        assert where == "/tags/S%C3%A9curit%C3%A9"
    assert f'action="{where}/unfollow"' in await browser.open(where)
    (followed,) = await amina.get("/api/v1/followed_tags")
    assert followed["name"] == "Sécurité"
    assert "#Sécurité" in await browser.read("/tags")
    later = await bruno.post("/api/v1/statuses", status="Gloves, too #sécurité")
    home = await browser.open("/")
    assert f'data-key="{later["id"]}"' in home
    assert "You follow #" in words(home), "it says why it is there, whatever the accents"
    assert await browser.sent(f"{where}/unfollow?back=/tags") == "/tags"
    assert await amina.get("/api/v1/followed_tags") == []
    assert f'action="{where}/follow"' in await browser.open(where)


@pytest.mark.parametrize("typed", ["#Ship2Shore", "  ship2shore "])
async def test_followed_by_name(whole: WholeSite, typed: str) -> None:
    amina = await whole.person("amina")
    browser = await visitor(whole, amina)
    where = await browser.sent("/tags", topic=typed)
    assert where.lower() == "/tags/ship2shore"
    (followed,) = await amina.get("/api/v1/followed_tags")
    assert followed["name"].lower() == "ship2shore"


@pytest.mark.parametrize("typed", ["", "two words", "<b>", "12", "x" * 300])
async def test_what_is_no_topic_is_said_and_kept(whole: WholeSite, typed: str) -> None:
    amina = await whole.person("amina")
    browser = await visitor(whole, amina)
    status, _, page = await browser.send("/tags", topic=typed)
    assert status == 422
    assert "This is no topic" in words(page)
    assert typed.replace("<", "&lt;").replace(">", "&gt;") in page
    assert await amina.get("/api/v1/followed_tags") == []
    status, _, _ = await browser.send("/tags/!/follow")
    assert status == 404
