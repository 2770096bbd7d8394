"""The statuses API over a real socket: codes, sentences, shapes."""

from __future__ import annotations

from typing import Any

import pytest

from fedrse.core.clock import MINUTE
from fedrse.features.posts.model import Audience, Visibility
from tests.features.posts.api_client import BASE, Client
from tests.features.posts.studio import MEMBER, Studio
from tests.features.surface import Surface


async def test_posting(
    studio: Studio, where: Surface, looked_up: list[list[tuple[str, str]]]
) -> None:
    amina = await studio.cast.local("amina")
    me = Client(where, amina)
    status = await me.post(
        BASE,
        status=f"Bonjour @chloe@{MEMBER}",
        visibility="unlisted",
        language="fr",
        spoiler_text="cw",
    )
    assert (status["visibility"], status["audience"]) == ("unlisted", "network")
    assert (status["spoiler_text"], status["sensitive"], status["language"]) == ("cw", True, "fr")
    assert looked_up == [[("chloe", MEMBER)]]
    extended = await me.post(BASE, status="x", audience="public", content_type="text/markdown")
    assert extended["audience"] == "public"
    local = await me.post(BASE, status="x", local_only="true")
    assert (local["audience"], local["local_only"], local["visibility"]) == (
        "site",
        True,
        "private",
    )
    reply = await me.post(BASE, status="y", in_reply_to_id=status["id"])
    assert reply["in_reply_to_id"] == status["id"]
    form = await me.call("POST", BASE, data={"status": "form", "sensitive": "", "poll": ""})
    assert form[0] == 200
    only_warning = await me.post(BASE, status="", spoiler_text="texte")
    assert (only_warning["content"], only_warning["spoiler_text"]) == ("<p>texte</p>", "")


@pytest.mark.parametrize(
    "draft",
    [
        {"status": "texte"},
        {"status": "à @bob et #Projet", "language": "fr"},
        {"status": "à @bob", "visibility": "direct"},
        {"status": "**x**", "content_type": "text/markdown", "spoiler_text": "cw"},
        {"status": "x", "visibility": "private"},
    ],
)
async def test_the_answer_is_what_is_read_later(
    studio: Studio, where: Surface, draft: dict[str, Any]
) -> None:
    await studio.cast.local("bob")
    me = Client(where, await studio.cast.local("amina"))
    answer = await me.post(BASE, **draft)
    studio.posts.fragments._pieces.forget_all()
    assert await me.get(f"{BASE}/{answer['id']}") == answer
    first = (await me.post(BASE, status="y"))["account"]["statuses_count"]
    assert first == answer["account"]["statuses_count"] + 1


async def test_the_idempotency_key(studio: Studio, where: Surface) -> None:
    me = Client(where, await studio.cast.local("amina"))
    headers = {"Idempotency-Key": "abc"}
    first = await me.call("POST", BASE, json={"status": "x"}, headers=headers)
    again = await me.call("POST", BASE, json={"status": "x"}, headers=headers)
    assert first[0] == again[0] == 200
    assert first[1]["id"] == again[1]["id"]


@pytest.mark.parametrize(
    ("data", "code", "sentence"),
    [
        ({}, 422, "Validation failed: Text can't be blank"),
        ({"status": "x" * 501}, 422, "Validation failed: Text character limit of 500 exceeded"),
        (
            {"status": "x", "visibility": "secret"},
            422,
            "Validation failed: Visibility is not included in the list",
        ),
        (
            {"status": "x", "audience": "all"},
            422,
            "Validation failed: Audience is not included in the list",
        ),
        (
            {"status": "x", "in_reply_to_id": "1"},
            404,
            "The post you are trying to reply to does not appear to exist.",
        ),
        (
            {"status": "x", "in_reply_to_id": "abc"},
            404,
            "The post you are trying to reply to does not appear to exist.",
        ),
        (
            {"status": "x", "media_ids": ["12"]},
            422,
            "An attachment does not exist or is used already",
        ),
        (
            {"status": "x", "scheduled_at": "2030-01-01T00:00:00Z"},
            422,
            "Validation failed: Scheduled posts are not available",
        ),
        (
            {"status": "x", "poll": {"options": ["a", "b"], "expires_in": 300}},
            422,
            "Validation failed: Polls are not available",
        ),
    ],
)
async def test_what_cannot_be_posted(
    studio: Studio, where: Surface, data: dict[str, Any], code: int, sentence: str
) -> None:
    me = Client(where, await studio.cast.local("amina"))
    status, body = await me.call("POST", BASE, json=data)
    assert (status, body["error"]) == (code, sentence)
    assert studio.outbox.sent == []


async def test_everything_needs_a_login(studio: Studio, where: Surface) -> None:
    amina = await studio.cast.local("amina")
    post = await studio.write(amina, audience=Audience.PUBLIC)
    nobody = Client(where, None)
    one = f"{BASE}/{post.id}"
    for method, path in [
        ("POST", BASE),
        ("GET", one),
        ("PUT", one),
        ("DELETE", one),
        ("GET", f"{one}/context"),
        ("GET", f"{one}/source"),
        ("GET", f"{one}/history"),
        ("GET", f"{one}/reblogged_by"),
        ("POST", f"{one}/reblog"),
        ("POST", f"{one}/bookmark"),
        ("POST", f"{one}/pin"),
        ("GET", "/api/v1/bookmarks"),
        ("GET", f"/api/v1/accounts/{amina.id}/statuses"),
        # What does not exist looks the same.
        ("GET", f"{BASE}/1"),
        ("GET", "/api/v1/accounts/1/statuses"),
    ]:
        status, body = await nobody.call(method, path)
        assert (status, "error" in body) == (401, True), (method, path)
    assert await nobody.get(f"{BASE}?id[]={post.id}") == []


async def test_ids_that_are_none_and_posts_of_others(studio: Studio, where: Surface) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    secret = await studio.write(amina, visibility=Visibility.DIRECT)
    public = await studio.write(amina)
    me = Client(where, bruno)
    for identifier in ("abc", "-1", "99999999999999999999", "1", str(secret.id)):
        for method, tail in (
            ("GET", ""),
            ("GET", "/context"),
            ("GET", "/history"),
            ("GET", "/source"),
            ("POST", "/reblog"),
            ("POST", "/bookmark"),
            ("POST", "/mute"),
            ("POST", "/pin"),
            ("DELETE", ""),
        ):
            status, body = await me.call(method, f"{BASE}/{identifier}{tail}")
            assert (status, body["error"]) == (404, "Record not found"), (identifier, tail)
    for method, tail in (("DELETE", ""), ("GET", "/source"), ("PUT", "")):
        status, _ = await me.call(method, f"{BASE}/{public.id}{tail}", json={"status": "x"})
        assert status == 404
    assert await studio.get(public.id) == public


async def test_editing_source_and_history(studio: Studio, where: Surface) -> None:
    amina = await studio.cast.local("amina")
    me = Client(where, amina)
    first = await me.post(BASE, status="**un**", content_type="text/markdown", spoiler_text="cw")
    one = f"{BASE}/{first['id']}"
    assert await me.get(f"{one}/source") == {
        "id": first["id"],
        "text": "**un**",
        "spoiler_text": "cw",
        "content_type": "text/markdown",
    }
    studio.clock.advance(MINUTE)
    status, body = await me.call("PUT", one, json={"status": "deux", "spoiler_text": ""})
    assert status == 200
    assert (body["content"], body["spoiler_text"]) == ("<p>deux</p>", "")
    history = await me.get(f"{one}/history")
    assert [version["content"] for version in history] == [
        "<p><strong>un</strong></p>",
        "<p>deux</p>",
    ]
    assert history[0]["account"]["id"] == str(amina.id)
    assert set(history[0]) >= {"created_at", "sensitive", "media_attachments", "emojis"}
    status, body = await me.call("PUT", one, json={"status": " "})
    assert (status, body["error"]) == (422, "Validation failed: Text can't be blank")
    status, body = await me.call(
        "PUT", f"{one}/interaction_policy", json={"quote_approval_policy": "nobody"}
    )
    assert body["quote_approval"]["automatic"] == []


async def test_deleting_gives_the_source_back(studio: Studio, where: Surface) -> None:
    me = Client(where, await studio.cast.local("amina"))
    first = await me.post(BASE, status="Texte *tel quel*")
    status, body = await me.call("DELETE", f"{BASE}/{first['id']}")
    assert (status, body["text"], body["id"]) == (200, "Texte *tel quel*", first["id"])
    assert (await me.call("GET", f"{BASE}/{first['id']}"))[0] == 404
    assert (await me.call("DELETE", f"{BASE}/{first['id']}"))[0] == 404


async def test_actions_answer_with_the_status(studio: Studio, where: Surface) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    post = await studio.write(amina)
    me, author = Client(where, bruno), Client(where, amina)
    one = f"{BASE}/{post.id}"
    boost = await me.post(f"{one}/reblog")
    assert (boost["reblog"]["id"], boost["reblog"]["reblogged"]) == (str(post.id), True)
    assert (await me.post(f"{one}/reblog"))["id"] == boost["id"]
    assert (await me.post(f"{BASE}/{boost['id']}/bookmark"))["id"] == str(post.id)
    assert (await me.post(f"{one}/mute"))["muted"] is True
    assert (await me.post(f"{one}/unmute"))["muted"] is False
    assert (await me.post(f"{one}/bookmark"))["bookmarked"] is True
    assert (await me.post(f"{one}/unbookmark"))["bookmarked"] is False
    undone = await me.post(f"{one}/unreblog")
    assert (undone["id"], undone["reblogged"], undone["reblogs_count"]) == (str(post.id), False, 0)
    assert (await author.post(f"{one}/pin"))["pinned"] is True
    assert (await author.post(f"{one}/unpin"))["pinned"] is False
    status, body = await me.call("POST", f"{one}/pin")
    assert (status, body["error"]) == (
        422,
        "Validation failed: Someone else's post cannot be pinned",
    )
    private = await studio.write(amina, visibility=Visibility.PRIVATE)
    await studio.follow(bruno, amina)
    status, body = await me.call("POST", f"{BASE}/{private.id}/reblog")
    assert (status, body["error"]) == (403, "This action is not allowed")
