"""Conversations through the client API, of people here and on other sites."""

from __future__ import annotations

from typing import Any

from fedrse.core.clock import MINUTE
from fedrse.features.conversations.model_events import ConversationChanged
from fedrse.store.database import Transaction
from tests.features.conformance import ACCOUNT, check
from tests.features.whole import Caller, WholeSite

CONVERSATION = {
    "id": str,
    "unread": bool,
    "accounts": list[dict[str, Any]],
    "last_status": dict[str, Any] | None,
}
LIST = "/api/v1/conversations"


async def direct(site: WholeSite, author: Caller, text: str, **more: Any) -> dict[str, Any]:
    site.clock.advance(MINUTE)
    return await author.post("/api/v1/statuses", status=text, visibility="direct", **more)


async def test_a_direct_post_is_a_conversation_of_both(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    carla = await whole.person("carla")
    heard: list[ConversationChanged] = []

    async def hear(tx: Transaction, event: ConversationChanged) -> None:
        heard.append(event)

    whole.site.ground.events.subscribe(ConversationChanged, hear)
    post = await direct(whole, amina, "@bruno are you there?")

    (mine,) = await amina.get(LIST)
    (theirs,) = await bruno.get(LIST)
    assert await carla.get(LIST) == []
    check(theirs, CONVERSATION)
    check(theirs["accounts"][0], ACCOUNT)
    assert (mine["unread"], theirs["unread"]) == (False, True)
    assert [one["id"] for one in theirs["accounts"]] == [amina.id]
    assert [one["id"] for one in mine["accounts"]] == [bruno.id]
    assert theirs["last_status"]["id"] == post["id"]
    assert {(str(one.account_id), str(one.post_id)) for one in heard} == {
        (amina.id, post["id"]),
        (bruno.id, post["id"]),
    }

    answer = await direct(whole, bruno, "@amina yes", in_reply_to_id=post["id"])
    (mine,) = await amina.get(LIST)
    (theirs,) = await bruno.get(LIST)
    assert mine["last_status"]["id"] == theirs["last_status"]["id"] == answer["id"]
    assert (mine["unread"], theirs["unread"]) == (True, False)


async def test_who_takes_part_makes_the_conversation(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    carla = await whole.person("carla")
    three = await direct(whole, amina, "@bruno @carla all of us")
    await direct(whole, bruno, "@amina only we", in_reply_to_id=three["id"])
    mine = await amina.get(LIST)
    assert [{one["id"] for one in each["accounts"]} for each in mine] == [
        {bruno.id},
        {bruno.id, carla.id},
    ]
    assert len(await carla.get(LIST)) == 1
    alone = await direct(whole, amina, "a note to myself")
    (first, *_) = await amina.get(LIST)
    assert first["last_status"]["id"] == alone["id"]
    assert [one["id"] for one in first["accounts"]] == [amina.id]
    assert first["unread"] is False


async def test_other_audiences_are_no_conversations(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    for visibility in ("public", "unlisted", "private"):
        await amina.post("/api/v1/statuses", status="@bruno hello", visibility=visibility)
    assert await bruno.get(LIST) == []


async def test_read_unread_and_remove(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    post = await direct(whole, amina, "@bruno hello")
    (mine,) = await bruno.get(LIST)
    read = await bruno.post(f"{LIST}/{mine['id']}/read")
    check(read, CONVERSATION)
    assert read == mine | {"unread": False}
    assert (await bruno.post(f"{LIST}/{mine['id']}/unread"))["unread"] is True
    for method, path in (("POST", "/read"), ("DELETE", "")):
        status, _, body = await amina.call(method, f"{LIST}/{mine['id']}{path}")
        assert (status, body["error"]) == (404, "Record not found")
        assert (await bruno.call(method, f"{LIST}/x{path}"))[0] == 404
    assert await bruno.ok("DELETE", f"{LIST}/{mine['id']}") == {}
    assert await bruno.get(LIST) == []
    assert (await bruno.call("DELETE", f"{LIST}/{mine['id']}"))[0] == 404
    assert await bruno.get(f"/api/v1/statuses/{post['id']}")
    await direct(whole, amina, "@bruno again", in_reply_to_id=post["id"])
    assert len(await bruno.get(LIST)) == 1


async def test_a_deleted_post_is_no_last_post(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    first = await direct(whole, amina, "@bruno one")
    second = await direct(whole, amina, "@bruno two", in_reply_to_id=first["id"])
    await amina.ok("DELETE", f"/api/v1/statuses/{second['id']}")
    assert [one["last_status"]["id"] for one in await bruno.get(LIST)] == [first["id"]]
    await amina.ok("DELETE", f"/api/v1/statuses/{first['id']}")
    assert await bruno.get(LIST) == []


async def test_silenced_people_open_no_conversation(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    await bruno.post(f"/api/v1/accounts/{amina.id}/mute")
    await direct(whole, amina, "@bruno hello")
    assert await bruno.get(LIST) == []
    assert len(await amina.get(LIST)) == 1


async def test_a_muted_thread_stays_read(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    post = await direct(whole, amina, "@bruno hello")
    await bruno.post(f"/api/v1/statuses/{post['id']}/mute")
    (mine,) = await bruno.get(LIST)
    await bruno.post(f"{LIST}/{mine['id']}/read")
    await direct(whole, amina, "@bruno and?", in_reply_to_id=post["id"])
    assert [one["unread"] for one in await bruno.get(LIST)] == [False]


async def test_direct_posts_of_other_sites(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    zoe = await whole.remote("zoe")
    note = await whole.receive_note(
        zoe,
        1,
        to=[amina.account.uri],
        tag=[{"type": "Mention", "href": amina.account.uri, "name": "@amina@corp.example"}],
    )
    (mine,) = await amina.get(LIST)
    assert mine["unread"] is True
    assert mine["last_status"]["uri"] == note["id"]
    assert [one["id"] for one in mine["accounts"]] == [str(zoe.id)]
    await whole.receive(zoe, {"type": "Delete", "object": note["id"]})
    assert await amina.get(LIST) == []


async def test_direct_posts_that_name_nobody(whole: WholeSite) -> None:
    amina, bruno = await whole.person("amina"), await whole.person("bruno")
    zoe = await whole.remote("zoe")
    note = await whole.receive_note(zoe, 1, to=[amina.account.uri])
    (mine,) = await amina.get(LIST)
    assert mine["last_status"]["uri"] == note["id"]
    assert await bruno.get(LIST) == []


async def test_pages_go_by_the_last_posts(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    posts = [await direct(whole, amina, f"note {number}") for number in range(5)]
    ids = [post["id"] for post in posts[::-1]]

    async def page(query: str) -> tuple[list[str], str]:
        status, headers, body = await amina.call("GET", f"{LIST}?{query}")
        assert status == 200
        return [one["last_status"]["id"] for one in body], headers.get("Link", "")

    first, link = await page("limit=2")
    assert first == ids[:2]
    assert f"max_id={ids[1]}" in link
    assert f"min_id={ids[0]}" in link
    assert (await page(f"limit=2&max_id={ids[1]}"))[0] == ids[2:4]
    assert (await page(f"limit=2&min_id={ids[4]}"))[0] == ids[2:4]
    assert (await page(f"limit=2&since_id={ids[4]}"))[0] == ids[:2]
    assert await page(f"max_id={ids[4]}") == ([], "")


async def test_who_may_ask(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    assert (await whole.call("GET", LIST))[0] == 401
    reader = await whole.with_scopes(amina, "read:accounts")
    assert (await reader.call("GET", LIST))[0] == 403
    reader = await whole.with_scopes(amina, "read:statuses")
    assert (await reader.call("GET", LIST))[0] == 200
    assert (await reader.call("DELETE", f"{LIST}/1"))[0] == 403
    assert (await reader.call("POST", f"{LIST}/1/read"))[0] == 403
    writer = await whole.with_scopes(amina, "write:conversations")
    assert (await writer.call("DELETE", f"{LIST}/1"))[0] == 404
