"""What few may read shows up nowhere else: every route is asked by everybody who may not.

The routes are those of the router, whatever they are for: the API, pages, documents for other
sites, files. People of the site of the author and of another one ask, with a token and, for pages,
with a session.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientWebSocketResponse, FormData, WSMsgType
from PIL import Image

from fedrse.http.routes import Route, Surface
from fedrse.store.database import Transaction
from tests.client_api.all_routes import Target, all_targets
from tests.client_api.scene import arrived
from tests.client_api.stage import Person, Stage, until

EVERYWHERE = frozenset(Surface)
SEARCHED = "zebrafish"  # what everybody looks for
SECRET = "xylophone"  # what stands beside it, and is never sent by those who look
STREAMS = ("user", "user:notification", "public", "public:local", "public:remote", "direct")


@dataclass
class Viewer:
    """Somebody who looks at everything on a site."""

    person: Person
    cookie: str = ""
    heard: list[str] = field(default_factory=list)

    @property
    def stage(self) -> Stage:
        return self.person.stage

    async def look(self, route: Route, path: str, query: Mapping[str, Any]) -> str:
        """Whatever the answer says, headers included."""
        is_page = route.surface in (Surface.PAGE, Surface.MEDIA)
        headers = {"Cookie": self.cookie} if is_page and self.cookie else {}
        if route.surface is Surface.ACTIVITYPUB:
            headers["Accept"] = "application/activity+json"
        token = self.person.token if not is_page else ""
        answer = await self.stage.answer(
            "GET", path, token=token or None, query=query, headers=headers, check=False
        )
        body = answer.body
        text = body.decode(errors="replace") if isinstance(body, bytes) else json.dumps(body)
        return f"{answer.headers}{text}"


async def _viewer(person: Person) -> Viewer:
    """With a session, too, as if the person had signed in."""
    sessions = person.stage.site.services.access.sessions

    async def start(tx: Transaction) -> Any:
        return await sessions.start(tx, int(person.id), user_agent="x", address="127.0.0.1")

    started = await person.stage.site.ground.database.write(start)
    name = person.stage.site.frame.site.cookies.session
    return Viewer(person, f"{name}={started.cookie}")


async def _media(person: Person) -> str:
    picture = io.BytesIO()
    Image.new("RGB", (40, 40), (1, 2, 3)).save(picture, "PNG")
    form = FormData()
    form.add_field("file", picture.getvalue(), filename="x.png", content_type="image/png")
    form.add_field("description", f"{SEARCHED} {SECRET} picture")
    media = await person.call("POST", "/api/v2/media", data=form)
    return str(media["id"])


async def _secrets(author: Person, friend: Person) -> list[dict[str, Any]]:
    """Posts for followers, for one person, for nobody else; marked, liked, shared, edited."""
    words = f"{SEARCHED} {SECRET}"
    letter = await author.write(f"@{friend.username} {words} letter", visibility="direct")
    picture = await _media(author)
    private = await author.write(
        f"{words} for followers #lunch #{SECRET}tag", visibility="private", media_ids=[picture]
    )
    poll = await author.write(
        f"{words} poll",
        visibility="private",
        spoiler_text=f"{words} warning",
        poll={"options": [f"{words} a", "b"], "expires_in": 600},
    )
    for one in (letter, private, poll):
        for action in ("favourite", "bookmark"):
            await friend.post(f"/api/v1/statuses/{one['id']}/{action}")
    await author.post(f"/api/v1/statuses/{private['id']}/pin")
    await author.post(f"/api/v1/statuses/{private['id']}/reblog")
    change = {"status": f"{words} changed #lunch #{SECRET}tag", "media_ids": [picture]}
    await author.call("PUT", f"/api/v1/statuses/{private['id']}", json=change)
    answer = await friend.write(
        f"@{author.username} {words} answer", in_reply_to_id=private["id"], visibility="private"
    )
    scheduled = {"status": words, "scheduled_at": "2099-01-01T00:00:00Z"}
    await author.answer("POST", "/api/v1/statuses", json=scheduled, check=False)
    for path, body in (
        ("/api/v1/lists", {"title": words}),
        ("/api/v2/filters", {"title": words, "context": ["home"]}),
        (f"/api/v1/accounts/{friend.id}/note", {"comment": words}),
        ("/api/v1/reports", {"account_id": friend.id, "comment": words}),
    ):
        await author.call("POST", path, json=body)
    return [letter, private, poll, answer]


def _query(path: str, base_url: str, username: str, ids: list[str]) -> dict[str, Any]:
    """Parameters that make routes say as much as they can."""
    return {
        "q": SEARCHED if "search" in path else username,
        "url": f"{base_url}/@{username}/{ids[1]}",
        "resource": f"acct:{username}@lyon.test",
        "uri": f"{base_url}/ap/p/{ids[1]}",
        "acct": username,
        "id[]": ids,
        "with_dismissed": "true",
        "include_filtered": "true",
        "tag": "lunch",
    }


async def _walk(viewer: Viewer, ids: list[str], handle: str) -> tuple[list[str], int]:
    """Where the secret was told, and how many routes were asked."""
    found, asked = [], 0
    names = {"handle": handle, "username": handle, "hashtag": "lunch", "name": "lunch"}
    for target in all_targets(viewer.stage, surfaces=EVERYWHERE):
        if target.method != "GET" or target.path == "/logout":
            continue
        asked += 1
        query = _query(target.path, viewer.stage.base_url, handle, ids)
        for path in sorted({_filled(target, names, one) for one in ids}):
            for more in ({}, {"pinned": "true"}) if path.endswith("/statuses") else ({},):
                text = await viewer.look(target.route, path, query | more)
                if SECRET in text:
                    place = text.index(SECRET)
                    found.append(f"{target.name} {path}: {text[max(0, place - 200) : place + 60]}")
    return found, asked


def _filled(target: Target, names: Mapping[str, str], value: str) -> str:
    path = target.path
    for name, given in names.items():
        path = path.replace(f"{{{name}}}", given)
    return (
        target.filled(value)
        if path == target.path
        else Target("", path, target.route, ()).filled(value)
    )


@asynccontextmanager
async def _listening(viewers: list[Viewer]) -> AsyncIterator[list[ClientWebSocketResponse]]:
    """All streams of these people, each over one connection."""
    sockets = []
    for one in viewers:
        address = f"{one.stage.base_url}/api/v1/streaming?access_token={one.person.token}"
        socket = await one.stage.client.ws_connect(address)
        for name in STREAMS:
            await socket.send_json({"type": "subscribe", "stream": name})
        for name in ("hashtag", "hashtag:local"):
            await socket.send_json({"type": "subscribe", "stream": name, "tag": "lunch"})
        sockets.append(socket)
    try:
        yield sockets
    finally:
        for socket in sockets:
            await socket.close()


async def _hear(viewer: Viewer, socket: ClientWebSocketResponse, until_text: str) -> None:
    """Everything up to a post that everybody hears of."""
    while not any(until_text in one for one in viewer.heard):
        message = await socket.receive(timeout=20)
        assert message.type is WSMsgType.TEXT
        viewer.heard.append(message.data)


async def test_nothing_leaks(two: list[Stage]) -> None:
    lyon, nantes = two
    author, friend, stranger, blocked = await lyon.people("amina", "bruno", "chloe", "dario")
    far_friend, far_stranger = await nantes.people("yves", "zoe")
    await friend.follow(author)
    there = await far_friend.follow(author)
    await far_stranger.account_id(author)
    await author.post(f"/api/v1/accounts/{blocked.id}/block")
    viewers = [await _viewer(one) for one in (friend, stranger, blocked, far_friend, far_stranger)]
    viewers += [Viewer(Person(stage, "0", "", "nobody", "")) for stage in two]
    signed_in = viewers[:5]
    async with _listening(signed_in) as sockets:
        secrets = await _secrets(author, friend)
        known = [await arrived(far_friend, one) for one in secrets[1:3]]
        # Those who are blocked hear of this, too.
        await stranger.write("Everybody hears of this #lunch")
        await far_stranger.write("And of that #lunch")
        for viewer, socket in zip(signed_in, sockets, strict=True):
            last = "And of that" if viewer.stage is nantes else "Everybody hears"
            await _hear(viewer, socket, last)
    ids = {
        lyon.base_url: [*(one["id"] for one in secrets), secrets[2]["poll"]["id"]],
        nantes.base_url: [*(one["id"] for one in known), known[1]["poll"]["id"]],
    }
    media = secrets[1]["media_attachments"][0]["id"]
    ids[lyon.base_url] += [media, author.id, friend.id]
    ids[nantes.base_url] += [there, far_friend.id]
    leaks: list[str] = []
    for viewer in viewers:
        handle = author.username if viewer.stage is lyon else author.handle
        found, asked = await _walk(viewer, ids[viewer.stage.base_url], handle)
        assert asked > 140
        told = [text for text in viewer.heard if SECRET in text]
        if viewer.person in (friend, far_friend):
            # The walk does meet them: who may read them finds them on many ways.
            assert len(found) >= 12, found
            assert told, viewer.person.username
            assert any(" /@" in one or " /home" in one for one in found), "no page shows it"
        else:
            who = f"{viewer.person.username} of {viewer.stage.domain}"
            leaks += [f"{who} finds it: {one}" for one in found]
            leaks += [f"{who} hears of it: {one[:300]}" for one in told]
    assert not leaks, f"{len(leaks)} leaks:\n" + "\n".join(leaks[:20])


async def test_missing_and_forbidden_look_the_same(stage: Stage) -> None:
    """For a stranger, what is not theirs to see answers as what does not exist, on every route."""
    author, friend, stranger = await stage.people("amina", "bruno", "chloe")
    await friend.follow(author)
    secrets = await _secrets(author, friend)
    viewers = [await _viewer(stranger), Viewer(Person(stage, "0", "", "nobody", ""))]
    unknown = str(int(secrets[0]["id"]) + 1)
    different = []
    for target in all_targets(stage, surfaces=EVERYWHERE):
        if target.method != "GET" or "{" not in target.path:
            continue
        for viewer in viewers:
            texts = [
                _plain(await viewer.look(target.route, _filled(target, {}, one), {}), one)
                for one in (secrets[1]["id"], unknown)
            ]
            if texts[0] != texts[1]:
                different.append(f"{target.name} to {viewer.person.username}: {texts}"[:700])
    assert not different, "\n".join(different)


def _plain(text: str, identifier: str) -> str:
    """Without what differs from request to request, and without what was asked for."""
    body = text.partition(")>")[2].replace(identifier, "ID")
    body = re.sub(r'csrf_token" value="[^"]*', "", body)
    for mark in ("nonce-", "Request "):
        while mark in body:
            before, _, after = body.partition(mark)
            body = before + after[60:]
    return body


async def test_what_is_hidden_is_not_counted(stage: Stage) -> None:
    author, friend, stranger = await stage.people("amina", "bruno", "chloe")
    await friend.follow(author)
    await author.follow(friend)
    shown = await author.write("Everybody may read this #lunch")
    before = [await _counts(stranger, shown), await _tag_history(stranger)]
    words = f"{SECRET} #lunch"
    await friend.write(words, in_reply_to_id=shown["id"], visibility="private")
    await friend.write(words, quoted_status_id=shown["id"], visibility="private")
    await author.write(words, visibility="private")
    assert [await _counts(stranger, shown), await _tag_history(stranger)] == before
    found = await stranger.get("/api/v2/search", q=SECRET)
    assert found == {"accounts": [], "statuses": [], "hashtags": []}
    # Friends do get them.
    context = await author.get(f"/api/v1/statuses/{shown['id']}/context")
    assert SECRET in json.dumps(context["descendants"])


async def _counts(person: Person, status: dict[str, Any]) -> dict[str, int]:
    found = await person.get(f"/api/v1/statuses/{status['id']}")
    return {name: value for name, value in found.items() if name.endswith("_count")}


async def _tag_history(person: Person) -> Any:
    return (await person.get("/api/v1/tags/lunch"))["history"]


async def test_nobody_acts_on_what_they_do_not_see(stage: Stage) -> None:
    """Every route that changes something, with ids of what is not theirs to see."""
    author, friend, stranger = await stage.people("amina", "bruno", "chloe")
    await friend.follow(author)
    posts = await _secrets(author, friend)
    media = posts[1]["media_attachments"][0]["id"]
    ids = [*(one["id"] for one in posts), media]
    before = await author.get("/api/v1/statuses", **{"id[]": ids})
    own = await author.get("/api/v1/notifications")
    body = {
        "choices": [0],
        "lang": "en",
        "status": "mine",
        "in_reply_to_id": ids[1],
        "quoted_status_id": ids[1],
        "media_ids": [media],
        "status_ids": ids,
        "account_id": author.id,
        "id": ids,
    }
    for target in all_targets(stage, surfaces=frozenset({Surface.API})):
        if target.method == "GET" or target.path.startswith("/oauth"):
            continue
        for identifier in ids if "{" in target.path else ids[:1]:
            answer = await stranger.answer(
                target.method, target.filled(identifier), json=body, check=False
            )
            told = json.dumps(answer.body) if not isinstance(answer.body, bytes) else ""
            assert SECRET not in told, f"{target.name}: {told[:300]}"
            if "/statuses/{" in target.path or "/polls/" in target.path:
                assert answer.status in (403, 404, 422), f"{target.name}: {answer.status}"
    assert await author.get("/api/v1/statuses", **{"id[]": ids}) == before
    told = [one for one in await author.get("/api/v1/notifications") if one not in own]
    # At most that a stranger follows; nothing about the posts.
    assert all(one["type"] in ("follow", "follow_request") for one in told), told

    async def quiet() -> bool:
        return bool(await friend.get("/api/v1/timelines/home"))

    await until(quiet)
