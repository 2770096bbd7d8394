"""Pinning own posts from a page: first on the profile, marked as such, at most five."""

from __future__ import annotations

from tests.features.visitor import visitor, words
from tests.features.whole import WholeSite


async def test_pinned_from_the_menu_and_taken_away(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    old = await amina.post("/api/v1/statuses", status="Who I am")
    await amina.post("/api/v1/statuses", status="Of today")
    browser, reader = await visitor(whole, amina), await visitor(whole, bruno)
    page = f"/@amina/{old['id']}"
    assert f'formaction="/posts/{old["id"]}/pin"' in await browser.open(page)
    assert f"/posts/{old['id']}/pin" not in await reader.open(page)
    for _ in range(2):
        assert await browser.sent(f"/posts/{old['id']}/pin?back={page}") == page
    assert f'formaction="/posts/{old["id"]}/unpin"' in await browser.open(page)
    for whose in (browser, reader):
        profile = await whose.open("/@amina")
        assert profile.count(f'data-key="{old["id"]}"') == 1, "not once more in its place"
        shown = words(profile)
        assert shown.index("Pinned") < shown.index("Who I am") < shown.index("Of today")
    await browser.sent(f"/posts/{old['id']}/unpin?back={page}")
    shown = await reader.read("/@amina")
    assert "Pinned" not in shown
    assert shown.index("Of today") < shown.index("Who I am")


async def test_what_cannot_be_pinned(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    browser = await visitor(whole, amina)
    theirs = await bruno.post("/api/v1/statuses", status="Of bruno")
    direct = await amina.post("/api/v1/statuses", status="@bruno for you", visibility="direct")
    for one in (theirs, direct):
        status, _, _ = await browser.send(f"/posts/{one['id']}/pin")
        assert status == 422
    for number in range(6):
        made = await amina.post("/api/v1/statuses", status=f"Number {number}")
        status, _, page = await browser.send(f"/posts/{made['id']}/pin")
        assert status == (303 if number < 5 else 422)
    assert "You have pinned five posts already" in words(page)
