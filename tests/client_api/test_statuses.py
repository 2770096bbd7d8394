"""Statuses over the API of a whole site, each answer compared with the documentation."""

from __future__ import annotations

import io
from typing import Any

from aiohttp import FormData
from PIL import Image

from tests.client_api.scene import upload
from tests.client_api.stage import Stage, until

BASE = "/api/v1/statuses"


async def test_several_history_and_source(stage: Stage) -> None:
    me, other = await stage.people("amina", "bruno")
    first = await me.write("one", spoiler_text="hm", language="fr")
    second = await me.write("two", poll={"options": ["a", "b"], "expires_in": 600})
    hidden = await me.write("three", visibility="private")
    ids = [hidden["id"], second["id"], first["id"], "7", "x"]
    found = await other.get(BASE, **{"id[]": ids})
    assert {one["id"] for one in found} == {first["id"], second["id"]}
    for number in range(2):
        changed = {"status": f"one {number}", "spoiler_text": "hm"}
        await me.call("PUT", f"{BASE}/{first['id']}", json=changed)
    history = await other.get(f"{BASE}/{first['id']}/history")
    assert ["one" in one["content"] for one in history] == [True] * 3
    assert history[0]["created_at"] < history[2]["created_at"]
    source = await me.get(f"{BASE}/{first['id']}/source")
    assert (source["text"], source["spoiler_text"]) == ("one 1", "hm")
    assert (await other.answer("GET", f"{BASE}/{hidden['id']}")).status == 404


async def test_the_history_names_no_file_that_is_gone(stage: Stage) -> None:
    me, other = await stage.people("amina", "bruno")
    kept, gone = [await me.call("POST", "/api/v2/media", data=upload()()) for _ in range(2)]
    ids = [kept["id"], gone["id"]]
    post = await me.write("two", media_ids=ids)
    await me.call("PUT", f"{BASE}/{post['id']}", json={"status": "one", "media_ids": ids[:1]})
    before, now = await other.get(f"{BASE}/{post['id']}/history")
    assert (await stage.answer("GET", gone["url"])).status == 404
    for version in (before, now):
        assert [file["id"] for file in version["media_attachments"]] == [kept["id"]]
        assert (await stage.answer("GET", version["media_attachments"][0]["url"])).status == 200


async def test_a_language_that_is_none_is_not_said(stage: Stage) -> None:
    """The one that the author set counts, as in Mastodon; what is no language cannot be set."""
    me, other = await stage.people("amina", "bruno")
    profile = "/api/v1/accounts/update_credentials"
    await me.call("PATCH", profile, json={"source": {"language": "FR_ca"}})
    for said, expected in (("klingonese", "fr-CA"), ("", "fr-CA"), ("pt_br", "pt-BR")):
        post = await me.write("bom dia", language=said)
        assert post["language"] == expected
    changed = {"status": "bonjour", "language": "klingonese"}
    assert (await me.call("PUT", f"{BASE}/{post['id']}", json=changed))["language"] == "pt-BR"
    found = await me.call("PATCH", profile, json={"source": {"language": "klingonese"}})
    assert found["source"]["language"] is None
    follow = f"/api/v1/accounts/{other.id}/follow"
    assert (await me.post(follow, languages=["en_us", "fr"]))["languages"] == ["en-US", "fr"]
    assert (await me.answer("POST", follow, json={"languages": ["klingonese"]})).status == 422


async def test_marks_and_lists(stage: Stage) -> None:
    me, other = await stage.people("amina", "bruno")
    posts = [await me.write(f"post {number}") for number in range(5)]
    for action, path in (("bookmark", "bookmarks"), ("favourite", "favourites")):
        for one in posts:
            done = await other.post(f"{BASE}/{one['id']}/{action}")
            assert done[f"{action}ed" if action == "bookmark" else "favourited"] is True
        seen: list[str] = []
        address = f"/api/v1/{path}?limit=2"
        while True:
            answer = await other.answer("GET", address)
            if not answer.body:
                break
            seen += [one["id"] for one in answer.body]
            address = answer.links()["next"]
        assert seen == [one["id"] for one in reversed(posts)]
        undone = await other.post(f"{BASE}/{posts[0]['id']}/un{action}")
        assert undone[f"{action}ed" if action == "bookmark" else "favourited"] is False
    one = f"{BASE}/{posts[1]['id']}"
    assert [person["id"] for person in await me.get(f"{one}/favourited_by")] == [other.id]
    boost = await other.post(f"{one}/reblog")
    assert boost["reblog"]["id"] == posts[1]["id"]
    assert (await other.post(f"{one}/reblog"))["id"] == boost["id"]
    assert [person["id"] for person in await me.get(f"{one}/reblogged_by")] == [other.id]
    assert (await other.post(f"{one}/unreblog"))["reblogged"] is False
    assert (await me.post(f"{one}/mute"))["muted"] is True
    assert (await me.post(f"{one}/unmute"))["muted"] is False
    assert (await me.post(f"{one}/pin"))["pinned"] is True
    pinned = await other.get(f"/api/v1/accounts/{me.id}/statuses", pinned="true")
    assert [found["id"] for found in pinned] == [posts[1]["id"]]
    assert (await other.answer("POST", f"{one}/pin")).status in (404, 422)
    assert (await me.post(f"{one}/unpin"))["pinned"] is False


async def test_quotes(stage: Stage) -> None:
    me, other = await stage.people("amina", "bruno")
    post = await me.write("Bonjour")
    quote = await other.write("Look", quoted_status_id=post["id"])
    assert quote["quote"]["state"] == "accepted"
    assert quote["quote"]["quoted_status"]["id"] == post["id"]
    quotes = await me.get(f"{BASE}/{post['id']}/quotes")
    assert [one["id"] for one in quotes] == [quote["id"]]
    revoked = await me.post(f"{BASE}/{post['id']}/quotes/{quote['id']}/revoke")
    assert revoked["quote"]["state"] == "revoked"
    assert revoked["quote"]["quoted_status"] is None
    path = f"{BASE}/{post['id']}/interaction_policy"
    denied = await me.call("PUT", path, json={"quote_approval_policy": "nobody"})
    assert denied["quote_approval"]["automatic"] == []
    refused = await other.answer("POST", BASE, json={"status": "x", "quoted_status_id": post["id"]})
    assert refused.status == 422
    wrong = await me.answer("PUT", path, json={"quote_approval_policy": "strangers"})
    assert wrong.status == 422


async def test_once_only_and_redraft(stage: Stage) -> None:
    me = await stage.person("amina")
    key = {"Idempotency-Key": "abc"}
    first = await me.call("POST", BASE, json={"status": "once"}, headers=key)
    again = await me.call("POST", BASE, json={"status": "once"}, headers=key)
    assert first["id"] == again["id"]
    gone = await me.call("DELETE", f"{BASE}/{first['id']}?delete_media=true")
    assert gone["text"] == "once"
    assert (await me.answer("GET", f"{BASE}/{first['id']}")).status == 404


async def test_an_edit_takes_away_what_is_not_sent(stage: Stage) -> None:
    """Some apps send nothing instead of an empty warning."""
    me = await stage.person("amina")
    post = await me.write("Bonjour", spoiler_text="Careful", language="fr")
    path = f"{BASE}/{post['id']}"
    edited = await me.call("PUT", path, json={"status": "Bonjour", "spoiler_text": "Still"})
    assert (edited["spoiler_text"], edited["sensitive"]) == ("Still", True)
    edited = await me.call("PUT", path, json={"status": "Bonjour"})
    assert (edited["spoiler_text"], edited["sensitive"]) == ("", False)
    assert edited["language"] == "fr"
    # A warning without a text is the text, as in a new post.
    edited = await me.call("PUT", path, json={"status": "", "spoiler_text": "Only this"})
    assert (edited["spoiler_text"], edited["content"]) == ("", "<p>Only this</p>")
    hidden = await me.call("PUT", path, data={"status": "Bonsoir", "sensitive": "true"})
    assert (hidden["spoiler_text"], hidden["sensitive"]) == ("", True)


async def test_an_edit_reaches_people_whom_nobody_here_knew(two: list[Stage]) -> None:
    lyon, nantes = two
    me, zoe = await lyon.person("amina"), await nantes.person("zoe")
    post = await me.write("Bonjour")
    change = {"status": f"Bonjour @{zoe.handle}"}
    edited = await me.call("PUT", f"{BASE}/{post['id']}", json=change)
    assert [one["acct"] for one in edited["mentions"]] == [zoe.handle]


async def test_no_translation(stage: Stage) -> None:
    me = await stage.person("amina")
    post = await me.write("Bonjour")
    answer = await me.answer("POST", f"{BASE}/{post['id']}/translate", json={"lang": "en"})
    assert (answer.status, answer.body["error_code"]) == (404, "translation_missing")
    instance = await me.get("/api/v2/instance")
    assert instance["configuration"]["translation"]["enabled"] is False
    assert await me.get("/api/v1/instance/translation_languages") == {}


async def test_embedding_shows_nothing_that_visitors_do_not_see(stage: Stage) -> None:
    me = await stage.person("amina")
    post = await me.write("Bonjour", visibility="public")
    for address in (post["url"], "https://elsewhere.example/@amina/7", "", f"{post['url']}x"):
        answer = await stage.answer("GET", "/api/oembed", query={"url": address})
        assert answer.status == 404


async def test_a_thread_is_refreshed_in_the_background(two: list[Stage]) -> None:
    lyon, nantes = two
    me, other = await lyon.person("amina"), await nantes.person("bruno")
    post = await me.write("Bonjour")
    there = await other.find_status(post["uri"])
    answer = await other.answer("GET", f"{BASE}/{there['id']}/context")
    header = answer.headers["Mastodon-Async-Refresh"]
    assert header.endswith(", retry=2, result_count=0")
    identifier = header.split('"')[1]
    path = f"/api/v1_alpha/async_refreshes/{identifier}"

    async def finished() -> Any:
        found = await other.get(path)
        return found["async_refresh"]["status"] == "finished"

    await until(finished)
    # It was just done: nothing begins.
    again = await other.answer("GET", f"{BASE}/{there['id']}/context")
    assert "Mastodon-Async-Refresh" not in again.headers
    assert (await other.answer("GET", "/api/v1_alpha/async_refreshes/7")).status == 404
    for person in (me, other):
        context = await person.get(f"{BASE}/{post['id'] if person is me else there['id']}/context")
        assert context == {"ancestors": [], "descendants": []}


async def test_redraft_with_a_picture(stage: Stage) -> None:
    me, other = await stage.people("amina", "bruno")
    picture = io.BytesIO()
    Image.new("RGB", (60, 40), (10, 120, 200)).save(picture, "PNG")
    form = FormData()
    form.add_field("file", picture.getvalue(), filename="x.png", content_type="image/png")
    form.add_field("description", "blue")
    media = await me.call("POST", "/api/v2/media", data=form)
    post = await me.write("Look", media_ids=[media["id"]])
    (old,) = post["media_attachments"]
    gone = await me.call("DELETE", f"{BASE}/{post['id']}")
    assert (gone["text"], gone["media_attachments"][0]["id"]) == ("Look", media["id"])
    # The old address is dead, the file is there for its owner.
    kept = await me.get(f"/api/v1/media/{media['id']}")
    assert (kept["description"], kept["url"] != old["url"]) == ("blue", True)

    async def moved() -> Any:
        old_file = await stage.answer("GET", old["url"])
        new_file = await stage.answer("GET", kept["url"])
        return (old_file.status, new_file.status) == (404, 200)

    await until(moved)
    again = await me.write("Look here", media_ids=[media["id"]])
    (attached,) = again["media_attachments"]
    assert (attached["id"], attached["url"]) == (media["id"], kept["url"])
    assert (await other.answer("GET", f"/api/v1/media/{media['id']}")).status == 404
    await me.call("DELETE", f"{BASE}/{again['id']}?delete_media=true")
    assert (await me.answer("GET", f"/api/v1/media/{media['id']}")).status == 404
