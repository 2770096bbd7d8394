"""Tags through the client API: what is shown, following, and the home timeline."""

from __future__ import annotations

from typing import Any

import pytest

from fedrse.core.clock import DAY, MINUTE
from fedrse.core.settings import SiteSettings
from fedrse.features.tags.model import HISTORY_DAYS
from tests.features.conformance import check
from tests.features.fakes import ORIGIN
from tests.features.whole import Caller, WholeSite, whole_site

TAG = {
    "id": str,
    "name": str,
    "url": str,
    "history": list[dict[str, str]],
    "following": bool,
    "featuring": bool,
}
TAGS, FOLLOWED = "/api/v1/tags", "/api/v1/followed_tags"
HOME = "/api/v1/timelines/home"


async def write(author: Caller, text: str, **more: Any) -> dict[str, Any]:
    author.site.clock.advance(MINUTE)
    return await author.post("/api/v1/statuses", status=text, **more)


async def home(reader: Caller) -> list[str]:
    return [post["id"] for post in await reader.get(HOME)]


async def test_a_tag_and_its_history(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    await write(amina, "#Réunion at nine")
    await write(amina, "#reunion moved")
    whole.clock.advance(DAY)
    await write(bruno, "who comes to the #reunion?")
    await write(bruno, "secret #reunion", visibility="private")
    tag = await amina.get(f"{TAGS}/R%C3%89UNION")
    check(tag, TAG)
    assert tag["name"] == "Réunion"
    assert tag["url"] == f"{ORIGIN}/tags/reunion"
    assert (tag["following"], tag["featuring"]) == (False, False)
    assert len(tag["history"]) == HISTORY_DAYS
    counted = [(day["uses"], day["accounts"]) for day in tag["history"]]
    assert counted == [("1", "1"), ("2", "1"), *[("0", "0")] * 5]
    today = whole.clock.now() // DAY * 86_400
    assert [int(day["day"]) for day in tag["history"]] == [
        today - number * 86_400 for number in range(HISTORY_DAYS)
    ]


async def test_a_tag_that_nobody_used(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    tag = await amina.get(f"{TAGS}/Nouveau")
    assert tag["name"] == "Nouveau"
    assert "id" not in tag
    assert {day["uses"] for day in tag["history"]} == {"0"}
    for wrong in ("12345", "a%20b", "%23", "a.b"):
        assert (await amina.call("GET", f"{TAGS}/{wrong}"))[0] == 404, wrong
        assert (await amina.call("POST", f"{TAGS}/{wrong}/follow"))[0] == 404, wrong
        assert (await amina.call("POST", f"{TAGS}/{wrong}/feature"))[0] == 404, wrong


async def test_following_fills_the_home_timeline(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    before = await write(bruno, "old #projets")
    tag = await amina.post(f"{TAGS}/Projets/follow")
    check(tag, TAG)
    assert tag["following"] is True
    assert await amina.post(f"{TAGS}/projets/follow") == tag
    after = await write(bruno, "new #PROJETS")
    answer = await write(bruno, "answer #projets", in_reply_to_id=after["id"])
    await write(bruno, "for few #projets", visibility="private")
    await write(bruno, "quiet #projets", visibility="unlisted")
    await write(bruno, "another #chose")
    assert await home(amina) == [answer["id"], after["id"], before["id"]]

    off = await amina.post(f"{TAGS}/projets/unfollow")
    assert off["following"] is False
    assert await home(amina) == []
    await write(bruno, "too late #projets")
    assert await home(amina) == []


async def test_what_stays_after_unfollowing(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    carla = await whole.person("carla")
    await amina.follow(carla)
    for name in ("un", "deux"):
        await amina.post(f"{TAGS}/{name}/follow")
    both = await write(bruno, "#un #deux")
    await write(bruno, "#un")
    followed = await write(carla, "#un")
    own = await write(amina, "#un")
    await amina.post(f"{TAGS}/un/unfollow")
    assert await home(amina) == [own["id"], followed["id"], both["id"]]


async def test_silenced_people_come_by_no_tag(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    await write(bruno, "#un old")
    await amina.post(f"/api/v1/accounts/{bruno.id}/mute")
    await amina.post(f"{TAGS}/un/follow")
    await write(bruno, "#un new")
    assert await home(amina) == []


async def test_posts_of_other_sites_with_a_followed_tag(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    zoe = await whole.remote("zoe")
    await amina.post(f"{TAGS}/gares/follow")
    note = await whole.receive_note(
        zoe,
        1,
        to=["https://www.w3.org/ns/activitystreams#Public"],
        cc=[amina.account.uri],
        tag=[
            {"type": "Hashtag", "name": "#Gares", "href": "https://nantes.corp.example/t/gares"},
            {"type": "Mention", "href": amina.account.uri, "name": "@amina@corp.example"},
        ],
    )
    assert [post["uri"] for post in await amina.get(HOME)] == [note["id"]]


async def test_followed_tags_by_pages(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    assert await amina.get(FOLLOWED) == []
    for name in ("un", "deux", "trois"):
        whole.clock.advance(MINUTE)
        await amina.post(f"{TAGS}/{name}/follow")
    status, headers, first = await amina.call("GET", f"{FOLLOWED}?limit=2")
    assert status == 200
    assert [tag["name"] for tag in first] == ["trois", "deux"]
    for tag in first:
        check(tag, TAG)
        assert tag["following"] is True
    following = headers["Link"].partition("max_id=")[2].partition(">")[0]
    _, headers, rest = await amina.call("GET", f"{FOLLOWED}?limit=2&max_id={following}")
    assert [tag["name"] for tag in rest] == ["un"]
    assert 'rel="next"' not in headers["Link"]
    newer = headers["Link"].partition("min_id=")[2].partition(">")[0]
    assert [tag["name"] for tag in await amina.get(f"{FOLLOWED}?min_id={newer}&limit=1")] == [
        "deux"
    ]


@pytest.mark.parametrize(
    ("method", "path", "enough", "wrong"),
    [
        ("POST", f"{TAGS}/un/follow", "write:follows", "read"),
        ("POST", f"{TAGS}/un/unfollow", "write:follows", "read"),
        ("POST", f"{TAGS}/un/feature", "write:accounts", "write:follows"),
        ("POST", f"{TAGS}/un/unfeature", "write:accounts", "write:follows"),
        ("GET", FOLLOWED, "read:follows", "read:accounts"),
        ("GET", "/api/v1/featured_tags", "read:accounts", "read:follows"),
        ("POST", "/api/v1/featured_tags?name=un", "write:accounts", "read"),
        ("GET", "/api/v1/featured_tags/suggestions", "read:accounts", "write"),
    ],
)
async def test_who_may_ask(
    whole: WholeSite, method: str, path: str, enough: str, wrong: str
) -> None:
    amina = await whole.person("amina")
    assert (await whole.call(method, path))[0] == 401
    assert (await (await whole.with_scopes(amina, wrong)).call(method, path))[0] == 403
    assert (await (await whole.with_scopes(amina, enough)).call(method, path))[0] == 200


async def test_visitors(url: str, tmp_path: Any, key_pair: Any, clock: Any) -> None:
    public = SiteSettings(base_url=ORIGIN, handle_domain="corp.example", public_pages=True)
    async with whole_site(url, tmp_path, key_pair, clock, site=public) as site:
        amina = await site.person("amina")
        await write(amina, "#un")
        status, _, tag = await site.call("GET", f"{TAGS}/un")
        assert status == 200
        assert set(tag) == {"id", "name", "url", "history"}
        assert {day["uses"] for day in tag["history"]} == {"0"}
        assert (await site.call("GET", f"/api/v1/accounts/{amina.id}/featured_tags"))[0] == 401
        await amina.ok(
            "PATCH", "/api/v1/accounts/update_credentials", json={"public_profile": True}
        )
        await amina.post(f"{TAGS}/un/feature")
        status, _, shown = await site.call("GET", f"/api/v1/accounts/{amina.id}/featured_tags")
        assert (status, [one["statuses_count"] for one in shown]) == (200, ["0"])


async def test_a_closed_site_tells_visitors_nothing(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    assert (await whole.call("GET", f"{TAGS}/un"))[0] == 401
    assert (await whole.call("GET", f"/api/v1/accounts/{amina.id}/featured_tags"))[0] == 401
