"""Reactions of the agreed kinds on pages, as somebody without script uses them."""

from __future__ import annotations

from tests.features.fakes import ORIGIN
from tests.features.visitor import visitor
from tests.features.whole import WholeSite


async def test_reacting_and_taking_it_back_by_forms(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    post = await amina.post("/api/v1/statuses", status="We ship on Friday")
    browser = await visitor(whole, bruno)
    page = f"/@amina/{post['id']}"
    shown = await browser.open(page)
    assert f'formaction="/posts/{post["id"]}/react/thanks"' in shown
    assert f'name="back" value="{page}"' in shown
    assert 'class="reactions"' not in shown, "nobody did anything yet"
    for kind in ("thanks", "seen"):
        assert await browser.sent(f"/posts/{post['id']}/react/{kind}?back={page}") == page
    assert "Thanks 1" in await browser.read(page)
    status = await bruno.get(f"/api/v1/statuses/{post['id']}")
    assert (status["reacted"], status["favourited"]) == (["thanks", "seen"], False)
    people = await browser.open(f"/posts/{post['id']}/likes")
    assert 'aria-label="Thanks"' in people
    assert 'aria-label="Seen"' in people
    assert 'aria-label="Like"' not in people
    await browser.sent(f"/posts/{post['id']}/unreact/thanks?back={page}")
    assert "Thanks 1" not in await browser.read(page)


async def test_in_place_the_part_comes_back(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    post = await amina.post("/api/v1/statuses", status="We ship on Friday")
    browser = await visitor(whole, amina)
    await browser.open("/")
    where = f"/posts/{post['id']}/react/agree?back=/"
    status, _, body = await whole.call(
        "POST",
        where,
        headers={"Cookie": browser.cookie, "X-In-Place": "1", "Origin": ORIGIN},
        data={"csrf_token": browser.token},
    )
    assert status == 200
    assert f'data-part="feedback-{post["id"]}"' in body.decode()
    assert 'aria-pressed="true"' in body.decode()
    status, headers, _ = await whole.call("GET", where, headers={"Cookie": browser.cookie})
    assert (status, headers["Location"]) == (303, "/")


async def test_what_is_no_kind_or_not_for_somebody_is_not_there(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    post = await amina.post("/api/v1/statuses", status="For myself", visibility="direct")
    browser = await visitor(whole, bruno)
    assert (await browser.send(f"/posts/{post['id']}/react/thanks"))[0] == 404
    assert (await browser.send(f"/posts/{post['id']}/react/joy"))[0] == 404


async def test_notifications_say_which_reaction_but_for_seen(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    post = await amina.post("/api/v1/statuses", status="We ship on Friday")
    for name in ("seen", "question"):
        await bruno.post(f"/api/v1/statuses/{post['id']}/react/{name}")
    (told,) = await amina.get("/api/v1/notifications")
    assert (told["type"], told["reaction"]) == ("favourite", "question")
