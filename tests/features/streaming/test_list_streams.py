"""What a stream of a list carries: posts as the list shows them, their changes and their end."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import ClientWebSocketResponse

from tests.features.whole import Caller, WholeSite


async def heard(socket: ClientWebSocketResponse) -> tuple[str, Any]:
    """The next event and its payload."""
    message = json.loads((await socket.receive(timeout=10)).data)
    payload = message.get("payload")
    return message["event"], json.loads(payload) if message["event"] != "delete" else payload


async def make_list(owner: Caller, *members: Caller, policy: str = "list") -> str:
    made = await owner.post("/api/v1/lists", title="Équipe", replies_policy=policy)
    ids = [one.id for one in members]
    await owner.post(f"/api/v1/lists/{made['id']}/accounts", account_ids=ids)
    return str(made["id"])


async def test_posts_edits_and_deletions(whole: WholeSite) -> None:
    ami, bob, eve = [await whole.person(name) for name in ("ami", "bob", "eve")]
    for other in (bob, eve):
        await ami.follow(other)
    mine = await make_list(ami, bob)
    await whole.site.streams.start()
    url = f"{whole.address}/api/v1/streaming?stream=list&list={mine}&access_token={ami.token}"
    async with whole.client.ws_connect(url) as socket:
        await eve.post("/api/v1/statuses", status="of nobody in the list")
        post = await bob.post("/api/v1/statuses", status="eins")
        event, payload = await heard(socket)
        assert (event, payload["id"]) == ("update", post["id"])
        await bob.ok("PUT", f"/api/v1/statuses/{post['id']}", json={"status": "zwei"})
        event, payload = await heard(socket)
        assert (event, payload["id"]) == ("status.update", post["id"])
        assert "zwei" in payload["content"]
        hidden = await eve.post("/api/v1/statuses", status="gone")
        await eve.ok("DELETE", f"/api/v1/statuses/{hidden['id']}")
        secret = await bob.post("/api/v1/statuses", status="for @eve", visibility="direct")
        await bob.ok("DELETE", f"/api/v1/statuses/{secret['id']}")
        await bob.ok("DELETE", f"/api/v1/statuses/{post['id']}")
        assert await heard(socket) == ("delete", post["id"])


async def test_a_list_shows_members_only_and_answers_by_its_policy(whole: WholeSite) -> None:
    ami, bob, eve = [await whole.person(name) for name in ("ami", "bob", "eve")]
    for other in (bob, eve):
        await ami.follow(other)
    theirs = await eve.post("/api/v1/statuses", status="eve")
    plain = await bob.post("/api/v1/statuses", status="plain")
    answer = await bob.post("/api/v1/statuses", status="re", in_reply_to_id=theirs["id"])
    shown = {}
    for policy in ("none", "list", "followed"):
        mine = await make_list(ami, bob, policy=policy)
        posts = await ami.get(f"/api/v1/timelines/list/{mine}")
        shown[policy] = [one["id"] for one in posts]
    assert shown == {
        "none": [plain["id"]],
        "list": [plain["id"]],
        "followed": [answer["id"], plain["id"]],
    }
    # Who is followed no more is in no list.
    await ami.post(f"/api/v1/accounts/{bob.id}/unfollow")
    assert await ami.get(f"/api/v1/timelines/list/{mine}") == []
    assert await ami.get(f"/api/v1/lists/{mine}/accounts") == []


async def test_followed_tags_show_what_an_exclusive_list_takes_from_home(whole: WholeSite) -> None:
    """As Mastodon: the list takes posts of its members, a followed tag brings its own."""
    ami, bob = await whole.person("ami"), await whole.person("bob")
    await ami.follow(bob)
    made = await ami.post("/api/v1/lists", title="Équipe", exclusive=True)
    await ami.post(f"/api/v1/lists/{made['id']}/accounts", account_ids=[bob.id])
    await ami.post("/api/v1/tags/usine/follow")
    await bob.post("/api/v1/statuses", status="plain")
    tagged = await bob.post("/api/v1/statuses", status="with #usine")
    assert [one["id"] for one in await ami.get("/api/v1/timelines/home")] == [tagged["id"]]
    assert len(await ami.get(f"/api/v1/timelines/list/{made['id']}")) == 2
