"""What apps show about people and their doings on two sites that federate."""

from __future__ import annotations

from typing import Any

from tests.client_api.stage import Person, Stage, until


async def test_conversations(two: list[Stage]) -> None:
    amina, zoe = await two[0].person("amina"), await two[1].person("zoe")
    await amina.account_id(zoe)
    sent = await amina.write(f"@{zoe.handle} hello", visibility="direct")

    async def conversation(who: Person, last: str) -> Any:
        found = await who.get("/api/v1/conversations")
        return found[0] if found and found[0]["last_status"]["uri"] == last else None

    theirs = await until(lambda: conversation(zoe, sent["uri"]))
    assert theirs["unread"] is True
    assert [one["acct"] for one in theirs["accounts"]] == [amina.handle]
    read = await zoe.post(f"/api/v1/conversations/{theirs['id']}/read")
    assert read["unread"] is False
    answer = await zoe.write(
        f"@{amina.handle} hi",
        visibility="direct",
        in_reply_to_id=theirs["last_status"]["id"],
    )
    mine = await until(lambda: conversation(amina, answer["uri"]))
    assert (mine["unread"], [one["acct"] for one in mine["accounts"]]) == (True, [zoe.handle])
    assert len(await amina.get("/api/v1/conversations")) == 1
    assert await amina.call("DELETE", f"/api/v1/conversations/{mine['id']}") == {}


async def test_tags(two: list[Stage]) -> None:
    amina, zoe = await two[0].person("amina"), await two[1].person("zoe")
    bruno = await two[0].person("bruno")
    there = await bruno.follow(zoe)
    followed = await amina.post("/api/v1/tags/Gares/follow")
    assert followed["following"] is True
    post = await zoe.write("Late again #gares")

    async def home() -> Any:
        found = await amina.get("/api/v1/timelines/home")
        return [one["uri"] for one in found] == [post["uri"]]

    await until(home)
    assert (await amina.get("/api/v1/tags/gares"))["history"][0]["uses"] == "1"
    assert [one["name"] for one in await amina.get("/api/v1/followed_tags")] == ["Gares"]

    await zoe.post("/api/v1/featured_tags", name="gares")

    async def featured() -> Any:
        return await bruno.get(f"/api/v1/accounts/{there}/featured_tags")

    (shown,) = await until(featured)
    assert (shown["name"], shown["statuses_count"]) == ("gares", "1")
    assert shown["url"] == f"{two[1].site.ground.settings.origin}/tags/gares"
    await zoe.post("/api/v1/tags/gares/unfeature")

    async def gone() -> bool:
        return not await featured()

    await until(gone)


async def test_tags_that_were_featured_before_are_asked_for(two: list[Stage]) -> None:
    amina, zoe = await two[0].person("amina"), await two[1].person("zoe")
    await zoe.post("/api/v1/featured_tags", name="gares")
    there = await amina.account_id(zoe)

    async def featured() -> Any:
        return await amina.get(f"/api/v1/accounts/{there}/featured_tags")

    (shown,) = await until(featured)
    assert shown["name"] == "gares"


async def test_what_a_profile_shows(two: list[Stage]) -> None:
    amina, zoe = await two[0].person("amina"), await two[1].person("zoe")
    there = await amina.follow(zoe)
    await zoe.call(
        "PATCH",
        "/api/v1/profile",
        json={"show_media": False, "discoverable": True, "attribution_domains": ["blog.example"]},
    )

    async def changed() -> Any:
        entity = await amina.get(f"/api/v1/accounts/{there}")
        return entity["show_media"] is False and entity["discoverable"] is True

    await until(changed)
    found = await amina.get("/api/v1/directory")
    assert [one["acct"] for one in found] == [zoe.handle]


async def test_blocking_a_domain_ends_follows_on_both_sides(two: list[Stage]) -> None:
    amina, zoe = await two[0].person("amina"), await two[1].person("zoe")
    there, back = await amina.follow(zoe), await zoe.follow(amina)
    await amina.post("/api/v1/domain_blocks", domain=two[1].domain)

    async def parted() -> bool:
        (mine,) = await amina.get("/api/v1/accounts/relationships", **{"id[]": there})
        (theirs,) = await zoe.get("/api/v1/accounts/relationships", **{"id[]": back})
        return not (mine["following"] or mine["followed_by"] or theirs["following"])

    await until(parted)
    await zoe.write(f"@{amina.handle} hello?")
    carla = await two[0].person("carla")
    await carla.account_id(zoe)
    heard = await zoe.write(f"@{carla.handle} @{amina.handle} anybody?")

    async def arrived() -> Any:
        return [one["type"] for one in await carla.get("/api/v1/notifications")] == ["mention"]

    await until(arrived)
    assert await amina.get("/api/v1/notifications", **{"types[]": "mention"}) == []
    public = await amina.get("/api/v1/timelines/public")
    assert heard["uri"] not in {one["uri"] for one in public}


async def test_a_follow_across_sites_is_answered_with_what_became_of_it(two: list[Stage]) -> None:
    """Apps show what the first answer says until the profile is opened again."""
    amina, zoe = await two[0].person("amina"), await two[1].person("zoe")
    there = await zoe.account_id(amina)
    found = await zoe.post(f"/api/v1/accounts/{there}/follow", notify=True)
    assert (found["following"], found["requested"], found["notifying"]) == (True, False, True)


async def test_requests_to_follow(two: list[Stage]) -> None:
    amina, zoe = await two[0].person("amina"), await two[1].person("zoe")
    await amina.call("PATCH", "/api/v1/accounts/update_credentials", json={"locked": True})
    for answer, followed in (("reject", False), ("authorize", True)):
        there = await zoe.account_id(amina)
        await zoe.post(f"/api/v1/accounts/{there}/follow")
        (asking,) = await until(lambda: amina.get("/api/v1/follow_requests"))
        assert asking["acct"] == zoe.handle
        relationship = await amina.post(f"/api/v1/follow_requests/{asking['id']}/{answer}")
        assert relationship["followed_by"] is followed

        async def settled(there: str = there, followed: bool = followed) -> bool:
            (now,) = await zoe.get("/api/v1/accounts/relationships", **{"id[]": there})
            return now["following"] is followed and now["requested"] is False

        await until(settled)


async def test_moving_to_another_site(two: list[Stage]) -> None:
    old, new = await two[0].person("amina"), await two[1].person("amina")
    follower = await two[1].person("zoe")
    await follower.follow(old)
    assert await new.post("/api/v1/accounts/aliases", uri=old.uri) == [old.uri]
    moved = await old.post("/api/v1/accounts/move", acct=new.handle)
    assert moved["moved"]["acct"] == new.handle

    async def followed() -> Any:
        found = await follower.get(f"/api/v1/accounts/{follower.id}/following")
        return [one["id"] for one in found] == [new.id]

    await until(followed)


async def test_lists_are_taken_along(two: list[Stage]) -> None:
    amina, zoe = await two[0].person("amina"), await two[1].person("zoe")
    bruno = await two[0].person("bruno")
    await amina.follow(zoe)
    exported = await amina.call("GET", "/api/v1/exports/following.csv")
    text = exported.decode() if isinstance(exported, bytes) else exported
    assert zoe.handle in text
    boundary = "x-lines-x"
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="type"\r\n\r\nfollowing\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="data"; filename="a.csv"\r\n'
        f"Content-Type: text/csv\r\n\r\n{text}\r\n--{boundary}--\r\n"
    )
    headers = {
        "Authorization": f"Bearer {bruno.token}",
        "Content-Type": f"multipart/form-data; boundary={boundary}",
    }
    async with two[0].client.post(
        f"{two[0].site.ground.settings.origin}/api/v1/imports", data=body.encode(), headers=headers
    ) as response:
        assert response.status == 200, await response.text()

    async def followed() -> Any:
        found = await bruno.get(f"/api/v1/accounts/{bruno.id}/following")
        return [one["acct"] for one in found] == [zoe.handle]

    await until(followed)


async def test_somebody_nobody_has_heard_of(two: list[Stage]) -> None:
    """Numbers, the latest posts and the pinned ones come when the profile is opened."""
    amina, zoe = await two[0].person("amina"), await two[1].person("zoe")
    posts = [await zoe.write(f"number {number}") for number in range(24)]
    await zoe.write("Only for followers", visibility="private")
    await zoe.post(f"/api/v1/statuses/{posts[1]['id']}/pin")
    there = await amina.account_id(zoe)
    await amina.get(f"/api/v1/accounts/{there}")
    address = f"/api/v1/accounts/{there}/statuses"

    async def latest() -> Any:
        found = await amina.get(address, limit=20)
        return [one["uri"] for one in found] == [one["uri"] for one in posts[:3:-1]]

    await until(latest)

    async def pinned() -> Any:
        found = await amina.get(address, pinned="true")
        return [one["uri"] for one in found] == [posts[1]["uri"]]

    await until(pinned)

    async def counted() -> Any:
        return (await amina.get(f"/api/v1/accounts/{there}"))["statuses_count"] == 24

    await until(counted)
    # None of it is news.
    assert await amina.get("/api/v1/timelines/home") == []
    assert await amina.get("/api/v1/notifications") == []
