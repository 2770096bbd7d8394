"""The home page is put together of remembered pieces: of each reader only their own get in."""

from __future__ import annotations

import re

from fedrse.http import csrf
from tests.features.visitor import Visitor, visitor
from tests.features.whole import WholeSite

TOKENS = re.compile(r'name="csrf_token" value="([^"]+)"')


async def tokens_of(browser: Visitor) -> set[str]:
    """The secrets of all forms of the home page, as the session knows them."""
    return {csrf._unmask(found) for found in TOKENS.findall(await browser.open("/"))}


async def test_each_reader_has_an_own_secret_and_own_marks(whole: WholeSite) -> None:
    amina, bruno, claire = [await whole.person(name) for name in ("amina", "bruno", "claire")]
    await bruno.follow(amina)
    await claire.follow(amina)
    poll = {"options": ["Yes", "No"], "expires_in": 3600}
    asked = await amina.post("/api/v1/statuses", status="Shall we?", poll=poll)
    plain = await amina.post("/api/v1/statuses", status="We ship on Friday")
    one, other = await visitor(whole, bruno), await visitor(whole, claire)
    for _ in range(2):
        first, second = await tokens_of(one), await tokens_of(other)
        assert len(first) == len(second) == 1, "forms of the page and of the poll have the same"
        assert first != second
    page = await one.open("/")
    assert page.count(f'action="/posts/{asked["id"]}/vote') == 1
    await one.sent(f"/posts/{plain['id']}/like")
    liked = f'formaction="/posts/{plain["id"]}/unlike"'
    assert liked in await one.open("/")
    assert liked not in await other.open("/")
    assert f"/posts/{plain['id']}/edit" not in page
    assert f"/posts/{plain['id']}/edit" in await (await visitor(whole, amina)).open("/")


async def test_what_changes_is_on_the_next_page(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    await bruno.follow(amina)
    browser = await visitor(whole, bruno)
    assert "Nothing here yet" in await browser.read("/")
    first = await amina.post("/api/v1/statuses", status="We ship on Friday")
    assert "We ship on Friday" in await browser.read("/")
    await bruno.ok(
        "PATCH", "/api/v1/accounts/update_credentials", json={"display_name": "Bruno B."}
    )
    assert "Bruno B." in await browser.read("/")
    await amina.ok("PUT", f"/api/v1/statuses/{first['id']}", json={"status": "We ship on Monday"})
    shown = await browser.read("/")
    assert "We ship on Monday" in shown
    assert "Friday" not in shown
    await browser.sent("/home/read", until=first["id"])
    await amina.post("/api/v1/statuses", status="And another one")
    words = await browser.read("/")
    assert words.index("And another one") < words.index("Read up to here") < words.index("Monday")
    await amina.ok("DELETE", f"/api/v1/statuses/{first['id']}")
    assert "Monday" not in await browser.read("/")


async def test_older_parts_and_compression(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    for number in range(22):
        await amina.post("/api/v1/statuses", status=f"Number {number} of a row")
    browser = await visitor(whole, amina)
    plain = await browser.open("/")
    headers = {"Cookie": browser.cookie, "Accept": "text/html", "Accept-Encoding": "gzip"}
    status, answer, body = await whole.call("GET", "/", headers=headers)
    assert (status, answer["Content-Encoding"]) == (200, "gzip")
    packed = body.decode()  # read by the client of the test
    assert TOKENS.sub("", packed) == TOKENS.sub("", plain)
    (older,) = re.findall(r'rel="next" href="([^"]+)"', plain)
    page = await browser.open(older)
    assert re.findall(r"Number (\d+) of a row", page) == ["1", "0"]
    assert "data-feed" in plain
    assert "data-feed" not in page, "only the newest hears of new posts"
    assert f'name="back" value="{older}"' in page
