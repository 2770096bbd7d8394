"""Calls about what people set: filters, lists, markers, push, reports."""

from __future__ import annotations

from tests.client_api.calls_notices import N1, N2
from tests.client_api.scene import Scene
from tests.features.push.receiver import PushKeys

F2 = "/api/v2/filters"


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
