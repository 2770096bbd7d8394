"""Lists, filters of both versions and push subscriptions; the stage checks every answer."""

from __future__ import annotations

from tests.client_api.stage import Stage
from tests.features.push.receiver import PushKeys


async def test_lists(stage: Stage) -> None:
    me, other = await stage.people("amina", "bruno")
    await me.call("POST", f"/api/v1/accounts/{other.id}/follow")
    made = await me.post("/api/v1/lists", title="Team", replies_policy="followed")
    path = f"/api/v1/lists/{made['id']}"
    assert await me.get(path) == made
    assert await me.get("/api/v1/lists") == [made]
    # As forms, the way many apps send arrays.
    added = await me.call("POST", f"{path}/accounts", data={"account_ids[]": other.id})
    assert added == {}
    assert [one["id"] for one in await me.get(f"{path}/accounts")] == [other.id]
    assert await me.get(f"/api/v1/accounts/{other.id}/lists") == [made]
    post = await other.write("For the team")
    shown = await me.get(f"/api/v1/timelines/list/{made['id']}")
    assert [one["id"] for one in shown] == [post["id"]]
    changed = await me.call("PUT", path, json={"title": "Crew", "exclusive": True})
    assert (changed["title"], changed["exclusive"]) == ("Crew", True)
    assert await me.get("/api/v1/timelines/home") == []
    await me.call("DELETE", f"{path}/accounts", query={"account_ids[]": other.id})
    assert await me.get(f"{path}/accounts") == []
    assert [one["id"] for one in await me.get("/api/v1/timelines/home")] == [post["id"]]
    assert await me.call("DELETE", path) == {}


async def test_filters(stage: Stage) -> None:
    me, other = await stage.people("amina", "bruno")
    post = await other.write("So much noise")
    made = await me.call(
        "POST",
        "/api/v2/filters",
        data={
            "title": "Noise",
            "context[]": "public",
            "filter_action": "blur",
            "expires_in": "3600",
            "keywords_attributes[][keyword]": "noise",
            "keywords_attributes[][whole_word]": "true",
        },
    )
    assert [one["keyword"] for one in made["keywords"]] == ["noise"]
    path = f"/api/v2/filters/{made['id']}"
    await me.post(f"{path}/statuses", status_id=post["id"])
    (result,) = (await me.get(f"/api/v1/statuses/{post['id']}"))["filtered"]
    assert result["keyword_matches"] == ["noise"]
    assert result["status_matches"] == [post["id"]]
    await me.get("/api/v2/filters")
    await me.get(path)
    (word,) = await me.get(f"{path}/keywords")
    await me.get(f"/api/v2/filters/keywords/{word['id']}")
    (named,) = await me.get(f"{path}/statuses")
    await me.get(f"/api/v2/filters/statuses/{named['id']}")
    (old,) = await me.get("/api/v1/filters")
    assert await me.get(f"/api/v1/filters/{word['id']}") == old
    await me.call("DELETE", f"/api/v2/filters/statuses/{named['id']}")
    assert await me.call("DELETE", path) == {}
    assert (await me.get(f"/api/v1/statuses/{post['id']}"))["filtered"] == []


async def test_push_subscriptions(stage: Stage) -> None:
    me = await (await stage.person("amina")).token_with("read write push")
    keys = PushKeys().subscription("https://push.example/x")
    data = {
        "subscription[endpoint]": keys["endpoint"],
        "subscription[keys][p256dh]": keys["keys"]["p256dh"],
        "subscription[keys][auth]": keys["keys"]["auth"],
        "data[alerts][mention]": "true",
        "data[alerts][admin.sign_up]": "true",
        "data[policy]": "follower",
    }
    made = await me.call("POST", "/api/v1/push/subscription", data=data)
    on = [name for name, value in made["alerts"].items() if value]
    assert on == ["mention", "admin.sign_up"]
    assert made["policy"] == "follower"
    assert await me.get("/api/v1/push/subscription") == made
    changed = await me.call(
        "PUT", "/api/v1/push/subscription", data={"data[alerts][poll]": "1", "policy": "all"}
    )
    assert changed["policy"] == "all"
    assert changed["alerts"]["poll"] is True
    # Some apps name the policy beside the data from the beginning.
    document = {"subscription": keys, "data": {"alerts": {"follow": True}}, "policy": "followed"}
    assert (await me.post("/api/v1/push/subscription", **document))["policy"] == "followed"
    assert await me.call("DELETE", "/api/v1/push/subscription") == {}
