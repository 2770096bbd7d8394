"""Grouped notifications, policy and requests over the API of a whole site."""

from __future__ import annotations

from typing import Any

from fedrse.features.access.model import Role
from tests.client_api.stage import Person, Stage, until

V1, V2 = "/api/v1/notifications", "/api/v2/notifications"


async def _crowd(stage: Stage) -> tuple[Person, list[Person], dict[str, Any]]:
    """Somebody whose post nine people like, two share and one answers; all follow."""
    me = await stage.person("amina")
    others = await stage.people(*(f"p{number}" for number in range(9)))
    post = await me.write("Bonjour")
    for one in others:
        await one.post(f"/api/v1/accounts/{me.id}/follow")
        await one.post(f"/api/v1/statuses/{post['id']}/favourite")
    for one in others[:2]:
        await one.post(f"/api/v1/statuses/{post['id']}/reblog")
    await others[3].write("@amina oui", in_reply_to_id=post["id"])
    return me, others, post


async def test_groups(stage: Stage) -> None:
    me, others, post = await _crowd(stage)
    found = await me.get(V2)
    groups = {one["type"]: one for one in found["notification_groups"]}
    assert set(groups) == {"favourite", "follow", "reblog", "mention"}
    likes = groups["favourite"]
    assert likes["notifications_count"] == 9
    assert likes["status_id"] == post["id"]
    # The newest eight, the newest first.
    assert likes["sample_account_ids"] == [one.id for one in reversed(others[1:])]
    assert groups["follow"]["notifications_count"] == 9
    assert groups["mention"]["group_key"].startswith("ungrouped-")
    assert {one["id"] for one in found["accounts"]} == {one.id for one in others[0:]}
    assert {one["id"] for one in found["statuses"]} >= {post["id"]}
    assert "partial_accounts" not in found

    partial = await me.get(V2, expand_accounts="partial_avatars")
    heads = {one["sample_account_ids"][0] for one in partial["notification_groups"]}
    assert {one["id"] for one in partial["accounts"]} == heads
    everybody = {one["id"] for one in partial["accounts"] + partial["partial_accounts"]}
    assert everybody == {one.id for one in others}
    assert "note" not in partial["partial_accounts"][0]

    one = await me.get(f"{V2}/{likes['group_key']}")
    assert [group["group_key"] for group in one["notification_groups"]] == [likes["group_key"]]
    assert "page_min_id" not in one["notification_groups"][0]
    people = await me.get(f"{V2}/{likes['group_key']}/accounts")
    assert [person["id"] for person in people] == [person.id for person in reversed(others)]
    # Version 1 tells the same key.
    single = await me.get(V1, **{"types[]": "favourite"})
    assert {item["group_key"] for item in single} == {likes["group_key"]}
    assert len(single) == 9


async def test_pages_of_groups(stage: Stage) -> None:
    me, others, _ = await _crowd(stage)
    whole = await me.get(V2, limit=80, **{"grouped_types[]": ["favourite"]})
    keys = [one["group_key"] for one in whole["notification_groups"]]
    # One group of likes; nine follows, two boosts and a mention, each alone.
    assert len(keys) == len(set(keys)) == 13
    assert sum(key.startswith("ungrouped-") for key in keys) == 12
    seen: list[str] = []
    path = f"{V2}?limit=4&grouped_types[]=favourite"
    while True:
        answer = await me.answer("GET", path)
        groups = answer.body["notification_groups"]
        if not groups:
            break
        seen += [one["group_key"] for one in groups]
        path = answer.links()["next"]
    assert seen == keys
    # Upwards from the oldest.
    oldest = whole["notification_groups"][-1]["most_recent_notification_id"]
    answer = await me.answer("GET", f"{V2}?limit=4&grouped_types[]=favourite&min_id={oldest}")
    assert [one["group_key"] for one in answer.body["notification_groups"]] == keys[-5:-1]
    # A group that goes on is new again, as a whole.
    newest = whole["notification_groups"][0]["most_recent_notification_id"]
    again = await me.write("Encore")
    await others[0].post(f"/api/v1/statuses/{again['id']}/favourite")
    since = await me.get(V2, since_id=newest)
    assert [one["notifications_count"] for one in since["notification_groups"]] == [1]


async def test_unread_and_dismissed(stage: Stage) -> None:
    me, _, _ = await _crowd(stage)
    assert await me.get(f"{V2}/unread_count") == {"count": 4}
    assert await me.get(f"{V2}/unread_count", **{"grouped_types[]": "none"}) == {"count": 21}
    assert await me.get(f"{V2}/unread_count", **{"types[]": "follow"}) == {"count": 1}
    assert await me.get(f"{V1}/unread_count") == {"count": 21}
    assert await me.get(f"{V1}/unread_count", **{"exclude_types[]": "follow"}) == {"count": 12}
    groups = (await me.get(V2))["notification_groups"]
    likes = next(one for one in groups if one["type"] == "favourite")
    marker = {"notifications": {"last_read_id": groups[0]["most_recent_notification_id"]}}
    await me.call("POST", "/api/v1/markers", json=marker)
    assert await me.get(f"{V2}/unread_count") == {"count": 0}
    await me.post(f"{V2}/{likes['group_key']}/dismiss")
    assert await me.get(f"{V1}", **{"types[]": "favourite"}) == []
    assert (await me.answer("GET", f"{V2}/{likes['group_key']}")).status == 404
    answer = await me.answer("GET", f"{V2}/nonsense/accounts")
    assert answer.status == 404
    await me.post(f"{V1}/clear")
    assert (await me.get(V2))["notification_groups"] == []


async def test_requests(stage: Stage) -> None:
    me, friend, stranger, third = await stage.people("amina", "bruno", "chloe", "dario")
    await me.follow(friend)
    policy = await me.get(f"{V2}/policy")
    assert policy.pop("for_limited_accounts") == "filter"  # as in Mastodon
    assert {value for key, value in policy.items() if key != "summary"} == {"accept"}
    changed = await me.call("PATCH", f"{V2}/policy", json={"for_not_following": "filter"})
    assert changed["for_not_following"] == "filter"
    wrong = await me.answer("PATCH", f"{V2}/policy", json={"for_not_following": "shout"})
    assert wrong.status == 422
    post = await me.write("Bonjour")
    for one in (friend, stranger, third):
        await one.post(f"/api/v1/statuses/{post['id']}/favourite")
    letter = await stranger.write("@amina hello", visibility="direct")
    assert [one["account"]["id"] for one in await me.get(V1)] == [friend.id]
    assert len(await me.get(V1, include_filtered="true")) == 4
    assert (await me.get(f"{V2}/policy"))["summary"] == {
        "pending_requests_count": 2,
        "pending_notifications_count": 3,
    }
    answer = await me.answer("GET", f"{V1}/requests?limit=1")
    (first,) = answer.body
    assert first["account"]["id"] == third.id
    (second,) = (await me.answer("GET", answer.links()["next"])).body
    assert (second["account"]["id"], second["notifications_count"]) == (stranger.id, "2")
    assert second["last_status"]["id"] == letter["id"]
    assert await me.get(f"{V1}/requests/{second['id']}") == second
    assert (await friend.answer("GET", f"{V1}/requests/{second['id']}")).status == 404
    # Requests show what waits by the account that caused it.
    waiting = await me.get(V1, account_id=stranger.id, include_filtered="true")
    assert [one["type"] for one in waiting] == ["mention", "favourite"]
    await me.post(f"{V1}/requests/{second['id']}/accept")
    assert await me.get(f"{V1}/requests/merged") == {"merged": True}
    assert len(await me.get(V1)) == 3
    await stranger.write("@amina again")
    assert (await me.get(V1))[0]["type"] == "mention"
    await me.post(f"{V1}/requests/dismiss", id=[first["id"], "7"])
    assert await me.get(f"{V1}/requests") == []
    assert len(await me.get(V1, include_filtered="true")) == 4
    old = await me.get(f"{V1}/policy")
    assert (old["filter_not_following"], old["filter_new_accounts"]) == (True, False)
    old = await me.call("PATCH", f"{V1}/policy", json={"filter_not_following": False})
    assert old["filter_not_following"] is False
    await me.call("PATCH", f"{V2}/policy", json={"for_not_following": "drop"})
    await third.write("@amina nobody hears this")
    assert len(await me.get(V1, include_filtered="true")) == 4


async def test_quotes_edits_and_reports(stage: Stage) -> None:
    me, other = await stage.people("amina", "bruno")
    moderator = await stage.person("maria", role=Role.MODERATOR)
    post = await me.write("Bonjour")
    quote = await other.write("Look", quoted_status_id=post["id"])
    (told,) = await me.get(V1)
    assert (told["type"], told["status"]["id"]) == ("quote", quote["id"])
    await me.call("PUT", f"/api/v1/statuses/{post['id']}", json={"status": "Bonsoir"})
    (told,) = await until(lambda: other.get(V1))
    assert (told["type"], told["status"]["id"]) == ("quoted_update", quote["id"])
    assert told["account"]["id"] == me.id
    await other.post("/api/v1/reports", account_id=me.id, status_ids=[post["id"]], comment="Hm")
    (told,) = await moderator.get(V1)
    assert (told["type"], told["report"]["comment"]) == ("admin.report", "Hm")
    assert told["report"]["status_ids"] == [post["id"]]
    (group,) = (await moderator.get(V2))["notification_groups"]
    assert group["report"]["target_account"]["id"] == me.id
    assert [one["type"] for one in await me.get(V1)] == ["quote"]


async def test_quotes_across_sites(two: list[Stage]) -> None:
    lyon, nantes = two
    me, other = await lyon.person("amina"), await nantes.person("bruno")
    await other.follow(me)
    post = await me.write("Bonjour")

    async def arrived() -> Any:
        return await other.get("/api/v1/timelines/home")

    (there,) = await until(arrived)
    await other.write("Look", quoted_status_id=there["id"])

    async def told() -> Any:
        return [one for one in await me.get(V1) if one["type"] == "quote"]

    (notification,) = await until(told)
    assert notification["status"]["quote"]["quoted_status"]["id"] == post["id"]

    await me.call("PUT", f"/api/v1/statuses/{post['id']}", json={"status": "Bonsoir"})

    async def updated() -> Any:
        return [one for one in await other.get(V1) if one["type"] == "quoted_update"]

    (change,) = await until(updated)
    assert change["account"]["acct"] == me.handle
