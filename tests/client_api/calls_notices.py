"""Calls about everything else: what people are told, what they set, what the site says."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fedrse.app.community import announcements_of
from fedrse.core.clock import MINUTE
from tests.client_api.past import write_long_ago
from tests.client_api.probe import NO_ID
from tests.client_api.scene import Scene, arrived
from tests.client_api.stage import Person, until
from tests.features.decided import warning
from tests.features.push.receiver import PushKeys

N1, N2 = "/api/v1/notifications", "/api/v2/notifications"
F2 = "/api/v2/filters"


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


async def filters(scene: Scene) -> None:
    """Filters of both versions, and what they mark."""
    call, require, me = scene.probe.call, scene.probe.require, scene.me
    wanted = {
        "title": "Noise",
        "context": ["home", "public"],
        "filter_action": "warn",
        "expires_in": 3600,
        "keywords_attributes": [{"keyword": "noise", "whole_word": True}],
    }
    made = await call(f"POST {F2}", me, json=wanted)
    is_so = made["expires_at"] and made["keywords"][0]["whole_word"]
    require(f"POST {F2}", is_so, "not as wanted")
    one = {"id": made["id"]}
    word = made["keywords"][0]
    changed = wanted | {
        "title": "Loud",
        "filter_action": "hide",
        "keywords_attributes": [
            {"id": word["id"], "_destroy": True},
            {"keyword": "racket", "whole_word": False},
        ],
    }
    made = await call(f"PUT {F2}/:id", me, json=changed, **one)
    words = [keyword["keyword"] for keyword in made["keywords"]]
    is_so = (made["title"], made["filter_action"], words) == ("Loud", "hide", ["racket"])
    require(f"PUT {F2}/:id", is_so, f"not as wanted: {made}")
    await call(f"GET {F2}", me)
    await call(f"GET {F2}/:id", me, **one)
    here = {"filter_id": made["id"]}
    new = {"keyword": "din", "whole_word": True}
    word = await call(f"POST {F2}/:filter_id/keywords", me, json=new, **here)
    await call(f"GET {F2}/:filter_id/keywords", me, **here)
    await call(f"GET {F2}/keywords/:id", me, id=word["id"])
    new = {"keyword": "clamour", "whole_word": False}
    changed_word = await call(f"PUT {F2}/keywords/:id", me, json=new, id=word["id"])
    require(f"PUT {F2}/keywords/:id", changed_word["keyword"] == "clamour", "keyword")
    post = await scene.bruno.write("What a racket")
    path = f"POST {F2}/:filter_id/statuses"
    named = await call(path, me, json={"status_id": post["id"]}, **here)
    await call(f"GET {F2}/:filter_id/statuses", me, **here)
    await call(f"GET {F2}/statuses/:id", me, id=named["id"])
    shown = await call("GET /api/v1/statuses/:id", me, id=post["id"])
    require("GET /api/v1/statuses/:id", shown["filtered"], "not marked")
    await call(f"DELETE {F2}/statuses/:id", me, id=named["id"])
    await call(f"DELETE {F2}/keywords/:id", me, id=word["id"])
    await call(f"DELETE {F2}/:id", me, **one)
    kept = await me.post(F2, title="Kept", context=["home"])
    plain = {"title": "Kept", "context": ["home"], "filter_action": "warn", "expires_in": 60}
    await call(f"PUT {F2}/:id", me, json=plain, id=kept["id"])
    await _old_filters(scene)


async def _old_filters(scene: Scene) -> None:
    call, me, base = scene.probe.call, scene.me, "/api/v1/filters"
    wanted = {
        "phrase": "noise",
        "context": ["home"],
        "irreversible": True,
        "whole_word": True,
        "expires_in": 600,
    }
    made = await call(f"POST {base}", me, json=wanted)
    is_so = made["irreversible"] and made["whole_word"] and made["expires_at"]
    scene.probe.require(f"POST {base}", is_so, "not as wanted")
    await call(f"GET {base}", me)
    await call(f"GET {base}/:id", me, id=made["id"])
    await call(f"PUT {base}/:id", me, id=made["id"], json=wanted | {"phrase": "din"})
    await call(f"DELETE {base}/:id", me, id=made["id"])
    kept = await me.post(base, **wanted)
    await call(f"PUT {base}/:id", me, id=kept["id"], json=wanted)


async def lists(scene: Scene) -> None:
    """Lists and who is on them."""
    call, me, base = scene.probe.call, scene.me, "/api/v1/lists"
    wanted = {"title": "Team", "replies_policy": "followed", "exclusive": False}
    made = await call(f"POST {base}", me, json=wanted)
    scene.probe.require(f"POST {base}", wanted.items() <= made.items(), "not as wanted")
    one = {"id": made["id"]}
    await call(f"GET {base}", me)
    await call(f"GET {base}/:id", me, **one)
    changed = await call(
        f"PUT {base}/:id",
        me,
        json={"title": "Crew", "replies_policy": "none", "exclusive": True},
        **one,
    )
    is_so = changed["replies_policy"] == "none" and changed["exclusive"]
    scene.probe.require(f"PUT {base}/:id", is_so, "not as wanted")
    await me.call("PUT", f"{base}/{made['id']}", json={"exclusive": False})
    people = [*(person.id for person in scene.friends), scene.zoe_here]
    await call(f"POST {base}/:id/accounts", me, json={"account_ids": people}, **one)
    found = await call(f"GET {base}/:id/accounts", me, **one)
    scene.probe.require(f"GET {base}/:id/accounts", len(found) == 4, "not all")
    await call("GET /api/v1/accounts/:id/lists", me, id=scene.zoe_here)
    gone = {"account_ids[]": [scene.dario.id]}
    other = await me.post(base, title="Other")
    await me.post(f"{base}/{other['id']}/accounts", account_ids=[scene.dario.id])
    await call(f"DELETE {base}/:id/accounts", me, query=gone, id=other["id"])
    await call(f"DELETE {base}/:id", me, id=other["id"])


async def settings(scene: Scene) -> None:
    """Markers, preferences, push subscriptions, reports."""
    call, require, me = scene.probe.call, scene.probe.require, scene.me
    last = (await me.get("/api/v1/timelines/home"))[0]["id"]
    told = {"home": {"last_read_id": last}, "notifications": {"last_read_id": last}}
    await call("POST /api/v1/markers", me, json=told)
    both = {"timeline[]": ["home", "notifications"]}
    found = await call("GET /api/v1/markers", me, query=both)
    require("GET /api/v1/markers", set(found) == {"home", "notifications"}, "timeline[]")
    await call("GET /api/v1/preferences", me)
    await _push(scene)
    post = await scene.bruno.write("Report me")
    shown = (await scene.bruno.post("/api/v1/collections", name="Mine"))["collection"]
    report = {
        "account_id": scene.bruno.id,
        "status_ids": [post["id"]],
        "collection_ids": [shown["id"], "7"],
        "comment": "Hm",
        "forward": True,
        "category": "violation",
        "rule_ids": ["1"],
    }
    made = await call("POST /api/v1/reports", me, json=report)
    is_so = (made["category"], made["rule_ids"], made["status_ids"], made["collection_ids"])
    expected = ("violation", ["1"], [post["id"]], [shown["id"]])
    require("POST /api/v1/reports", is_so == expected, f"{is_so}")
    found = await call(f"GET {N1}", scene.moderator)
    require(f"GET {N1}", found[0]["report"]["comment"] == "Hm", "no report")
    await call(f"GET {N2}", scene.moderator)


async def _push(scene: Scene) -> None:
    call, base = scene.probe.call, "/api/v1/push/subscription"
    alerts = (
        *("mention", "quote", "status", "reblog", "follow", "follow_request", "favourite"),
        *("poll", "update", "quoted_update", "admin.sign_up", "admin.report"),
    )
    data = {"alerts": dict.fromkeys(alerts, True), "policy": "follower"}
    keys = PushKeys().subscription("https://push.example/x", standard=True)
    wanted = {"subscription": keys, "data": data}
    made = await call(f"POST {base}", scene.me, json=wanted)
    is_so = made["standard"] and all(made["alerts"][name] for name in alerts)
    scene.probe.require(f"POST {base}", is_so, "not as wanted")
    await call(f"GET {base}", scene.me)
    changed = {"data": {"alerts": dict.fromkeys(alerts, False)}, "policy": "none"}
    found = await call(f"PUT {base}", scene.me, json=changed)
    scene.probe.require(f"PUT {base}", not any(found["alerts"].values()), "alerts")
    await call(f"DELETE {base}", scene.me)


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


async def annual_reports(scene: Scene) -> None:
    """The report of last year."""
    call, me, base = scene.probe.call, scene.me, "/api/v1/annual_reports"
    number = datetime.now(UTC).year - 1
    post = await write_long_ago(me, number)
    await scene.bruno.post(f"/api/v1/statuses/{post}/favourite")
    year = {"year": str(number)}
    await call(f"GET {base}/:year/state", me, **year)
    await call(f"POST {base}/:year/generate", me, **year)
    await call(f"GET {base}", me)
    await call(f"GET {base}/:year", me, **year)
    await call(f"POST {base}/:year/read", me, **year)


def write_texts(folder: Path) -> None:
    """What the operator of the site has written."""
    folder.mkdir()
    for name in ("about", "privacy", "terms-2020-01-01", "terms-2030-01-01"):
        (folder / f"{name}.md").write_text(f"# {name}\n\nWords.\n", encoding="utf-8")


async def site(scene: Scene) -> None:
    """What the site says of itself."""
    call, me, base = scene.probe.call, scene.me, "/api/v1/instance"
    for path in ("GET /api/v2/instance", f"GET {base}", "GET /health"):
        await call(path, me, token=None)
    for name in ("peers", "activity", "rules", "domain_blocks", "extended_description"):
        await call(f"GET {base}/{name}", me)
    for name in ("privacy_policy", "terms_of_service", "translation_languages"):
        await call(f"GET {base}/{name}", me, token=None)
    await call(f"GET {base}/terms_of_service/:date", me, token=None, date="2030-01-01")
    await call("GET /api/v1/custom_emojis", me, token=None)
    await call("GET /api/v1/streaming/health", me, token=None)


async def refreshes(scene: Scene) -> None:
    """A thread of the other site is completed in the background."""
    post = await arrived(scene.me, await scene.zoe.write("Long ago in Nantes"))
    answer = await scene.me.answer("GET", f"/api/v1/statuses/{post['id']}/context")
    header = answer.headers.get("Mastodon-Async-Refresh", "")
    found = re.search(r'id="(\d+)"', header)
    one = found[1] if found is not None else NO_ID
    path = "GET /api/v1_alpha/async_refreshes/:id"
    scene.probe.require(path, found, f"no header: {header!r}")
    await scene.probe.call(path, scene.me, id=one)


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
