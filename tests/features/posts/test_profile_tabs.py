"""The profile page: pictures only, links by search, and whom both know."""

from __future__ import annotations

import re

from tests.features.profiles.test_card_visibility import cookie_of
from tests.features.whole import Caller, WholeSite


async def page(whole: WholeSite, viewer: Caller, path: str) -> str:
    status, _, body = await whole.call("GET", path, headers=await cookie_of(whole, viewer))
    assert status == 200
    return str(body.decode())


async def test_tabs(whole: WholeSite) -> None:
    amina, bea = await whole.person("amina"), await whole.person("bea")
    await amina.post("/api/v1/statuses", status="Only words")
    html = await page(whole, bea, "/@amina")
    assert "Only words" in html
    assert re.search(r'href="/@amina" aria-current="page"', html)
    assert 'href="/search?type=posts&amp;q=from%3Aamina+has%3Alink"' in html
    html = await page(whole, bea, "/@amina?show=media")
    assert "Only words" not in html
    assert re.search(r'href="/@amina\?show=media" aria-current="page"', html)
    assert "Only words" in await page(whole, bea, "/@amina?show=nonsense")
    assert "show=media" not in (await whole.call("GET", "/@amina"))[2].decode()


async def test_whom_both_know(whole: WholeSite) -> None:
    amina, bea, carl = [await whole.person(name) for name in ("amina", "bea", "carl")]
    await carl.follow(amina)
    assert "Followed by people you follow" not in await page(whole, bea, "/@amina")
    await bea.follow(carl)
    html = await page(whole, bea, "/@amina")
    part = html[html.index("Followed by people you follow") :][:300]
    assert 'href="/@carl"' in part
    assert "Followed by people you follow" not in await page(whole, amina, "/@amina")
    others = [await whole.person(f"p{number}") for number in range(4)]
    for other in others:
        await other.follow(amina)
        await bea.follow(other)
    assert "and 2 more" in await page(whole, bea, "/@amina")
