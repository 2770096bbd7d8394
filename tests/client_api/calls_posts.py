"""Calls about posts: writing, marks, timelines, polls, media, search, trends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from fedrse.features.trends.service import Trends
from tests.client_api.scene import Scene, arrived, upload
from tests.client_api.stage import until

S = "/api/v1/statuses"


def ids(found: list[dict[str, Any]]) -> list[str]:
    return [one["id"] for one in found]


async def statuses(scene: Scene) -> None:
    """Posts with everything on them, their edits, marks, and who did what."""
    call, require, me, zoe = scene.probe.call, scene.probe.require, scene.me, scene.zoe
    media = await me.call("POST", "/api/v2/media", data=upload(description="red")())
    wanted = {
        "status": f"Bonjour @bruno @{zoe.handle} :fox: #gares",
        "media_ids": [media["id"]],
        "sensitive": True,
        "spoiler_text": "trains",
        "visibility": "public",
        "language": "fr",
        "quote_approval_policy": "followers",
    }
    whole = await call(f"POST {S}", me, json=wanted)
    is_so = (
        whole["media_attachments"][0]["id"] == media["id"],
        whole["sensitive"],
        whole["spoiler_text"] == "trains",
        whole["language"] == "fr",
        whole["quote_approval"]["automatic"] == ["followers"],
        len(whole["mentions"]) == 2,
    )
    require(f"POST {S}", all(is_so), f"not as wanted: {is_so}")
    there = await arrived(zoe, whole)
    reply = await zoe.write(f"@{me.handle} Salut", in_reply_to_id=there["id"])

    async def answered() -> Any:
        return (await me.get(f"{S}/{whole['id']}/context"))["descendants"]

    (answer,) = await until(answered)
    require(f"POST {S}", answer["uri"] == reply["uri"], "no answer")

    linked = await me.write(f"Read {scene.page}")  # one with media shows no card

    async def has_card() -> Any:
        return (await me.get(f"{S}/{linked['id']}"))["card"]

    await until(has_card)
    one = {"id": whole["id"]}
    for person, target in ((me, whole), (scene.bruno, whole), (me, linked)):
        await call(f"GET {S}/:id", person, id=target["id"])
    await call(f"GET {S}/:id", me, id=answer["id"])
    await call(f"GET {S}", me, query={"id[]": [whole["id"], answer["id"]]})
    await call(f"GET {S}/:id/context", me, **one)
    await call(f"GET {S}/:id/context", me, id=answer["id"])
    await call(f"GET {S}/:id/source", me, **one)
    await _edits(scene, whole, media["id"])
    await _marks(scene, whole, answer)
    await _quotes(scene)
    open_post = await me.write("Public, for visitors", audience="public")
    await call(f"GET {S}/:id", me, token=None, id=open_post["id"])
    url = {"url": open_post["url"], "maxwidth": 300, "maxheight": 200}
    await call("GET /api/oembed", me, token=None, query=url)
    await _translation(scene)
    deleting = {"delete_media": "true"}
    await call(f"DELETE {S}/:id", me, id=open_post["id"], query=deleting)
    scene.probe.remember(f"DELETE {S}/:id", me, deleting, {"id": whole["id"]})


async def _edits(scene: Scene, whole: dict[str, Any], media: str) -> None:
    call, require, me, path = scene.probe.call, scene.probe.require, scene.me, f"PUT {S}/:id"
    wanted = {
        "status": "Bonsoir #gares",
        "spoiler_text": "trams",
        "sensitive": True,
        "language": "en",
        "media_ids": [media],
        "media_attributes": [{"id": media, "description": "redder", "focus": "0.1,0.2"}],
        "quote_approval_policy": "public",
    }
    changed = await call(path, me, json=wanted, id=whole["id"])
    is_so = (
        changed["spoiler_text"] == "trams",
        changed["language"] == "en",
        changed["media_attachments"][0]["description"] == "redder",
        changed["quote_approval"]["automatic"] == ["public"],
        changed["edited_at"] is not None,
    )
    require(path, all(is_so), f"not all was changed: {is_so}")
    poll = {"options": ["a", "b"], "expires_in": 600, "multiple": True, "hide_totals": True}
    made = await call(f"POST {S}", me, json={"status": "?", "poll": poll})
    require(f"POST {S}", made["poll"]["multiple"], "poll")
    hidden = await scene.bruno.get(f"{S}/{made['id']}")
    is_hidden = {one["votes_count"] for one in hidden["poll"]["options"]} == {None}
    require(f"POST {S}", is_hidden, "poll[hide_totals]")
    poll = {"options": ["a", "b", "c"], "expires_in": 900, "multiple": False, "hide_totals": False}
    changed = await call(path, me, json={"status": "?!", "poll": poll}, id=made["id"])
    require(path, len(changed["poll"]["options"]) == 3, "poll")
    vote = {"choices": [0]}
    voted = await call("POST /api/v1/polls/:id/votes", scene.bruno, json=vote, id=made["id"])
    require("POST /api/v1/polls/:id/votes", voted["own_votes"] == [0], "vote")
    await call("GET /api/v1/polls/:id", me, id=made["poll"]["id"])
    for one in (whole["id"], made["id"]):
        history = await call(f"GET {S}/:id/history", me, id=one)
        require(f"GET {S}/:id/history", len(history) == 2, "versions")
    later = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
    thread = {"in_reply_to_id": whole["id"], "status": "later", "scheduled_at": later}
    await me.answer("POST", S, json=thread, check=False)  # a ScheduledStatus, no Status
    reply = await call(f"POST {S}", me, json={"status": "more", "in_reply_to_id": whole["id"]})
    require(f"POST {S}", reply["in_reply_to_id"] == whole["id"], "in_reply_to_id")
    await _scheduled(scene)


async def _scheduled(scene: Scene) -> None:
    call, me, base = scene.probe.call, scene.me, "/api/v1/scheduled_statuses"
    media = await me.call("POST", "/api/v2/media", data=upload()())
    when = [datetime.now(UTC) + timedelta(hours=hours) for hours in range(3, 7)]
    more: list[dict[str, Any]] = [
        {"media_ids": [media["id"]], "visibility": "private", "language": "fr"},
        {"poll": {"options": ["a", "b"], "expires_in": 600}, "spoiler_text": "x"},
        {"sensitive": True},
        {},
    ]
    for moment, extra in zip(when, more, strict=True):
        wish = {"status": "later", "scheduled_at": moment.isoformat(), **extra}
        await me.answer("POST", S, json=wish, check=False)
    found = await call(f"GET {base}", me)
    scene.probe.require(f"GET {base}", len(found) == 5, f"{len(found)} instead of 5")
    one = found[0]["id"]
    await call(f"GET {base}/:id", me, id=one)
    moved = {"scheduled_at": (when[0] + timedelta(days=1)).isoformat()}
    changed = await call(f"PUT {base}/:id", me, json=moved, id=one)
    is_so = changed["scheduled_at"] != found[0]["scheduled_at"]
    scene.probe.require(f"PUT {base}/:id", is_so, "scheduled_at")
    await call(f"DELETE {base}/:id", me, id=one)


async def _marks(scene: Scene, whole: dict[str, Any], answer: dict[str, Any]) -> None:
    """Marks, on a post of here and on one of another site."""
    call, me, one = scene.probe.call, scene.me, whole["id"]
    for name in ("bookmark", "favourite", "mute", "pin"):
        mine = [one] if name == "pin" else [one, answer["id"]]
        for target in mine:
            done = await call(f"POST {S}/:id/{name}", me, id=target)
            flag = {"bookmark": "bookmarked", "mute": "muted", "pin": "pinned"}.get(
                name, "favourited"
            )
            scene.probe.require(f"POST {S}/:id/{name}", done[flag], flag)
        if name != "pin":
            done = await call(f"POST {S}/:id/un{name}", me, id=mine[-1])
            scene.probe.require(f"POST {S}/:id/un{name}", not done[flag], flag)
    pinned = {"pinned": "true"}
    found = await call("GET /api/v1/accounts/:id/statuses", scene.bruno, id=me.id, query=pinned)
    scene.probe.require("GET /api/v1/accounts/:id/statuses", ids(found) == [one], "pinned")
    await call(f"POST {S}/:id/unpin", me, id=one)
    await call(f"POST {S}/:id/unmute", me, id=one)
    boost = await call(f"POST {S}/:id/reblog", me, json={"visibility": "private"}, id=answer["id"])
    scene.probe.require(f"POST {S}/:id/reblog", boost["visibility"] == "private", "visibility")
    await call(f"POST {S}/:id/unreblog", me, id=answer["id"])
    for person in scene.friends:
        await person.post(f"{S}/{one}/favourite")
        await person.post(f"{S}/{one}/reblog")
    there = await scene.zoe.find_status(whole["uri"])
    await scene.zoe.post(f"{S}/{there['id']}/favourite")
    await scene.zoe.post(f"{S}/{there['id']}/reblog")
    for name in ("favourited_by", "reblogged_by"):

        async def all_four(name: str = name) -> bool:
            return len(await me.get(f"{S}/{one}/{name}")) >= 4

        await until(all_four)
        await call(f"GET {S}/:id/{name}", me, id=one)


async def _quotes(scene: Scene) -> None:
    call, me, zoe = scene.probe.call, scene.me, scene.zoe
    post = await me.write("Quote me")
    quote: dict[str, Any] = {}
    for one in scene.friends:
        wish = {"status": "Look", "quoted_status_id": post["id"]}
        quote = await call(f"POST {S}", one, json=wish)
    scene.probe.require(f"POST {S}", quote["quote"]["state"] == "accepted", "quoted_status_id")
    there = await arrived(zoe, post)
    await zoe.write("Look", quoted_status_id=there["id"])

    async def all_four() -> bool:
        return len(await me.get(f"{S}/{post['id']}/quotes")) == 4

    await until(all_four)
    await call(f"GET {S}/:id/quotes", me, id=post["id"])
    # A quote of a quote names what it quotes by its id only.
    nested = await scene.bruno.write("Deeper", quoted_status_id=quote["id"])
    await call(f"GET {S}/:id", me, id=nested["id"])
    two = {"id": post["id"], "quoting_status_id": quote["id"]}
    revoked = await call(f"POST {S}/:id/quotes/:quoting_status_id/revoke", me, **two)
    name = f"POST {S}/:id/quotes/:quoting_status_id/revoke"
    scene.probe.require(name, revoked["quote"]["state"] == "revoked", "state")
    policy = {"quote_approval_policy": "nobody"}
    changed = await call(f"PUT {S}/:id/interaction_policy", me, json=policy, id=post["id"])
    is_so = changed["quote_approval"]["automatic"] == []
    scene.probe.require(f"PUT {S}/:id/interaction_policy", is_so, "policy")


async def _translation(scene: Scene) -> None:
    call, author = scene.probe.call, scene.bruno
    file = await author.call("POST", "/api/v2/media", data=upload(description="rouge")())
    poll = {"options": ["oui", "non"], "expires_in": 600}
    for more in ({"media_ids": [file["id"]]}, {"poll": poll}):
        post = await author.write("Bonjour", language="fr", spoiler_text="Trains", **more)
        found = await call(f"POST {S}/:id/translate", scene.me, json={"lang": "en"}, id=post["id"])
        is_so = found["language"] == "en" and "Bonjour" in found["content"]
        scene.probe.require(f"POST {S}/:id/translate", is_so, "lang")


async def media(scene: Scene) -> None:
    """Uploads; the old way and the new."""
    call, me = scene.probe.call, scene.me
    for version in ("v1", "v2"):
        form = upload(description="red", focus="0.5,-0.5")
        made = await call(f"POST /api/{version}/media", me, body=form)
        is_so = made["description"] == "red" and made["meta"]["focus"]["x"] == 0.5
        scene.probe.require(f"POST /api/{version}/media", is_so, "description or focus")
    await call("GET /api/v1/media/:id", me, id=made["id"])
    wish = {"description": "redder", "focus": "0,0"}
    changed = await call("PUT /api/v1/media/:id", me, json=wish, id=made["id"])
    is_so = changed["description"] == "redder"
    scene.probe.require("PUT /api/v1/media/:id", is_so, "description")
    await call("DELETE /api/v1/media/:id", me, id=made["id"])


async def timelines(scene: Scene) -> None:
    """All timelines, with what they can be narrowed by."""
    call, me, zoe = scene.probe.call, scene.me, scene.zoe
    made = []
    for number, text in enumerate(("#gares #trams", "#gares", "#trams", "#gares #buses")):
        file = await me.call("POST", "/api/v2/media", data=upload()())
        files = [file["id"]] if number == 1 else []
        made.append(await me.write(f"{text} {scene.page}", media_ids=files))
    remote = [await zoe.write(f"#gares from Nantes {number}") for number in range(3)]
    for one in remote:
        await arrived(me, one)
    for name in ("home", "public"):
        await call(f"GET /api/v1/timelines/{name}", me)
    for path, values in (
        ("GET /api/v1/timelines/public", {}),
        ("GET /api/v1/timelines/tag/:hashtag", {"hashtag": "gares"}),
    ):
        whole = await call(path, me, **values)
        for name, is_so in (
            ("local", lambda one: "@" not in one["account"]["acct"]),
            ("remote", lambda one: "@" in one["account"]["acct"]),
            ("only_media", lambda one: one["media_attachments"]),
        ):
            found = await call(path, me, query={name: "true"}, **values)
            wanted = [one["id"] for one in whole if is_so(one)]
            scene.probe.require(path, ids(found)[: len(wanted)] == wanted and wanted, name)
    path = "GET /api/v1/timelines/tag/:hashtag"
    first, second, third, fourth = ids(made)
    local = {"local": "true"}
    for query, expected in (
        ({"any[]": "trams"}, [fourth, third, second, first]),
        ({"all[]": "trams"}, [first]),
        ({"none[]": ["trams", "unknown"]}, [fourth, second]),
        ({"any[]": "trams", "none[]": "buses"}, [third, second, first]),
        ({"all[]": ["trams", "unknown"]}, []),
    ):
        found = ids(await call(path, me, query=query | local, hashtag="gares"))
        found = [one for one in found if one in {first, second, third, fourth}]
        scene.probe.require(path, found == expected, f"{query}: {found}, not {expected}")
    await _of_account(scene, made)
    made_list = await me.post("/api/v1/lists", title="All")
    members = [one.id for one in scene.friends] + [scene.zoe_here]
    await me.post(f"/api/v1/lists/{made_list['id']}/accounts", account_ids=members)
    for one in scene.friends:
        await one.write("For the list")
    await call("GET /api/v1/timelines/list/:list_id", me, list_id=made_list["id"])
    for one in made:
        for name in ("favourite", "bookmark"):
            await scene.bruno.post(f"{S}/{one['id']}/{name}")
    await call("GET /api/v1/favourites", scene.bruno)
    await call("GET /api/v1/bookmarks", scene.bruno)


async def _of_account(scene: Scene, made: list[dict[str, Any]]) -> None:
    path, me, bruno = "GET /api/v1/accounts/:id/statuses", scene.me, scene.bruno
    reply = await me.write("@bruno yes", in_reply_to_id=(await bruno.write("well?"))["id"])
    boost = await me.post(f"{S}/{(await bruno.write('share me'))['id']}/reblog")
    for query, there, absent in (
        ({"only_media": "true"}, made[1]["id"], made[0]["id"]),
        ({"exclude_replies": "true"}, boost["id"], reply["id"]),
        ({"exclude_reblogs": "true"}, reply["id"], boost["id"]),
        ({"tagged": "buses"}, made[3]["id"], made[1]["id"]),
    ):
        found = ids(await scene.probe.call(path, bruno, query=query, id=me.id))
        scene.probe.require(path, there in found and absent not in found, f"{query}")
    await scene.probe.call(path, me, id=scene.zoe_here)


async def search_and_trends(scene: Scene) -> None:
    """What is looked for, and what is talked about."""
    call, me, name = scene.probe.call, scene.me, "GET /api/v2/search"
    posts = [await scene.bruno.write(f"Unusual zebrafish {number}") for number in range(3)]
    query: dict[str, Any] = {"q": "zebrafish", "type": "statuses"}

    async def indexed() -> bool:
        return len((await me.get("/api/v2/search", **query))["statuses"]) == 3

    await until(indexed)
    for more, expected in (
        ({}, [2, 1, 0]),
        ({"limit": 1, "offset": 1}, [1]),
        ({"max_id": posts[1]["id"]}, [0]),
        ({"min_id": posts[1]["id"]}, [2]),
        ({"account_id": scene.chloe.id}, []),
    ):
        found = ids((await call(name, me, query=query | more))["statuses"])
        wanted = [posts[number]["id"] for number in expected]
        scene.probe.require(name, found == wanted, f"{more}: {found}")
    everything = {"q": "gares", "exclude_unreviewed": "true", "following": "true"}
    found = await call(name, me, query=everything)
    scene.probe.require(name, found["hashtags"], "hashtags")
    address = {"q": f"@{scene.zoe.handle}", "resolve": "true", "type": "accounts"}
    found = await call(name, me, query=address)
    scene.probe.require(name, len(found["accounts"]) == 1, "resolve")
    for one in scene.friends:
        await one.write(f"#lunch #dinner {scene.page}")
        await one.write(f"{scene.page}?other #lunch")

    async def both_pages() -> bool:
        await me.stage.site.ground.database.write(Trends(clock=me.stage.site.ground.clock).count)
        return len(await me.get("/api/v1/trends/links")) >= 2

    for post in posts[:2]:
        for one in (me, scene.chloe):
            await one.post(f"{S}/{post['id']}/favourite")
    await until(both_pages)
    await call("GET /api/v1/timelines/link", me, query={"url": scene.page})
    for kind in ("tags", "statuses", "links"):
        path = f"GET /api/v1/trends/{kind}"
        whole = await call(path, me)
        second = await call(path, me, query={"limit": 1, "offset": 1})
        scene.probe.require(path, second == whole[1:2] and second, "limit and offset")


async def tags(scene: Scene) -> None:
    """Tags, followed and on profiles."""
    call, me = scene.probe.call, scene.me
    for name in ("gares", "trams", "lunch", "buses"):
        await call("POST /api/v1/tags/:name/follow", me, name=name)
    await call("POST /api/v1/tags/:name/unfollow", me, name="buses")
    found = await call("GET /api/v1/tags/:name", me, name="gares")
    scene.probe.require("GET /api/v1/tags/:name", found["following"], "following")
    await call("GET /api/v1/followed_tags", me)
    base = "/api/v1/featured_tags"
    await call(f"GET {base}/suggestions", me)
    made = await call(f"POST {base}", me, json={"name": "gares"})
    await call(f"GET {base}", me)
    await call(f"DELETE {base}/:id", me, id=made["id"])
    await call("POST /api/v1/tags/:id/feature", me, id="trams")
    await call("POST /api/v1/tags/:id/unfeature", me, id="trams")
