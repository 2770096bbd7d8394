"""Pages of mutes, blocks, notes and requests to follow, as somebody without script uses them."""

from __future__ import annotations

from typing import Any

from tests.features.visitor import visitor, words
from tests.features.whole import Caller, WholeSite


async def bond(me: Caller, other: Caller) -> Any:
    return (await me.get(f"/api/v1/accounts/relationships?id[]={other.id}"))[0]


async def test_the_menu_of_a_profile_leads_to_mute_block_note_and_report(
    whole: WholeSite,
) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    browser = await visitor(whole, amina)
    page = await browser.open("/@bruno")
    for verb in ("note", "mute", "block"):
        assert f'href="/people/{bruno.id}/{verb}?back=%2F%40bruno"' in page
    assert f'href="/report?account={bruno.id}&amp;back=%2F%40bruno"' in page
    own = await browser.open("/@amina")
    assert "/mute?" not in own, "nobody mutes oneself"


async def test_muting_for_a_while_and_showing_again(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    browser = await visitor(whole, amina)
    assert "Mute Bruno" in await browser.read(f"/people/{bruno.id}/mute?back=/@bruno")
    back = await browser.sent(
        f"/people/{bruno.id}/mute", seconds="3600", notifications="1", back="/@bruno"
    )
    assert back == "/@bruno"
    found = await bond(amina, bruno)
    assert found["muting"]
    assert found["muting_notifications"]
    assert found["muting_expires_at"] == "2026-01-15T10:00:00.000Z"
    assert "You mute this person." in await browser.read("/@bruno")
    assert "Bruno" in await browser.read("/settings/blocks")
    where = await browser.sent(f"/people/{bruno.id}/unmute?back=/settings/blocks")
    assert where == "/settings/blocks"
    assert "You mute nobody" in await browser.read("/settings/blocks")
    assert not (await bond(amina, bruno))["muting"]


async def test_a_duration_that_is_not_offered_lasts_until_undone(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    browser = await visitor(whole, amina)
    await browser.sent(f"/people/{bruno.id}/mute", seconds="-5")
    found = await bond(amina, bruno)
    assert found["muting"]
    assert not found["muting_notifications"]
    assert found["muting_expires_at"] is None


async def test_blocking_and_undoing_it(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    await bruno.follow(amina)
    browser = await visitor(whole, amina)
    assert "neither follows the other" in await browser.read(f"/people/{bruno.id}/block")
    await browser.sent(f"/people/{bruno.id}/block")
    assert (await bond(amina, bruno))["blocking"]
    assert not (await bond(amina, bruno))["followed_by"]
    assert "Bruno" in await browser.read("/settings/blocks/people")
    await browser.sent(f"/people/{bruno.id}/unblock?back=/settings/blocks/people")
    assert "You block nobody" in await browser.read("/settings/blocks/people")


async def test_a_note_is_kept_shown_and_never_lost(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    browser = await visitor(whole, amina)
    await browser.sent(f"/people/{bruno.id}/note", note="Met in <Lyon>", back="/@bruno")
    assert "Your note: Met in <Lyon>" in await browser.read("/@bruno")
    assert (await bond(amina, bruno))["note"] == "Met in <Lyon>"
    status, _, page = await browser.send(f"/people/{bruno.id}/note", note="x" * 2001)
    assert status == 422
    assert "2,000 characters are the most" in words(page)
    assert "x" * 2001 in page
    assert (await bond(amina, bruno))["note"] == "Met in <Lyon>"


async def test_answering_who_asks_to_follow(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    chloe = await whole.person("chloe")
    await amina.ok("PATCH", "/api/v1/accounts/update_credentials", json={"locked": True})
    await bruno.follow(amina)
    await chloe.follow(amina)
    browser = await visitor(whole, amina)
    page = await browser.read("/follow-requests")
    assert "Bruno" in page
    assert "Chloe" in page
    for _ in range(2):  # a second press of the button changes nothing
        where = await browser.sent(f"/people/{bruno.id}/accept?back=/follow-requests")
        await browser.sent(f"/people/{chloe.id}/reject?back=/follow-requests")
        assert where == "/follow-requests"
    assert (await bond(amina, bruno))["followed_by"]
    assert not (await bond(amina, chloe))["followed_by"]
    assert "Nobody waits" in await browser.read("/follow-requests")
    await browser.sent(f"/people/{bruno.id}/remove?back=/@bruno")
    assert not (await bond(amina, bruno))["followed_by"]


async def test_blocking_a_site(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    browser = await visitor(whole, amina)
    status, _, page = await browser.send("/settings/blocks/sites", domain="not a site")
    assert status == 422
    assert "not the name of a site" in words(page)
    assert 'value="not a site"' in page
    status, _, page = await browser.send("/settings/blocks/sites", domain="corp.example")
    assert status == 422
    assert "your own site" in words(page)
    await browser.sent("/settings/blocks/sites", domain="https://Spam.Example/about")
    assert "spam.example" in await browser.read("/settings/blocks/sites")
    assert await amina.get("/api/v1/domain_blocks") == ["spam.example"]
    await browser.sent("/settings/blocks/sites/remove", domain="spam.example")
    assert "You block no site" in await browser.read("/settings/blocks/sites")


async def test_nobody_is_led_away_and_nobody_hidden_is_named(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    browser = await visitor(whole, amina)
    assert await browser.sent(f"/people/{bruno.id}/unmute?back=//evil.example") == "/"
    await browser.open("/people/1/mute", 404)
    status, _, _ = await browser.send("/people/1/block")
    assert status == 404
    browser.token = "wrong"
    status, _, _ = await browser.send(f"/people/{bruno.id}/block")
    assert status == 403
    assert not (await bond(amina, bruno))["blocking"]
