"""Trends for those in charge: what is listed, what an approval or a refusal does to others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from fedrse.app.community import trends_of
from fedrse.core.clock import DAY, ManualClock
from fedrse.core.settings_trends import TrendSettings
from fedrse.features.access.model import Role
from fedrse.features.accounts.service_keys import KeyPair
from fedrse.features.audit.model import Entry
from fedrse.features.trends.model_review import publisher_named, publisher_of
from fedrse.features.trends.tables import trend_review
from fedrse.store.database import Transaction
from fedrse.store.statement import Statement
from tests.features.admin.previews import show_card
from tests.features.moderation.staff import acts, post, staff
from tests.features.visitor import visitor
from tests.features.whole import Caller, WholeSite, whole_site

REVIEWS = Statement(select(trend_review.c.kind))
ADMIN = "/api/v1/admin/trends"
SEEN = "/api/v1/trends"


@pytest.fixture
async def reviewing(
    url: str, tmp_path: Path, key_pair: KeyPair, clock: ManualClock
) -> AsyncIterator[WholeSite]:
    """A site whose people see approved trends only."""
    trends = TrendSettings(review=True)
    async with whole_site(url, tmp_path, key_pair, clock, trends=trends) as site:
        yield site


async def count(whole: WholeSite) -> None:
    await whole.site.ground.database.write(trends_of(whole.site.ground).count)


class Town:
    """Three people who talk about the same, and somebody in charge."""

    def __init__(self, whole: WholeSite, admin: Caller, people: list[Caller]) -> None:
        self.whole = whole
        self.admin = admin
        self.people = people

    async def talk(self) -> None:
        links = ("https://news.example/1", "https://news.example/2", "https://blog.example/1")
        liked = await post(self.people[0], "Everybody likes this")
        self.liked = str(liked["id"])
        for one in self.people:
            await post(one, "#Lunch at noon, then #coffee")
            await one.post(f"/api/v1/statuses/{self.liked}/favourite")
            for link in links:
                await show_card(self.whole, await post(one, "Read"), link)
        await count(self.whole)

    async def seen(self, kind: str) -> list[str]:
        name = {"tags": "name", "links": "url", "statuses": "id"}[kind]
        return sorted(one[name].lower() for one in await self.people[1].get(f"{SEEN}/{kind}"))

    async def listed(self, kind: str) -> dict[str, Any]:
        name = {"tags": "name", "links": "url", "statuses": "id"}.get(kind, "domain")
        path = "links/publishers" if kind == "publishers" else kind
        return {one[name].lower(): one for one in await self.admin.get(f"{ADMIN}/{path}")}

    async def say(self, path: str, one: dict[str, Any], verb: str) -> Any:
        return await self.admin.ok("POST", f"{ADMIN}/{path}/{one['id']}/{verb}")


async def town(whole: WholeSite) -> Town:
    admin = await staff(whole, "olga", Role.OWNER)
    people = [await whole.person(name) for name in ("ami", "bob", "chloe")]
    made = Town(whole, admin, people)
    await made.talk()
    return made


async def test_rejected_ones_never_appear(whole: WholeSite) -> None:
    here = await town(whole)
    tags = await here.listed("tags")
    assert set(tags) == {"lunch", "coffee"} == set(await here.seen("tags"))
    assert [tags["lunch"][name] for name in ("trendable", "usable", "requires_review")] == [
        True
    ] * 3
    said = await here.say("tags", tags["lunch"], "reject")
    assert (said["name"].lower(), said["trendable"], said["requires_review"]) == (
        *("lunch", False, False),
    )
    assert await here.seen("tags") == ["coffee"]
    statuses = await here.listed("statuses")
    assert list(statuses) == [here.liked] == await here.seen("statuses")
    await here.say("statuses", statuses[here.liked], "reject")
    assert await here.seen("statuses") == []
    # Nor after they were counted anew; those in charge go on to see them.
    await count(whole)
    assert await here.seen("tags") == ["coffee"]
    assert await here.seen("statuses") == []
    assert not (await here.listed("tags"))["lunch"]["trendable"]
    assert not (await here.listed("statuses"))[here.liked]["requires_review"]
    await here.say("tags", tags["lunch"], "approve")
    assert await here.seen("tags") == ["coffee", "lunch"]


async def test_links_and_their_publishers(whole: WholeSite) -> None:
    here = await town(whole)
    assert await here.seen("links") == [
        *("https://blog.example/1", "https://news.example/1", "https://news.example/2"),
    ]
    publishers = await here.listed("publishers")
    assert set(publishers) == {"news.example", "blog.example"}
    assert all(one["requires_review"] and one["trendable"] is None for one in publishers.values())
    said = await here.say("links/publishers", publishers["news.example"], "reject")
    assert (said["domain"], said["trendable"], said["requires_review"]) == (
        *("news.example", False, False),
    )
    assert await here.seen("links") == ["https://blog.example/1"]
    await here.say("links/publishers", publishers["blog.example"], "reject")
    assert await here.seen("links") == []
    # What is said of the link itself counts before.
    links = await here.listed("links")
    said = await here.say("links", links["https://news.example/2"], "approve")
    assert (said["url"], said["requires_review"]) == ("https://news.example/2", False)
    assert await here.seen("links") == ["https://news.example/2"]
    timeline = "/api/v1/timelines/link?url=https://news.example/"
    reader = here.people[0]
    assert (await reader.call("GET", f"{timeline}1"))[0] == 404
    assert (await reader.call("GET", f"{timeline}2"))[0] == 200
    publishers = await here.listed("publishers")
    assert [publishers[name]["trendable"] for name in sorted(publishers)] == [False, False]


async def test_where_all_are_reviewed(reviewing: WholeSite) -> None:
    here = await town(reviewing)
    for kind in ("tags", "links", "statuses"):
        assert await here.seen(kind) == []
        assert all(one["requires_review"] for one in (await here.listed(kind)).values())
    assert not (await here.listed("tags"))["lunch"]["trendable"]
    await here.say("tags", (await here.listed("tags"))["lunch"], "approve")
    await here.say("statuses", (await here.listed("statuses"))[here.liked], "approve")
    news = (await here.listed("publishers"))["news.example"]
    await here.say("links/publishers", news, "approve")
    assert await here.seen("tags") == ["lunch"]
    assert await here.seen("statuses") == [here.liked]
    assert await here.seen("links") == ["https://news.example/1", "https://news.example/2"]
    links = await here.listed("links")
    await here.say("links", links["https://news.example/1"], "reject")
    assert await here.seen("links") == ["https://news.example/2"]
    assert [one for one in await acts(reviewing) if one.startswith("trend.")] == [
        *["trend.approve"] * 3,
        "trend.reject",
    ]


async def test_the_log_says_what_was_said_before(whole: WholeSite) -> None:
    here = await town(whole)
    tag = (await here.listed("tags"))["lunch"]
    for verb in ("reject", "approve"):
        await here.say("tags", tag, verb)

    async def unit(tx: Transaction) -> list[Entry]:
        return await whole.site.ground.audit.after(tx, 0, most=1000)

    entries = [
        one for one in await whole.site.ground.database.read(unit) if one.act.startswith("trend.")
    ]
    assert [(one.before, one.after) for one in entries] == [
        ("null", '{"allowed":false}'),
        ('{"allowed":false}', '{"allowed":true}'),
    ]
    assert {(one.target_name, one.actor_id) for one in entries} == {("#Lunch", here.admin.id)}


async def test_what_is_not_for_everybody_is_not_there(whole: WholeSite) -> None:
    admin = await staff(whole, "olga", Role.OWNER)
    ami, bob = await whole.person("ami"), await whole.person("bob")
    await bob.follow(ami)
    for visibility in ("direct", "private"):
        hidden = await post(ami, f"@bob #secret {visibility}", visibility=visibility)
        await bob.post(f"/api/v1/statuses/{hidden['id']}/favourite")
        for verb in ("approve", "reject"):
            path = f"{ADMIN}/statuses/{hidden['id']}/{verb}"
            assert (await admin.call("POST", path))[0] == 404
    await count(whole)
    for kind in ("tags", "statuses", "links", "links/publishers"):
        assert await admin.get(f"{ADMIN}/{kind}") == []


async def test_reviews_of_old_posts_are_forgotten(whole: WholeSite) -> None:
    here = await town(whole)
    await here.say("statuses", {"id": here.liked}, "reject")
    await here.say("tags", (await here.listed("tags"))["lunch"], "reject")

    async def kinds(tx: Transaction) -> list[str]:
        return sorted(row.kind for row in await tx.all(REVIEWS))

    database = whole.site.ground.database
    assert await database.read(kinds) == ["post", "tag"]
    whole.clock.advance(4 * DAY)
    await count(whole)
    assert await database.read(kinds) == ["tag"]


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.MEMBER])
async def test_who_may_not(whole: WholeSite, role: Role) -> None:
    caller = await staff(whole, "eve", role)
    for method, path in (
        *(("GET", kind) for kind in ("tags", "links", "statuses", "links/publishers")),
        *(("POST", f"{kind}/1/approve") for kind in ("tags", "links", "statuses")),
        ("POST", "links/publishers/1/reject"),
    ):
        assert (await caller.call(method, f"{ADMIN}/{path}"))[0] == 403


async def test_reading_is_not_writing(whole: WholeSite) -> None:
    admin = await staff(whole, "olga", Role.COMMUNITY_MANAGER)
    reader = await whole.with_scopes(admin, "read admin:read")
    assert await reader.get(f"{ADMIN}/tags") == []
    for kind in ("tags", "links", "statuses", "links/publishers"):
        assert (await reader.call("POST", f"{ADMIN}/{kind}/7/reject"))[0] == 403
        assert (await admin.call("POST", f"{ADMIN}/{kind}/7/reject"))[0] == 404
        assert (await admin.call("GET", f"{ADMIN}/{kind}?limit=x"))[0] in {400, 422}


def test_publishers_are_hosts() -> None:
    assert publisher_of("https://News.example:8443/a?b") == publisher_named("news.example")
    assert publisher_of("https://[").domain == ""


async def test_the_page_of_the_console(reviewing: WholeSite) -> None:
    here = await town(reviewing)
    browser = await visitor(reviewing, here.admin)
    page = await browser.open("/admin/trends")
    assert "#Lunch" in page
    assert "waits" in page
    tag = (await here.listed("tags"))["lunch"]["id"]
    status, _, _ = await browser.send(f"/admin/trends/tags/{tag}", [("verdict", "approve")])
    assert status == 303
    assert await here.seen("tags") == ["lunch"]
    assert "approved" in await browser.open("/admin/trends?kind=tags")
    assert "Everybody likes this" in await browser.open("/admin/trends?kind=posts")
    assert "https://news.example/1" in await browser.open("/admin/trends?kind=links")
    assert "blog.example" in await browser.open("/admin/trends?kind=publishers")
    for kind, listed in (("posts", "statuses"), ("links", "links"), ("publishers", "publishers")):
        (one, *_) = (await here.listed(listed)).values()
        path = f"/admin/trends/{kind}/{one['id']}"
        assert (await browser.send(path, [("verdict", "reject")]))[0] == 303
        assert "rejected" in await browser.open(f"/admin/trends?kind={kind}")
    for path in ("/admin/trends/tags/7", "/admin/trends/others/7", f"/admin/trends/tags/{tag}x"):
        assert (await browser.send(path, [("verdict", "reject")]))[0] == 404
    assert (await browser.send(f"/admin/trends/tags/{tag}", [("verdict", "maybe")]))[0] == 404
    await browser.open("/admin/trends?kind=others", wanted=404)
    member = await visitor(reviewing, here.people[0])
    await member.open("/admin/trends", wanted=404)
