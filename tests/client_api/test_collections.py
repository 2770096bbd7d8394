"""Collections of profiles: made, changed, shared, left."""

from __future__ import annotations

from tests.client_api.stage import Stage

BASE = "/api/v1/collections"


async def test_collections(stage: Stage) -> None:
    me, friend, other = await stage.people("amina", "bruno", "chloe")
    made = await me.post(
        BASE,
        name="Nice people",
        description="Ask them",
        language="en",
        tag_name="#Help",
        account_ids=[friend.id, friend.id],
    )
    collection = made["collection"]
    assert (collection["name"], collection["item_count"]) == ("Nice people", 1)
    assert (collection["tag"]["name"], collection["language"]) == ("Help", "en")
    one = f"{BASE}/{collection['id']}"
    shown = await other.get(one)
    assert {person["id"] for person in shown["accounts"]} == {me.id, friend.id}
    assert shown["collection"] == collection
    changed = await me.call("PATCH", one, json={"name": "Helpers", "sensitive": True})
    assert (changed["collection"]["name"], changed["collection"]["sensitive"]) == ("Helpers", True)
    assert changed["collection"]["description"] == "Ask them"
    for method, path, body in (
        ("PATCH", one, {"name": "Mine"}),
        ("DELETE", one, {}),
        ("POST", f"{one}/items", {"account_id": other.id}),
    ):
        assert (await other.answer(method, path, json=body)).status == 403
    for wrong in (
        {},
        {"name": " "},
        {"name": "x" * 41},
        {"name": "x", "description": "x" * 101},
        {"name": "x", "tag_name": "a b"},
        {"name": "x", "account_ids": ["7"]},
    ):
        answer = await me.answer("POST", BASE, json=wrong)
        assert (answer.status, "error" in answer.body) == (422, True), wrong
    item = (await me.post(f"{one}/items", account_id=other.id))["collection_item"]
    assert (item["account_id"], item["state"]) == (other.id, "accepted")
    assert (await me.post(f"{one}/items", account_id=other.id))["collection_item"] == item
    for wrong in ({}, {"account_id": "x"}, {"account_id": "7"}):
        assert (await me.answer("POST", f"{one}/items", json=wrong)).status == 422
    found = await friend.get(f"/api/v1/{other.id}/in_collections")
    assert [listed["id"] for listed in found["collections"]] == [collection["id"]]
    # Only whoever is in it takes themselves out.
    assert (await friend.answer("POST", f"{one}/items/{item['id']}/revoke")).status == 403
    await other.post(f"{one}/items/{item['id']}/revoke")
    assert (await other.answer("POST", f"{one}/items/{item['id']}/revoke")).status == 404
    (left,) = (await me.get(one))["collection"]["items"]
    await me.call("DELETE", f"{one}/items/{left['id']}")
    assert (await me.get(one))["collection"]["items"] == []
    await me.call("DELETE", one)
    assert (await me.answer("GET", one)).status == 404


async def test_who_sees_what(stage: Stage) -> None:
    me, friend, other = await stage.people("amina", "bruno", "chloe")
    for number in range(3):
        await me.post(BASE, name=f"Open {number}", account_ids=[friend.id])
    hidden = await me.post(BASE, name="Hidden", discoverable=False, account_ids=[friend.id])
    path = f"/api/v1/accounts/{me.id}/collections"
    assert len((await me.get(path))["collections"]) == 4
    assert len((await friend.get(path))["collections"]) == 3
    answer = await other.answer("GET", f"{path}?limit=2")
    assert [one["name"] for one in answer.body["collections"]] == ["Open 2", "Open 1"]
    rest = await other.answer("GET", answer.links()["next"])
    assert [one["name"] for one in rest.body["collections"]] == ["Open 0"]
    assert set(rest.links()) == {"prev"}
    assert len((await friend.get(f"/api/v1/{friend.id}/in_collections"))["collections"]) == 4
    # The documentation leaves "accounts" out of these two addresses, Mastodon does not.
    apart = f"/api/v1/accounts/{friend.id}/in_collections"
    assert len((await other.get(apart))["collections"]) == 3
    assert await other.get(f"/api/v1/{me.id}/collections") == await other.get(path)
    identifier = hidden["collection"]["id"]
    assert (await stage.answer("GET", f"{BASE}/{identifier}")).status == 401
    # Who blocks is neither put in nor shown.
    await other.post(f"/api/v1/accounts/{friend.id}/block")
    assert (await other.get(f"{BASE}/{identifier}"))["collection"]["items"] == []
    await other.post(f"/api/v1/accounts/{me.id}/block")
    refused = await me.answer("POST", f"{BASE}/{identifier}/items", json={"account_id": other.id})
    assert refused.status == 422
    for number in range(6):
        await me.post(BASE, name=f"More {number}")
    assert (await me.answer("POST", BASE, json={"name": "Too many"})).status == 422


async def test_whoever_is_put_in_is_told(stage: Stage) -> None:
    me, friend, other = await stage.people("amina", "bruno", "chloe")
    people = [friend.id, me.id]
    made = (await me.post(BASE, name="Nice people", account_ids=people))["collection"]
    one = f"{BASE}/{made['id']}"
    (told,) = await friend.get("/api/v1/notifications")
    assert (told["type"], told["account"]["id"]) == ("added_to_collection", me.id)
    assert told["collection"] == made
    (group,) = (await friend.get("/api/v2/notifications"))["notification_groups"]
    assert group["collection"] == made
    assert await me.get("/api/v1/notifications") == []
    item = (await me.post(f"{one}/items", account_id=other.id))["collection_item"]
    await me.post(f"{one}/items", account_id=other.id)
    assert len(await other.get("/api/v1/notifications")) == 1
    # Only what it says of itself is a change.
    await me.call("PATCH", one, json={"name": "Nice people"})
    assert len(await friend.get("/api/v1/notifications")) == 1
    changed = (await me.call("PATCH", one, json={"name": "Helpers"}))["collection"]
    told, _ = await friend.get("/api/v1/notifications")
    assert (told["type"], told["collection"]) == ("collection_update", changed)
    # What is over is told no more.
    await other.post(f"{one}/items/{item['id']}/revoke")
    assert await other.get("/api/v1/notifications") == []
    (mine,) = [one for one in changed["items"] if one["account_id"] == friend.id]
    again = (await me.post(f"{one}/items", account_id=other.id))["collection_item"]
    assert len(await other.get("/api/v1/notifications")) == 1
    await me.call("DELETE", f"{one}/items/{again['id']}")
    assert await other.get("/api/v1/notifications") == []
    assert mine["state"] == "accepted"
    await me.call("DELETE", one)
    assert await friend.get("/api/v1/notifications") == []


async def test_apps_that_do_not_know_the_kind_get_a_sentence(stage: Stage) -> None:
    me, friend = await stage.people("amina", "bruno")
    await me.call("PATCH", "/api/v1/accounts/update_credentials", json={"display_name": "<A>"})
    await me.post(BASE, name="A & B", account_ids=[friend.id])
    v1, v2 = "/api/v1/notifications", "/api/v2/notifications"
    (told,) = await friend.get(v1)
    assert "fallback" not in told
    (told,) = await friend.get(v1, **{"supported_types[]": ["mention", "added_to_collection"]})
    assert "fallback" not in told
    (told,) = await friend.get(v1, **{"supported_types[]": ["mention"]})
    assert told["fallback"]["title"] == "&lt;A&gt; put you into the collection “A &amp; B”"
    assert told["collection"]["url"] in told["fallback"]["details"]
    one = await friend.get(f"{v1}/{told['id']}", **{"supported_types[]": ["mention"]})
    (group,) = (await friend.get(v2, **{"supported_types[]": ["follow"]}))["notification_groups"]
    path = f"{v2}/{group['group_key']}"
    (same,) = (await friend.get(path, **{"supported_types[]": ["follow"]}))["notification_groups"]
    assert told["fallback"] == one["fallback"] == group["fallback"] == same["fallback"]
    (group,) = (await friend.get(v2))["notification_groups"]
    assert "fallback" not in group
