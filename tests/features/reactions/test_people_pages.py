"""Who likes and who shared a post, on pages."""

from __future__ import annotations

from tests.features.visitor import visitor
from tests.features.whole import WholeSite


async def test_who_likes_and_who_shared(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    post = await amina.post("/api/v1/statuses", status="Hello", visibility="public")
    browser = await visitor(whole, amina)
    page, likes = f"/@amina/{post['id']}", f"/posts/{post['id']}/likes"
    shares = f"/posts/{post['id']}/shares"
    assert f'<a href="{likes}">' not in await browser.open(page), "nothing to look at yet"
    assert "Nobody reacted yet" in await browser.read(likes)
    await bruno.post(f"/api/v1/statuses/{post['id']}/favourite")
    await bruno.post(f"/api/v1/statuses/{post['id']}/reblog")
    shown = await browser.open(page)
    assert f'<a href="{likes}">1 reaction</a>' in shown
    assert f'<a href="{shares}">1 share</a>' in shown
    assert "Bruno" in await browser.read(likes)
    assert "Bruno" in await browser.read(shares)


async def test_whoever_cannot_read_it_sees_nothing(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    post = await amina.post("/api/v1/statuses", status="Secret", visibility="direct")
    browser = await visitor(whole, bruno)
    for what in ("likes", "shares"):
        await browser.open(f"/posts/{post['id']}/{what}", 404)
