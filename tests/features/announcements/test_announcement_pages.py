"""Announcements on pages: on the home page until put away or confirmed; made by those in charge."""

from __future__ import annotations

from fedrse.features.access.model import Role
from tests.features.visitor import visitor
from tests.features.whole import Caller, WholeSite


async def make_admin(whole: WholeSite, person: Caller) -> None:
    logins = whole.site.services.access.logins
    await whole.site.ground.database.write(logins.set_role, person.account.id, Role.ADMIN)


async def announced(whole: WholeSite, text: str, *, must_read: bool = False) -> str:
    """Somebody in charge announces something; its number."""
    boss = await whole.person("boss" if not must_read else "chief")
    await make_admin(whole, boss)
    browser = await visitor(whole, boss)
    more = {"must_read": "1"} if must_read else {}
    assert await browser.sent("/announcements", text=text, days="7", **more) == "/announcements"
    return str((await boss.get("/api/v1/announcements"))[-1]["id"])


async def test_shown_at_home_until_it_is_put_away(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    key = await announced(whole, "The canteen is closed on Friday")
    browser = await visitor(whole, amina)
    assert "The canteen is closed on Friday" in await browser.read("/")
    assert await browser.sent(f"/announcements/{key}/dismiss", back="/") == "/"
    assert "The canteen is closed" not in await browser.read("/")
    assert "The canteen is closed" in await browser.read("/announcements"), "found again there"
    (entity,) = await amina.get("/api/v1/announcements?with_dismissed=true")
    assert (entity["read"], entity["must_read"]) == (True, False)


async def test_what_must_be_read_stays_until_it_is_confirmed(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    key = await announced(whole, "New rules of safety", must_read=True)
    browser = await visitor(whole, amina)
    assert "I have read this" in await browser.read("/")
    await amina.post(f"/api/v1/announcements/{key}/dismiss")
    assert "New rules of safety" in await browser.read("/"), "an app has shown it, that is all"
    for _ in range(2):
        await browser.sent(f"/announcements/{key}/confirm", back="/")
    assert "New rules of safety" not in await browser.read("/")
    assert "You have said that you have read this." in await browser.read("/announcements")
    (entity,) = await amina.get("/api/v1/announcements?with_dismissed=true")
    assert (entity["confirmed"], entity["must_read"]) == (True, True)


async def test_only_those_in_charge_announce_and_hear_totals(whole: WholeSite) -> None:
    amina, boss = await whole.person("amina"), await whole.person("director")
    browser = await visitor(whole, amina)
    assert (await browser.send("/announcements", text="I am the boss"))[0] == 404
    assert "Announce something" not in await browser.read("/announcements")
    await make_admin(whole, boss)
    office = await visitor(whole, boss)
    status, _, page = await office.send("/announcements", text=" ", days="7")
    assert status == 422
    assert "Write what you want to announce." in page
    for _ in range(2):
        await office.sent("/announcements", text="Fire drill", days="1", must_read="1")
    (entity,) = await boss.get("/api/v1/announcements")
    assert entity["ends_at"] is not None, "sent twice is announced once"
    await browser.sent(f"/announcements/{entity['id']}/confirm")
    assert "1 has read it" in await office.read("/announcements")
    assert "has read it" not in await browser.read("/announcements")
    assert (await browser.send(f"/announcements/{entity['id']}/delete"))[0] == 404
    await office.sent(f"/announcements/{entity['id']}/delete")
    assert "Fire drill" not in await browser.read("/")


async def test_what_does_not_exist_is_neither_put_away_nor_confirmed(whole: WholeSite) -> None:
    browser = await visitor(whole, await whole.person("amina"))
    for what in ("dismiss", "confirm"):
        assert (await browser.send(f"/announcements/5/{what}"))[0] == 404


async def test_an_app_can_confirm(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    key = await announced(whole, "New rules of safety", must_read=True)
    await amina.post(f"/api/v1/announcements/{key}/confirm")
    browser = await visitor(whole, amina)
    assert "New rules of safety" not in await browser.read("/")
