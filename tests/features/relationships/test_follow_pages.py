"""Pages of followers, of those one follows and of groups among them."""

from __future__ import annotations

import re

import pytest

from tests.features.visitor import visitor, words
from tests.features.whole import WholeSite

BUTTON = re.compile(r'formaction="(/people/\d+/\w+)"[^>]*aria-pressed="(\w+)"[^>]*title="([^"]+)"')


async def test_a_profile_leads_to_who_follows_and_who_is_followed(whole: WholeSite) -> None:
    amina, bruno, chloe = [await whole.person(name) for name in ("amina", "bruno", "chloe")]
    await bruno.follow(amina)
    await amina.follow(chloe)
    browser = await visitor(whole, bruno)
    profile = await browser.open("/@amina")
    for name in ("followers", "following", "groups"):
        assert f'href="/people/{amina.id}/{name}"' in profile
    followers = await browser.open(f"/people/{amina.id}/followers")
    assert "Who follows Amina" in words(followers)
    assert 'href="/@bruno"' in followers
    assert 'href="/@chloe"' not in followers
    following = await browser.open(f"/people/{amina.id}/following")
    assert 'href="/@chloe"' in following
    assert "may be missing" not in words(following), "all of it is known here"
    assert "Chloe follows nobody so far" in await browser.read(f"/people/{chloe.id}/following")


async def test_groups_are_those_who_pass_on_what_members_write(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    group = await whole.remote("quality", type="Group", name="Quality")
    await amina.follow(bruno)
    await amina.follow(group)
    browser = await visitor(whole, bruno)
    page = f"/people/{amina.id}/groups"
    assert "Amina follows no group so far" in await browser.read(page)
    (asked,) = await whole.sent("Follow")
    await whole.receive(group, {"type": "Accept", "object": asked["id"]})
    assert "@quality@" in await browser.open(page)
    assert "@quality@" in await browser.open(f"/people/{amina.id}/following")
    dora = await visitor(whole, await whole.person("dora"))
    assert "@bruno" not in await dora.open(page), "he is no group"
    followers = await browser.read(f"/people/{group.id}/followers")
    assert "People of other sites may be missing" in followers


@pytest.mark.parametrize("name", ["followers", "following", "groups"])
async def test_what_is_kept_private_is_shown_to_its_owner_only(whole: WholeSite, name: str) -> None:
    amina, bruno, chloe = [await whole.person(name) for name in ("amina", "bruno", "chloe")]
    await amina.follow(chloe)
    await chloe.follow(amina)
    hidden = {"hide_collections": True}
    await amina.ok("PATCH", "/api/v1/accounts/update_credentials", json=hidden)
    page = f"/people/{amina.id}/{name}"
    other = await (await visitor(whole, bruno)).open(page)
    assert "Amina keeps this list private" in words(other)
    assert "@chloe" not in other
    own = await (await visitor(whole, amina)).open(page)
    assert "keeps this list private" not in words(own)
    assert ("@chloe" in own) is (name != "groups")


async def test_whoever_is_blocked_sees_no_lists(whole: WholeSite) -> None:
    amina, bruno, chloe = [await whole.person(name) for name in ("amina", "bruno", "chloe")]
    await amina.follow(chloe)
    await amina.post(f"/api/v1/accounts/{bruno.id}/block")
    page = await (await visitor(whole, bruno)).open(f"/people/{amina.id}/following")
    assert "@chloe" not in page


async def test_visitors_and_unknown_people(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    browser = await visitor(whole, amina)
    await browser.open("/people/123/followers", wanted=404)
    status, _, _ = await whole.call("GET", f"/people/{amina.id}/followers")
    assert status == 401


async def test_people_are_followed_from_the_list(whole: WholeSite) -> None:
    amina, bruno, chloe = [await whole.person(name) for name in ("amina", "bruno", "chloe")]
    await amina.ok("PATCH", "/api/v1/accounts/update_credentials", json={"locked": True})
    for one in (amina, bruno):
        await one.follow(chloe)
    browser = await visitor(whole, bruno)
    page = f"/people/{chloe.id}/followers"
    follow, unfollow = (f"/people/{amina.id}/{verb}" for verb in ("follow", "unfollow"))
    shown = await browser.open(page)
    assert BUTTON.findall(shown) == [(follow, "false", "Follow")], "nobody follows themselves"
    assert f'data-other="{unfollow}" data-label="Withdraw the request"' in shown, "she is asked"
    assert await browser.sent(follow, back=page) == page
    shown = await browser.open(page)
    assert BUTTON.findall(shown) == [(unfollow, "true", "Withdraw the request")]
    await amina.post(f"/api/v1/follow_requests/{bruno.id}/authorize")
    assert BUTTON.findall(await browser.open(page)) == [(unfollow, "true", "Unfollow")]
    await browser.sent(unfollow, back=page)
    assert BUTTON.findall(await browser.open(page)) == [(follow, "false", "Follow")]
    await bruno.post(f"/api/v1/accounts/{amina.id}/block")
    assert BUTTON.findall(await browser.open(page)) == [], "whoever blocks somebody follows nobody"


async def test_empty_lists_lead_on(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    own = await visitor(whole, amina)
    assert 'class="button" href="/people"' in await own.open(f"/people/{amina.id}/following")
    groups = await own.open(f"/people/{amina.id}/groups")
    assert 'class="button" href="/search"' in groups
    assert "passes on what its members write" in words(groups)
    others = await (await visitor(whole, bruno)).open(f"/people/{amina.id}/following")
    assert 'class="button" href="/people"' not in others


async def test_who_asks_says_what_they_do(whole: WholeSite) -> None:
    amina, bruno, chloe = [await whole.person(name) for name in ("amina", "bruno", "chloe")]
    await amina.call("PATCH", "/api/v1/accounts/update_credentials", json={"locked": True})
    card = {"function": "Welder", "unit": "Hulls"}
    shown = {name: {"level": "site"} for name in card}
    await bruno.ok("PUT", "/api/v1/profile/card", json=card | {"visibility": shown})
    for one in (bruno, chloe):
        await one.post(f"/api/v1/accounts/{amina.id}/follow")
    page = await (await visitor(whole, amina)).open("/follow-requests")
    assert "Welder · Hulls" in words(page)
    assert page.count("person-detail") == 1
