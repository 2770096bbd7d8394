"""Calls about people: profiles, relationships, lists of people, collections, log-in."""

from __future__ import annotations

from typing import Any

from fedrse.features.accounts.service_local import ProfileChanges
from tests.client_api.scene import Scene, upload
from tests.client_api.stage import Person, until

A = "/api/v1/accounts"


async def accounts(scene: Scene) -> None:
    """Profiles and what lists there are of them."""
    call, require, me, bruno = scene.probe.call, scene.probe.require, scene.me, scene.bruno
    own = await call(f"GET {A}/verify_credentials", me)
    profile = {
        "display_name": "Amina :fox:",
        "note": "Rail #gares @bruno",
        "locked": "false",
        "bot": "true",
        "discoverable": "true",
        "hide_collections": "false",
        "indexable": "true",
        "attribution_domains[]": "blog.example",
        "fields_attributes[0][name]": "Site",
        "fields_attributes[0][value]": "https://corp.example/",
        "source[privacy]": "public",
        "source[sensitive]": "false",
        "source[language]": "fr",
        "source[quote_policy]": "public",
    }
    path = f"PATCH {A}/update_credentials"
    await call(path, me, body=upload("avatar", **profile))
    changed = await call(path, me, body=upload("header", **profile))
    source = changed["source"]
    is_so = (
        changed["display_name"] == "Amina :fox:",
        changed["avatar"] != own["avatar"],
        changed["header"] != own["header"],
        changed["bot"],
        changed["indexable"],
        source["note"] == profile["note"],
        source["language"] == "fr",
        source["attribution_domains"] == ["blog.example"],
        changed["fields"][0]["name"] == "Site",
    )
    require(path, all(is_so), f"not all was changed: {is_so}")
    await call(path, me, json={"bot": False})

    for who in (scene.zoe_here, bruno.id, me.id):
        await call(f"GET {A}/:id", me, id=who)
    in_charge = await call(f"GET {A}/:id", me, id=scene.moderator.id)
    roles = [one["name"] for one in in_charge["roles"]]
    require(f"GET {A}/:id", roles == ["Admin"], f"roles are {roles}")
    await call(f"GET {A}/:id", me, token=None, id=bruno.id)
    many = await call(f"GET {A}", me, query={"id[]": [bruno.id, scene.zoe_here, "7"]})
    require(f"GET {A}", len(many) == 2, f"{len(many)} accounts instead of 2")
    for name in ("followers", "following"):
        found = await call(f"GET {A}/:id/{name}", me, id=me.id)
        require(f"GET {A}/:id/{name}", len(found) == 4, f"{len(found)} instead of 4")
    await bruno.post("/api/v1/featured_tags", name="lunch")
    await call(f"GET {A}/:id/featured_tags", me, id=bruno.id)
    await call(f"GET {A}/:id/identity_proofs", me, id=bruno.id)
    for query, name in (({"acct": "bruno"}, "bruno"), ({"acct": scene.zoe.handle}, "zoe")):
        found = await call(f"GET {A}/lookup", me, query=query)
        require(f"GET {A}/lookup", found["username"] == name, "somebody else")
    await _search(scene)


def _registration() -> dict[str, Any]:
    return {
        "username": "eve",
        "email": "eve@mail.test",
        "password": "long enough, really",
        "agreement": True,
        "locale": "en",
        "reason": "I work here",
        "date_of_birth": "1990-01-02",
    }


async def _search(scene: Scene) -> None:
    call, me, name = scene.probe.call, scene.me, f"GET {A}/search"
    found = await call(name, me, query={"q": "bruno"})
    scene.probe.require(name, [one["id"] for one in found] == [scene.bruno.id], "not found")
    handle = scene.zoe.handle
    found = await call(name, me, query={"q": f"@{handle}", "resolve": "true"})
    scene.probe.require(name, found[0]["acct"] == handle, "not resolved")
    await scene.newcomers("bru", 2)
    everybody = await call(name, me, query={"q": "bru", "limit": 40})
    followed = await call(name, me, query={"q": "bru", "limit": 40, "following": "true"})
    second = await call(name, me, query={"q": "bru", "limit": 1, "offset": 1})
    ids = [one["id"] for one in everybody]
    scene.probe.require(name, [one["id"] for one in second] == ids[1:2], "offset or limit")
    is_so = len(ids) == 3 and [one["id"] for one in followed] == [scene.bruno.id]
    scene.probe.require(name, is_so, f"following: {ids}")


async def relationships(scene: Scene) -> None:
    """What one person does to another."""
    call, require, me = scene.probe.call, scene.probe.require, scene.me
    other, there = scene.dario, scene.zoe_here
    wanted = {"reblogs": False, "notify": True, "languages": ["fr"]}
    done = await call(f"POST {A}/:id/follow", me, id=other.id, json=wanted)
    is_so = (done["showing_reblogs"], done["notifying"], done["languages"]) == (False, True, ["fr"])
    require(f"POST {A}/:id/follow", is_so, "options")
    await call(f"POST {A}/:id/note", me, id=there, json={"comment": "Met in Nantes"})
    await call(f"POST {A}/:id/mute", me, id=other.id, json={"duration": 600})
    done = await call(f"POST {A}/:id/mute", me, id=there, json={"notifications": False})
    require(f"POST {A}/:id/mute", not done["muting_notifications"], "notifications")
    await call("GET /api/v1/mutes", me)
    await call(f"POST {A}/:id/unmute", me, id=there)
    await call(f"POST {A}/:id/unmute", me, id=other.id)
    for name in ("block", "unblock"):
        await call(f"POST {A}/:id/{name}", me, id=scene.moderator.id)
    for name in ("endorse", "pin"):
        await call(f"POST {A}/:id/{name}", me, id=other.id)
    await call(f"POST {A}/:id/unpin", me, id=other.id)
    await call(f"POST {A}/:id/unendorse", me, id=other.id)
    for one in scene.friends:
        await me.post(f"{A}/{one.id}/endorse")
    await call("GET /api/v1/endorsements", me)
    await call(f"GET {A}/:id/endorsements", scene.bruno, id=me.id)
    everybody = {"id[]": [there, other.id, "7"], "with_suspended": "true"}
    found = await call(f"GET {A}/relationships", me, query=everybody)
    require(f"GET {A}/relationships", found[0]["note"] == "Met in Nantes", "note")
    await scene.bruno.follow(scene.chloe)
    found = await call(f"GET {A}/familiar_followers", me, query={"id[]": [scene.chloe.id]})
    familiar = [one["id"] for one in found[0]["accounts"]]
    require(f"GET {A}/familiar_followers", familiar == [scene.bruno.id], str(familiar))
    gone, *_ = await scene.newcomers("leaver", 1)
    await gone.follow(me)
    await call(f"POST {A}/:id/remove_from_followers", me, id=gone.id)
    await call(f"POST {A}/:id/unfollow", me, id=gone.id)


async def crowds(scene: Scene) -> None:
    """Lists of people that are long enough for several pages."""
    call, me = scene.probe.call, scene.me
    crowd = await scene.newcomers("crowd", 4)
    for one in crowd:
        await scene.moderator.post(f"{A}/{one.id}/block")
        await scene.moderator.post(f"{A}/{one.id}/mute", duration=600)
    await call("GET /api/v1/blocks", scene.moderator)
    await call("GET /api/v1/mutes", scene.moderator)
    locked = await scene.lyon.person("luc")
    await locked.call("PATCH", f"{A}/update_credentials", json={"locked": True})
    for one in crowd:
        await one.post(f"{A}/{locked.id}/follow")
    await scene.zoe.post(f"{A}/{await scene.zoe.account_id(locked)}/follow")

    async def all_asked() -> bool:
        return len(await locked.get("/api/v1/follow_requests")) == 5

    await until(all_asked)
    await call("GET /api/v1/follow_requests", locked)
    await call("GET /api/v1/notifications", locked, query={"types[]": "follow_request"})
    for name, one in (("authorize", crowd[0]), ("reject", crowd[1])):
        path = f"POST /api/v1/follow_requests/:account_id/{name}"
        await call(path, locked, account_id=one.id)
    for domain in ("one.example", "two.example", "three.example"):
        await call("POST /api/v1/domain_blocks", scene.dario, json={"domain": domain})
    await call("GET /api/v1/domain_blocks", scene.dario)
    await scene.moderator.post("/api/v1/domain_blocks", domain="four.example")
    four = {"domain": "four.example"}
    await call("DELETE /api/v1/domain_blocks", scene.moderator, json=four)
    for order in ("active", "new"):
        query = {"order": order, "local": "true", "limit": 2, "offset": 1}
        await call("GET /api/v1/directory", me, query=query)
    whole = await call("GET /api/v1/directory", me, query={"limit": 40})
    local = await call("GET /api/v1/directory", me, query={"limit": 40, "local": "true"})
    is_so = any("@" in one["acct"] for one in whole) and not any(
        "@" in one["acct"] for one in local
    )
    scene.probe.require("GET /api/v1/directory", is_so, "local")
    for version in ("v1", "v2"):
        await call(f"GET /api/{version}/suggestions", crowd[2], query={"limit": 5})
    path = "DELETE /api/v1/suggestions/:account_id"
    await call(path, crowd[2], account_id=scene.bruno.id)


async def profile(scene: Scene) -> None:
    """The newer profile API."""
    call, person = scene.probe.call, scene.chloe
    await call("GET /api/v1/profile", person)
    wanted = {
        "display_name": "Chloé",
        "note": "Hello",
        "avatar_description": "a red square",
        "header_description": "a wide one",
        "locked": "false",
        "bot": "false",
        "discoverable": "true",
        "hide_collections": "false",
        "indexable": "true",
        "show_media": "true",
        "show_media_replies": "false",
        "show_featured": "true",
        "attribution_domains[]": "blog.example",
        "fields_attributes[0][name]": "Site",
        "fields_attributes[0][value]": "https://corp.example/",
    }
    await call("PATCH /api/v1/profile", person, body=upload("avatar", **wanted))
    changed = await call("PATCH /api/v1/profile", person, body=upload("header", **wanted))
    is_so = (
        changed["avatar_description"] == "a red square",
        changed["header_description"] == "a wide one",
        changed["show_media_replies"] is False,
        changed["attribution_domains"] == ["blog.example"],
        changed["fields"][0]["name"] == "Site",
    )
    scene.probe.require("PATCH /api/v1/profile", all(is_so), f"not all was changed: {is_so}")
    await call("DELETE /api/v1/profile/avatar", person)
    await call("DELETE /api/v1/profile/header", person)


async def collections(scene: Scene) -> None:
    """Collections of people."""
    call, me, base = scene.probe.call, scene.me, "/api/v1/collections"
    wanted = {
        "name": "Team",
        "description": "Ask them",
        "language": "fr",
        "tag_name": "gares",
        "sensitive": False,
        "discoverable": True,
        "account_ids": [scene.bruno.id],
    }
    made = (await call(f"POST {base}", me, json=wanted))["collection"]
    is_so = made["tag"]["name"] == "gares" and made["item_count"] == 1 and made["language"] == "fr"
    scene.probe.require(f"POST {base}", is_so, "not as wanted")
    await call(f"GET {base}/:id", me, id=made["id"])
    wanted.pop("account_ids")
    wanted["name"] = "Crew"
    changed = await call(f"PATCH {base}/:id", me, id=made["id"], json=wanted)
    scene.probe.require(f"PATCH {base}/:id", changed["collection"]["name"] == "Crew", "name")
    one = {"collection_id": made["id"]}
    new = {"account_id": scene.chloe.id}
    item = (await call(f"POST {base}/:collection_id/items", me, json=new, **one))["collection_item"]
    path = "GET /api/v1/:account_id/collections"
    await me.post(base, name="Second")
    await call(path, me, account_id=me.id, query={"limit": 1, "offset": 1})
    path = "GET /api/v1/:account_id/in_collections"
    await call(path, scene.chloe, account_id=scene.chloe.id, query={"limit": 1, "offset": 0})
    found = await call("GET /api/v1/notifications", scene.chloe)
    is_so = any("collection" in one for one in found)
    scene.probe.require("GET /api/v1/notifications", is_so, "nobody is told of a collection")
    await _unknown_kind(scene)
    path = f"POST {base}/:collection_id/items/:id/revoke"
    await call(path, scene.chloe, id=item["id"], **one)
    left = (await me.get(f"{base}/{made['id']}"))["collection"]["items"][0]
    await call(f"DELETE {base}/:collection_id/items/:id", me, id=left["id"], **one)
    await call(f"DELETE {base}/:id", me, id=made["id"])


async def mail(scene: Scene) -> None:
    """Somebody without an account wants posts by mail; the account says that they can be had."""
    name, me, site = "POST /api/v1/accounts/:id/email_subscriptions", scene.me, scene.lyon.site
    agreed = ProfileChanges(by_mail=True)
    await site.ground.database.write(site.services.accounts.update_profile, int(me.id), agreed)
    account = await scene.probe.call("GET /api/v1/accounts/:id", me, id=me.id)
    scene.probe.require(name, account["email_subscriptions"], "the account does not say so")
    wanted = {"email": "reader@elsewhere.example"}
    await scene.probe.call(name, me, id=me.id, json=wanted)


async def _unknown_kind(scene: Scene) -> None:
    """What an app gets that knows mentions only."""
    knows = {"supported_types[]": "mention"}
    for path, listed in (
        ("GET /api/v1/notifications", None),
        ("GET /api/v2/notifications", "notification_groups"),
    ):
        answer = await scene.probe.call(path, scene.chloe, query=knows)
        found = answer if listed is None else answer[listed]
        is_so = any("fallback" in one for one in found)
        scene.probe.require(path, is_so, "no fallback for an unknown kind")


async def log_in(scene: Scene) -> None:
    """Applications and tokens; the consent page has its tests elsewhere."""
    call, me = scene.probe.call, scene.me
    wanted = {
        "client_name": "Script",
        "redirect_uris": "urn:ietf:wg:oauth:2.0:oob",
        "scopes": "read write",
        "website": "https://app.example/",
    }
    app = await call("POST /api/v1/apps", me, token=None, json=wanted)
    credentials = {"client_id": app["client_id"], "client_secret": app["client_secret"]}
    asked = credentials | {"grant_type": "client_credentials", "scope": "read"}
    token = await call("POST /oauth/token", me, token=None, json=asked)
    of_app = Person(me.stage, "0", "", "app", token["access_token"])
    await call("GET /api/v1/apps/verify_credentials", of_app)
    code = {
        "grant_type": "authorization_code",
        "code": "wrong",
        "redirect_uri": "urn:ietf:wg:oauth:2.0:oob",
        "code_verifier": "x" * 43,
    }
    await call("POST /oauth/token", me, token=None, json=credentials | code, status=400)
    await call("GET /oauth/userinfo", me)
    await call("GET /.well-known/oauth-authorization-server", me, token=None)
    page = {
        "response_type": "code",
        "client_id": app["client_id"],
        "redirect_uri": "urn:ietf:wg:oauth:2.0:oob",
        "scope": "read",
        "state": "x",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
        "force_login": "true",
        "lang": "fr",
    }
    # The page asks for the password first.
    await call("GET /oauth/authorize", me, token=None, query=page)
    gone = credentials | {"token": token["access_token"]}
    await call("POST /oauth/revoke", me, token=None, json=gone)
    asked = credentials | {"grant_type": "client_credentials", "scope": "read write"}
    token = await call("POST /oauth/token", me, token=None, json=asked)
    of_app = Person(me.stage, "0", "", "app", token["access_token"])
    made = await call(f"POST {A}", of_app, json=_registration())
    newcomer = Person(me.stage, "0", "", "eve", made["access_token"])
    email = {"email": "eve.new@mail.test"}
    await call("POST /api/v1/emails/confirmations", newcomer, json=email)
