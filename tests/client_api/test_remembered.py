"""What is remembered between requests is never older than the last change."""

from __future__ import annotations

from tests.client_api.stage import Person, Stage


async def replies(reader: Person, post: str) -> list[str]:
    found = await reader.get(f"/api/v1/statuses/{post}/context")
    return [one["id"] for one in found["descendants"]]


async def test_thread_changes_while_it_is_read(stage: Stage) -> None:
    me, friend, other = await stage.people("amina", "bruno", "chloe")
    root = await me.write("Root")
    first = await friend.write("@amina one", in_reply_to_id=root["id"])
    for _ in range(3):
        assert await replies(other, root["id"]) == [first["id"]]
    second = await other.write("@amina two", in_reply_to_id=first["id"])
    for reader in (me, friend, other):
        assert await replies(reader, root["id"]) == [first["id"], second["id"]]
    await me.post(f"/api/v1/statuses/{first['id']}/favourite")
    found = await me.get(f"/api/v1/statuses/{root['id']}/context")
    assert [one["favourited"] for one in found["descendants"]] == [True, False]
    assert [one["favourites_count"] for one in found["descendants"]] == [1, 0]
    found = await other.get(f"/api/v1/statuses/{root['id']}/context")
    assert [one["favourited"] for one in found["descendants"]] == [False, False]
    assert found["descendants"][0]["favourites_count"] == 1
    # A reply for one person only is in the thread of that person.
    letter = await friend.write("@amina three", in_reply_to_id=root["id"], visibility="direct")
    assert letter["id"] in await replies(me, root["id"])
    assert letter["id"] not in await replies(other, root["id"])
    await other.call("PATCH", "/api/v1/accounts/update_credentials", json={"display_name": "C."})
    found = await me.get(f"/api/v1/statuses/{root['id']}/context")
    assert {one["account"]["display_name"] for one in found["descendants"]} >= {"C."}
    await friend.call("DELETE", f"/api/v1/statuses/{first['id']}")
    assert first["id"] not in await replies(me, root["id"])
    await me.post(f"/api/v1/accounts/{friend.id}/block")
    assert letter["id"] not in await replies(me, root["id"])


async def test_list_is_read_again_and_again(stage: Stage) -> None:
    me, friend, other = await stage.people("amina", "bruno", "chloe")
    for one in (friend, other):
        await me.post(f"/api/v1/accounts/{one.id}/follow")
    made = await me.post("/api/v1/lists", title="Team")
    await me.post(f"/api/v1/lists/{made['id']}/accounts", account_ids=[friend.id])
    written = [await friend.write(f"Post {number}") for number in range(6)]
    elsewhere = [await other.write(f"Other {number}") for number in range(2)]
    path = f"/api/v1/timelines/list/{made['id']}?limit=4"

    async def shown() -> list[str]:
        return [one["id"] for one in await me.get(path)]

    newest = [one["id"] for one in reversed(written)]
    for _ in range(2):
        assert await shown() == newest[:4]
    await friend.call("DELETE", f"/api/v1/statuses/{newest[1]}")
    del newest[1]
    assert await shown() == newest[:4]
    fresh = await friend.write("Fresh")
    assert await shown() == [fresh["id"], *newest[:3]]
    # Somebody who is put in is there at once, with what is old, too.
    await me.post(f"/api/v1/lists/{made['id']}/accounts", account_ids=[other.id])
    others = [one["id"] for one in reversed(elsewhere)]
    assert await shown() == [fresh["id"], *others, newest[0]]
    await me.post(f"/api/v1/accounts/{other.id}/mute")
    assert await shown() == [fresh["id"], *newest[:3]]
    await me.call(
        "DELETE", f"/api/v1/lists/{made['id']}/accounts", json={"account_ids": [friend.id]}
    )
    assert await shown() == []
