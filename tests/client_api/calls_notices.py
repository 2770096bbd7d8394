"""Calls about what people are told: notifications, letters, announcements, streams."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

from fedrse.app.community import announcements_of
from fedrse.core.clock import MINUTE
from tests.client_api.scene import Scene
from tests.client_api.stage import Person, until
from tests.features.decided import warning

N1, N2 = "/api/v1/notifications", "/api/v2/notifications"


async def notifications(scene: Scene) -> None:
    """One by one, and grouped; the scene has made many."""
    call, require, me = scene.probe.call, scene.probe.require, scene.me
    liked = await me.write("Everybody likes this")
    for person in (*await scene.newcomers("fan", 3), scene.bruno):
        await person.post(f"/api/v1/statuses/{liked['id']}/favourite")
    found = await call(f"GET {N1}", me, query={"limit": 80})
    kinds = {one["type"] for one in found}
    require(f"GET {N1}", {"mention", "favourite", "follow", "reblog", "quote"} <= kinds, str(kinds))
    one = found[-1]
    for query, is_so in (
        ({"types[]": "follow"}, lambda item: item["type"] == "follow"),
        (
            {"exclude_types[]": ["follow", "reblog"]},
            lambda item: item["type"] not in ("follow", "reblog"),
        ),
        ({"account_id": scene.zoe_here}, lambda item: item["account"]["id"] == scene.zoe_here),
        ({"supported_types[]": ["follow"], "include_filtered": "true"}, lambda item: True),
    ):
        some = await call(f"GET {N1}", me, query=query)
        require(f"GET {N1}", some and all(map(is_so, some)), str(query))
    await call(f"GET {N1}/:id", me, id=one["id"])
    counting = {"limit": 3, "types[]": "follow", "exclude_types[]": "poll"}
    count = await call(f"GET {N1}/unread_count", me, query=counting)
    require(f"GET {N1}/unread_count", count == {"count": 3}, f"limit: {count}")
    by = {"account_id": scene.zoe_here}
    count = await call(f"GET {N1}/unread_count", me, query=by)
    total = await call(f"GET {N1}/unread_count", me)
    require(f"GET {N1}/unread_count", 0 < count["count"] < total["count"], "account_id")
    await _grouped(scene)
    await call(f"POST {N1}/:id/dismiss", me, id=one["id"])
    await call(f"POST {N1}/clear", scene.dario)
    left = await scene.dario.get(N1)
    require(f"POST {N1}/clear", left == [], "something is left")


async def of_the_site(scene: Scene) -> None:
    """What the site itself tells: follows that end with a blocked domain, and a warning."""
    call, require = scene.probe.call, scene.probe.require
    (person,) = await scene.newcomers("parting", 1)
    await person.follow(scene.zoe)
    await person.post("/api/v1/domain_blocks", domain=scene.nantes.domain)
    site = scene.lyon.site
    told = warning(1, int(person.id), "Please.")
    await site.ground.database.write(site.ground.events.publish, told)
    found = await call(f"GET {N1}", person)
    kinds = {one["type"] for one in found}
    require(f"GET {N1}", kinds == {"severed_relationships", "moderation_warning"}, str(kinds))
    await call(f"GET {N2}", person)


async def _grouped(scene: Scene) -> None:
    call, require, me, name = scene.probe.call, scene.probe.require, scene.me, f"GET {N2}"
    whole = await call(name, me, query={"expand_accounts": "full", "limit": 40})
    groups = whole["notification_groups"]
    largest = max(groups, key=lambda one: int(one["notifications_count"]))
    require(name, largest["notifications_count"] > 2, "nothing is grouped")
    query: dict[str, Any]
    for query in (
        {"types[]": "follow"},
        {"exclude_types[]": "follow", "include_filtered": "true", "supported_types[]": "mention"},
        {"account_id": scene.zoe_here},
        {"grouped_types[]": "follow"},
        {"expand_accounts": "partial_avatars"},
    ):
        await call(name, me, query=query | {"limit": 40})
    some = await me.get(N2, **{"types[]": "follow"})
    kinds = {one["type"] for one in some["notification_groups"]}
    require(name, kinds == {"follow"}, "types[]")
    partial = await me.get(N2, expand_accounts="partial_avatars")
    require(name, partial["partial_accounts"], "expand_accounts")
    key = {"group_key": largest["group_key"]}
    await call(f"GET {N2}/:group_key", me, query={"supported_types[]": "follow"}, **key)
    people = await call(f"GET {N2}/:group_key/accounts", me, **key)
    require(f"GET {N2}/:group_key/accounts", len(people) > 2, "too few")
    counting = {
        "limit": 2,
        "types[]": ["follow", "mention", "favourite"],
        "exclude_types[]": "poll",
        "grouped_types[]": "follow",
    }
    count = await call(f"GET {N2}/unread_count", me, query=counting)
    require(f"GET {N2}/unread_count", count == {"count": 2}, f"limit: {count}")
    by = {"account_id": scene.zoe_here, "limit": 1000}
    count = await call(f"GET {N2}/unread_count", me, query=by)
    require(f"GET {N2}/unread_count", 0 < count["count"] <= len(groups), "account_id")
    await call(f"POST {N2}/:group_key/dismiss", me, **key)


async def requests(scene: Scene) -> None:
    """Notifications that wait to be asked for."""
    call, require = scene.probe.call, scene.probe.require
    quiet, *_ = await scene.newcomers("quiet", 1)
    loud = await scene.newcomers("loud", 5)
    policy = {
        "for_not_following": "filter",
        "for_not_followers": "accept",
        "for_new_accounts": "accept",
        "for_private_mentions": "accept",
        "for_limited_accounts": "accept",
    }
    name = f"PATCH {N2}/policy"
    changed = await call(name, quiet, json=policy)
    require(name, policy.items() <= changed.items(), "not as wanted")
    post = await quiet.write("Quietly")
    for one in loud:
        await one.write("@quiet0 hey", in_reply_to_id=post["id"])
        await one.post(f"/api/v1/statuses/{post['id']}/favourite")
    waiting = await call(f"GET {N1}/requests", quiet)
    require(f"GET {N1}/requests", len(waiting) == 5, f"{len(waiting)} instead of 5")
    shown = await quiet.get(N1)
    everything = await call(f"GET {N1}", quiet, query={"include_filtered": "true"})
    require(f"GET {N1}", not shown and len(everything) == 10, "include_filtered")
    await call(f"GET {N2}/policy", quiet)
    await call(f"GET {N1}/policy", quiet)
    await call(f"PATCH {N1}/policy", quiet, json={"filter_new_accounts": True})
    await call(f"GET {N1}/requests/:id", quiet, id=waiting[0]["id"])
    await call(f"POST {N1}/requests/:id/accept", quiet, id=waiting[0]["id"])
    await call(f"POST {N1}/requests/:id/dismiss", quiet, id=waiting[1]["id"])
    for action, one in (("accept", waiting[2]), ("dismiss", waiting[3])):
        await call(f"POST {N1}/requests/{action}", quiet, json={"id": [one["id"]]})
    await call(f"GET {N1}/requests/merged", quiet)
    left = await quiet.get(f"{N1}/requests")
    require(f"POST {N1}/requests/dismiss", len(left) == 1, f"{len(left)} are left")
    for one in loud[:3]:
        stranger = await one.token_with("read write")
        await stranger.write("@quiet0 again")
    more = await scene.newcomers("late", 3)
    for one in more:
        await one.write("@quiet0 hello")


async def conversations(scene: Scene) -> None:
    """Letters to several people, one of them on the other site."""
    call, me, base = scene.probe.call, scene.me, "/api/v1/conversations"
    for name in (one.handle for one in (*scene.friends, scene.zoe)):
        await me.write(f"@{name} psst", visibility="direct")

    async def has_letter() -> Any:
        return await scene.zoe.get(base)

    await until(has_letter)
    found = await call(f"GET {base}", me)
    scene.probe.require(f"GET {base}", len(found) == 4, f"{len(found)} instead of 4")
    theirs = (await call(f"GET {base}", scene.bruno))[0]
    await call(f"POST {base}/:id/read", scene.bruno, id=theirs["id"])
    await call(f"DELETE {base}/:id", scene.bruno, id=theirs["id"])


async def announcements(scene: Scene) -> None:
    """What the site tells everybody."""
    call, me, base = scene.probe.call, scene.me, "/api/v1/announcements"
    stage = scene.lyon
    service = announcements_of(stage.site.ground, stage.site.services)
    post = await me.write("Welcome")
    now = stage.site.ground.clock.now()
    text = f"Ask @amina about #lunch :fox:, see {post['url']}"
    times = {"starts_at": now - MINUTE, "ends_at": now + MINUTE}
    write = stage.site.ground.database.write
    made = await write(lambda tx: service.create(tx, text, **times))
    one = {"id": str(made.id)}
    for emoji in (quote("👍"), "fox"):
        await call(f"PUT {base}/:id/reactions/:name", me, name=emoji, **one)
    (found,) = await call(f"GET {base}", me)
    scene.probe.require(f"GET {base}", len(found["reactions"]) == 2, "reactions")
    await call(f"DELETE {base}/:id/reactions/:name", me, name="fox", **one)
    await call(f"POST {base}/:id/dismiss", me, **one)


async def streams(scene: Scene) -> None:
    """Every stream opens and brings what belongs into it."""
    me = scene.me
    made = (await me.get("/api/v1/lists"))[0]["id"]
    base = "/api/v1/streaming"
    wanted: tuple[tuple[str, dict[str, str]], ...] = (
        ("user", {}),
        ("user/notification", {}),
        ("public", {"only_media": "false"}),
        ("public/local", {"only_media": "false"}),
        ("public/remote", {"only_media": "true"}),
        ("hashtag", {"tag": "stream"}),
        ("hashtag/local", {"tag": "stream"}),
        ("list", {"list": made}),
        ("direct", {}),
    )
    opened = [asyncio.create_task(_listen(scene, me, f"GET {base}/{n}", q)) for n, q in wanted]
    await asyncio.gather(*opened)


async def _listen(scene: Scene, me: Person, name: str, query: dict[str, str]) -> None:
    verdict = scene.probe.verdicts[name]
    headers = {"Authorization": f"Bearer {me.token}"}
    address = me.stage.base_url + verdict.endpoint.path
    async with me.stage.client.get(address, params=query, headers=headers) as response:
        kind = response.headers.get("Content-Type", "")
        if response.status != 200 or not kind.startswith("text/event-stream"):
            scene.probe.fail(name, f"{response.status} {kind}")
    scene.probe.remember(name, me, query)
