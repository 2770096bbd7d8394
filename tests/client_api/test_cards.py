"""Previews of web pages: fetched by the site, once, within bounds; the picture is copied."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fedrse.features.cards.model import first_link
from fedrse.features.cards.model_page import Page, read_oembed, read_page
from tests.client_api.conftest import Opener
from tests.client_api.stage import Stage, free_port, until

PAGE = """<!doctype html><html lang="fr"><head><title>Plain</title>
<meta property="og:title" content="Un&nbsp;titre">
<meta property="og:description" content="Une description">
<meta property="og:image" content="/picture.png">
<meta property="og:site_name" content="Le Site">
<script type="application/ld+json">{"headline": "Other", "author": {"name": "Ada"},
"datePublished": "2026-01-02T03:04:05Z"}</script>
<link rel="alternate" type="application/json+oembed" href="/oembed?x=1">
</head><body>Hello</body></html>"""
VIDEO = {
    "type": "video",
    "title": "Un film",
    "html": '<iframe src="https://video.example/embed/1" onload="x"></iframe><script>x</script>',
    "width": 640,
    "height": 99999,
    "author_url": "javascript:alert(1)",
}


@asynccontextmanager
async def _web(port: int) -> AsyncIterator[dict[str, int]]:
    """A web site that counts who asks for what."""
    asked: dict[str, int] = {}
    picture = io.BytesIO()
    Image.new("RGB", (80, 60), (200, 30, 30)).save(picture, "PNG")

    async def answer(request: web.Request) -> web.Response:
        asked[request.path] = asked.get(request.path, 0) + 1
        if request.path == "/page":
            return web.Response(text=PAGE, content_type="text/html")
        if request.path == "/picture.png":
            return web.Response(body=picture.getvalue(), content_type="image/png")
        if request.path == "/huge":
            return web.Response(
                body=b"<title>x</title>" + b" " * 2_000_000, content_type="text/html"
            )
        if request.path == "/untitled":
            return web.Response(text="<p>nothing</p>", content_type="text/html")
        raise web.HTTPNotFound

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield asked
    finally:
        await runner.cleanup()


async def test_cards(opener: Opener) -> None:
    port = free_port()
    host = f"localhost:{port}"
    extra = {
        "federation": {"allowed_hosts": [host]},
        "outgoing": {"private_addresses": [host]},
    }
    async with _web(port) as asked, opener("lyon", **extra) as stages:
        (stage,) = stages
        me, other = await stage.people("amina", "bruno")
        post = await me.write(f"Look: http://{host}/page @bruno")
        assert post["card"] is None

        async def card() -> Any:
            return (await other.get(f"/api/v1/statuses/{post['id']}"))["card"]

        found = await until(card)
        assert (found["title"], found["type"], found["language"]) == ("Un titre", "link", "fr")
        assert (found["author_name"], found["provider_name"]) == ("Ada", "Le Site")
        assert (found["width"], found["height"]) == (80, 60)
        assert found["image"].startswith(f"{stage.base_url}/media/")
        picture = await stage.answer("GET", found["image"])
        assert (picture.status, picture.headers["Content-Type"]) == (200, "image/webp")
        # Known now: a second post asks nobody.
        again = await me.write(f"Again http://{host}/page")
        await _quiet(stage)
        assert (await other.get(f"/api/v1/statuses/{again['id']}"))["card"]["title"] == "Un titre"
        assert asked["/page"] == asked["/picture.png"] == 1
        # Nothing to show, too large, letters, own pages: no card, no trouble.
        letter = await me.write(f"@bruno http://{host}/secret", visibility="direct")
        own = await me.write(f"See {post['url']}")
        bad = [await me.write(f"http://{host}/{path}") for path in ("huge", "untitled", "gone")]
        await _quiet(stage)
        for one in (letter, own, *bad):
            assert (await me.get(f"/api/v1/statuses/{one['id']}"))["card"] is None
        assert "/secret" not in asked
        # An edit takes the link away.
        changed = {"status": "nothing to see"}
        await me.call("PUT", f"/api/v1/statuses/{post['id']}", json=changed)
        assert await card() is None


async def _quiet(stage: Stage) -> None:
    """Waits until no job of this feature waits or runs."""

    async def done() -> bool:
        counts = await stage.site.ground.database.read(stage.site.ground.queue.counts)
        return not any(row.kind == "cards.fetch" and row.count for row in counts)

    await until(done)


def test_what_is_previewed() -> None:
    mention = '<a href="https://a.example/@x" class="u-url mention">@x</a>'
    tag = '<a href="https://a.example/tags/x" class="mention hashtag" rel="tag">#x</a>'
    link = '<a href="https://b.example/1?x=1&amp;y=2#part" rel="nofollow">b</a>'
    assert first_link(f"<p>{mention} {tag}</p>") is None
    assert first_link(f"<p>{mention} {link} {tag}</p>") == "https://b.example/1?x=1&y=2"
    assert first_link('<a href="javascript:x">x</a><a href="ftp://x">y</a>') is None


def test_oembed_gives_a_frame_and_nothing_else() -> None:
    page = read_oembed(VIDEO, Page(), "https://video.example/1")
    assert (page.kind, page.width, page.height) == ("video", 640, 4000)
    assert page.html.startswith('<iframe src="https://video.example/embed/1" width="640"')
    assert "onload" not in page.html
    assert "script>" not in page.html
    assert page.author_url == ""
    for strange in (None, [], "x", {"type": "video", "html": "<b>"}, {"type": 7, "title": []}):
        assert read_oembed(strange, Page(title="t"), "https://video.example/1").kind == "link"


@given(st.text(max_size=400))
def test_any_text_is_read(text: str) -> None:
    page = read_page(f"<html><head>{text}", "https://a.example/x")
    assert page.provider_url == "https://a.example"
    first_link(text)


@given(
    st.sampled_from(["javascript:alert(1)", "//b.example/x", "http://b.example", "data:x", "\n"])
)
def test_addresses(address: str) -> None:
    page = read_page(f'<meta property="og:image" content="{address}">', "https://a.example/x")
    assert page.image_url in ("", "https://b.example/x", "https://a.example/x")
