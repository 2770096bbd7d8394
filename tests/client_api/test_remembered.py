"""What is remembered between requests is never older than the last change."""

from __future__ import annotations

import random
from typing import Any

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


async def test_own_marks_are_seen_at_once(stage: Stage) -> None:
    me, friend = await stage.people("amina", "bruno")
    await me.post(f"/api/v1/accounts/{friend.id}/follow")
    for one in (me, friend):
        await one.write("First")
    told = await friend.write("Second", visibility="private")
    own = (await me.write("Mine"))["id"]

    async def seen(post: str) -> dict[str, Any]:
        for _ in range(2):  # the second time, it is remembered
            page = await me.get("/api/v1/timelines/home")
        return next((one for one in page if one["id"] == post), {})

    for done, undone, flag, post in (
        ("favourite", "unfavourite", "favourited", told["id"]),
        ("bookmark", "unbookmark", "bookmarked", told["id"]),
        ("mute", "unmute", "muted", told["id"]),
        ("reblog", "unreblog", "reblogged", own),
        ("pin", "unpin", "pinned", own),
    ):
        assert not (await seen(post))[flag]
        await me.post(f"/api/v1/statuses/{post}/{done}")
        assert (await seen(post))[flag], done
        await me.post(f"/api/v1/statuses/{post}/{undone}")
        assert not (await seen(post))[flag], undone
    await friend.post(f"/api/v1/accounts/{me.id}/remove_from_followers")
    assert await seen(told["id"]) == {}
    await me.post(f"/api/v1/accounts/{friend.id}/follow")
    assert await seen(told["id"])
    await friend.post(f"/api/v1/accounts/{me.id}/block")
    assert await seen(told["id"]) == {}


PAGES = (
    "/api/v1/timelines/home",
    "/api/v1/timelines/public",
    "/api/v1/notifications",
    "/api/v1/accounts/{author}/statuses",
)
ACTIONS = (
    *(("favourite", "unfavourite"), ("reblog", "unreblog"), ("bookmark", "unbookmark")),
    *(("mute", "unmute"), ("pin", "unpin")),
)
RELATIONS = (("follow", "unfollow"), ("mute", "unmute"), ("block", "unblock"))
STEPS = 40


async def test_what_is_remembered_is_what_is_read_anew(stage: Stage) -> None:
    """Three people do anything; each time all of them see the same as if nobody remembered."""
    people = await stage.people("amina", "bruno", "chloe")
    chance = random.Random(7)
    posts = [await one.write(f"Post {place}") for place, one in enumerate([*people] * 3)]

    async def seen() -> list[Any]:
        found = []
        for one in people:
            for page in PAGES:
                address = page.format(author=people[0].id)
                found.append([one.username, address, await one.get(address)])
        return found

    async def act() -> str:
        who, number = chance.choice(people), chance.random()
        if number < 0.2:
            posts.append(await who.write(f"More {len(posts)}", visibility="private"))
            return f"{who.username} writes"
        if number < 0.6:
            path = f"/api/v1/statuses/{chance.choice(posts)['id']}/"
            path += chance.choice(chance.choice(ACTIONS))
        else:
            path = f"/api/v1/accounts/{chance.choice(people).id}/"
            path += chance.choice(chance.choice(RELATIONS))
        await who.answer("POST", path, check=False)
        return f"{who.username} {path}"

    for _ in range(STEPS):
        await seen()
        done = await act()
        remembered = await seen()
        for forget in stage.site.ground.database._missed:  # type: ignore[attr-defined]
            forget()
        for old, fresh in zip(remembered, await seen(), strict=True):
            assert old == fresh, done
