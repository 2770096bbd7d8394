"""Trends: what they are made of, who gets them, pages."""

from __future__ import annotations

import pytest

from fedrse.core.clock import DAY, HOUR
from fedrse.features.cards.model import Card
from fedrse.features.cards.service import Cards
from fedrse.features.trends.model import heat, rise
from fedrse.features.trends.service import Trends
from tests.client_api.stage import Stage

BASE = "/api/v1/trends"


@pytest.mark.parametrize(
    ("hotter", "cooler"),
    [
        (rise(3, 0), rise(2, 0)),
        (rise(10, 0), rise(10, 25)),
        (rise(2, 0), rise(1, 0)),
        (heat(2, 0, HOUR), heat(2, 0, DAY)),
        (heat(0, 2, HOUR), heat(2, 0, HOUR)),
        (heat(2, 0, 0), heat(1, 0, 0)),
    ],
)
def test_scores(hotter: float, cooler: float) -> None:
    assert hotter > cooler >= 0


def test_what_one_person_says_is_no_trend() -> None:
    assert rise(1, 0) == heat(1, 0, 0) == heat(0, 1, 0) == 0
    assert heat(2, 2, -HOUR) == heat(2, 2, 0)


async def _count(stage: Stage) -> None:
    await stage.site.ground.database.write(Trends(clock=stage.site.ground.clock).count)


async def test_tags_and_statuses(stage: Stage) -> None:
    me, *others = await stage.people("amina", "bruno", "chloe", "dario")
    for one in others:
        await one.write("#Lunch at noon")
    for _ in range(5):
        await me.write("#alone")
    for one in others[:2]:
        await one.write("#secret", visibility="private")
        await one.write("#coffee", visibility="unlisted")
        await one.write("#tea")
    liked = await me.write("Everybody likes this")
    shared = await me.write("Two share this")
    once = await me.write("One likes this")
    hidden = await me.write("For followers", visibility="private")
    for one in others:
        await one.post(f"/api/v1/accounts/{me.id}/follow")
        await one.post(f"/api/v1/statuses/{liked['id']}/favourite")
    for one in others[:2]:
        await one.post(f"/api/v1/statuses/{shared['id']}/reblog")
        await one.post(f"/api/v1/statuses/{hidden['id']}/favourite")
    await others[0].post(f"/api/v1/statuses/{once['id']}/favourite")
    await _count(stage)

    tags = await me.get(f"{BASE}/tags")
    assert [tag["name"].lower() for tag in tags] == ["lunch", "tea"]
    assert tags[0]["history"][0]["accounts"] == "3"
    statuses = await others[2].get(f"{BASE}/statuses")
    assert [one["id"] for one in statuses] == [shared["id"], liked["id"]]
    answer = await me.answer("GET", f"{BASE}/tags?limit=1")
    assert [tag["name"].lower() for tag in answer.body] == ["lunch"]
    second = await me.answer("GET", answer.links()["next"])
    assert [tag["name"].lower() for tag in second.body] == ["tea"]
    assert second.links()["prev"].endswith("offset=0")
    # Somebody whom one mutes does not trend for oneself; visitors get nothing.
    await others[0].post(f"/api/v1/accounts/{me.id}/mute")
    assert await others[0].get(f"{BASE}/statuses") == []
    for kind in ("tags", "statuses", "links"):
        assert (await stage.answer("GET", f"{BASE}/{kind}")).status == 401
    # What is gone trends no more.
    await me.call("DELETE", f"/api/v1/statuses/{shared['id']}")
    await _count(stage)
    assert [one["id"] for one in await me.get(f"{BASE}/statuses")] == [liked["id"]]


async def test_links(stage: Stage) -> None:
    me, other = await stage.people("amina", "bruno")
    ground, services = stage.site.ground, stage.site.services
    cards = Cards(
        clock=ground.clock,
        ids=ground.ids,
        jobs=ground.queue,
        changed=services.posts.counters.changed,
        address_of=str,
        own_origin=ground.settings.origin,
    )
    url = "https://news.example/1"
    texts = dict.fromkeys(("author_name", "author_url", "provider_name", "provider_url"), "")
    numbers = dict.fromkeys(("width", "height", "image_width", "image_height", "id"), 0)
    card = await ground.database.write(
        cards.store,
        Card(
            url=url,
            state="ready",
            kind="link",
            title="News",
            description="",
            language=None,
            html="",
            embed_url="",
            image_key=None,
            blurhash=None,
            published_at=None,
            fetched_at=0,
            **texts,
            **numbers,
        ),
    )
    posts = [await one.write(f"Read {number}") for number, one in enumerate((me, other, other))]
    for one in posts:
        await ground.database.write(cards.show, int(one["id"]), card)
    await _count(stage)
    (link,) = await me.get(f"{BASE}/links")
    assert (link["url"], link["history"][0]["uses"], link["history"][0]["accounts"]) == (
        url,
        "3",
        "2",
    )
    found = await me.get("/api/v1/timelines/link", url=url)
    assert [one["id"] for one in found] == [one["id"] for one in reversed(posts)]
    answer = await me.answer("GET", "/api/v1/timelines/link", query={"url": url, "limit": 2})
    older = await me.answer("GET", answer.links()["next"])
    assert [one["id"] for one in older.body] == [posts[0]["id"]]
    unknown = await me.answer("GET", "/api/v1/timelines/link?url=https://other.example")
    assert unknown.status == 404
