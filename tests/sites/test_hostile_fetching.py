"""Hostile messages: where the site is led to, and how often."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest
from aiohttp import web

from tests.sites.hostile_bait import find_nothing, redirect, serve_and_look
from tests.sites.hostile_stage import Attack, Stage, Table, carry_out
from tests.sites.remote_actor import PUBLIC, Json
from tests.sites.remote_answers import ACTIVITY, Reply
from tests.sites.web import Answer

attack = Table()
IGNORED = (202, 400, 401, 403)
MANY = 40  # requests that nobody may be made to send for one message


def new_note(stage: Stage, **extra: object) -> Json:
    return stage.mallory.note("<p>Look here</p>", **extra)


# Where it leads


@attack(lesson="Mastodon CVE-2026-22245, Lemmy CVE-2026-33693, Fedify CVE-2026-50131")
def internal_addresses_asked_for_by_a_person(stage: Stage) -> None:
    for address in stage.canary.addresses():
        answer = stage.alice.answer(
            "GET", f"/api/v2/search?resolve=true&type=statuses&q={address.replace('&', '%26')}"
        )
        assert answer.status < 500
        assert b"canary" not in answer.body


@attack(lesson="Fedify CVE-2026-77632: every redirect hop")
def redirects_to_internal_addresses(stage: Stage) -> None:
    for address in stage.canary.addresses():
        for code in (301, 307):
            serve_and_look(stage, lambda _, a=address, c=code: redirect(a, c))


@attack()
def redirects_without_end(stage: Stage) -> None:
    hops = [0]

    async def again(_request: web.Request) -> web.StreamResponse:
        hops[0] += 1
        return web.Response(status=302, headers={"Location": f"{stage.evil.origin}/loop?{hops[0]}"})

    stage.evil.serve(again, f"{stage.evil.origin}/loop")
    find_nothing(stage, f"{stage.evil.origin}/loop")
    assert hops[0] <= MANY


@attack()
def redirects_that_lead_nowhere(stage: Stage) -> None:
    for target in ("", "/", "//", "http://", "javascript:alert(1)", "http://[", "\u00e9", "#x"):
        serve_and_look(stage, lambda _, t=target: redirect(t))


@attack(*IGNORED)
def internal_addresses_in_messages(stage: Stage) -> list[Answer]:
    """Objects, replies, quotes, mentions, attachments, groups: nothing is fetched from there."""
    answers = []
    for address in (stage.canary.addresses()[0], stage.canary.addresses()[1]):
        answers += [
            stage.send(stage.mallory.activity("Announce", address, to=[PUBLIC])),
            stage.send(stage.mallory.activity("Create", address, to=[PUBLIC])),
            stage.send(stage.mallory.activity("Like", address)),
            stage.send(stage.mallory.activity("Update", address)),
            stage.send(stage.mallory.activity("Undo", address)),
            stage.send(stage.mallory.activity("Accept", address)),
            stage.send(stage.mallory.activity("Flag", [address])),
            stage.send(stage.mallory.activity("Add", address, target=stage.mallory.uri + "/f")),
            stage.send(stage.mallory.activity("Move", stage.mallory.uri, target=address)),
        ]
    return answers


@attack(lesson="Discourse CVE-2026-55103: every field of an actor that is an address")
def internal_addresses_in_actors(stage: Stage) -> None:
    address = stage.canary.addresses()[0]
    fields: tuple[Json, ...] = (
        {"inbox": address},
        {"endpoints": {"sharedInbox": address}},
        {"outbox": address, "featured": address, "followers": address, "following": address},
        {"icon": {"type": "Image", "url": address}, "image": {"type": "Image", "url": address}},
        {"url": address},
        {"alsoKnownAs": [address], "movedTo": address},
        {"webfinger": f"friend@127.0.0.1:{stage.canary.port}"},
        {"preferredUsername": f"x@127.0.0.1:{stage.canary.port}"},
        {"generator": address, "network": address},
    )
    for extra in fields:
        actor = stage.evil.newcomer("led", **extra)
        stage.alice.answer("GET", f"/api/v2/search?resolve=true&type=accounts&q={actor.uri}")
        actor.send(stage.site, actor.activity("Like", stage.private["uri"]))
    stage.settle()


@attack()
def webfinger_that_leads_away(stage: Stage) -> None:
    address = stage.canary.addresses("/.well-known/webfinger")[0]
    with stage.evil.fault(_redirecting(address), method="GET", path="/.well-known/webfinger"):
        actor = stage.evil.newcomer("away")
        stage.alice.answer("GET", f"/api/v2/search?resolve=true&type=accounts&q=@{actor.handle}")


@attack(lesson="Fedify CVE-2026-62857: the link of NodeInfo")
def nodeinfo_that_leads_away(stage: Stage) -> None:
    address = stage.canary.addresses("/nodeinfo")[0]
    rel = "http://nodeinfo.diaspora.software/ns/schema/2.1"
    body = json.dumps({"links": [{"rel": rel, "href": address}]}).encode()
    other = stage.world.host("evil.test")
    other.serve(Reply(body, media_type="application/json"), f"{other.origin}/.well-known/nodeinfo")
    stage.send(stage.mallory.activity("Arrive", stage.public["uri"]))


def _redirecting(address: str) -> Callable[[web.Request], object]:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": address})

    return answer


# Without an end


@attack(*IGNORED, lesson="Mastodon CVE-2022-46405: bound recursive fetching")
def replies_without_a_first_post(stage: Stage) -> Answer:
    """Each post answers another one that nobody has seen."""
    asked: list[str] = []

    async def deeper(incoming: web.Request) -> web.StreamResponse:
        asked.append(incoming.path)
        number = int(incoming.path.rpartition("/")[2])
        note = stage.mallory.note() | {
            "id": f"{stage.evil.origin}/deep/{number}",
            "inReplyTo": f"{stage.evil.origin}/deep/{number + 1}",
        }
        return web.Response(text=json.dumps(note), headers={"Content-Type": ACTIVITY})

    with stage.evil.fault(deeper, method="GET", path="/deep/"):
        answer = stage.send(
            stage.mallory.activity("Announce", f"{stage.evil.origin}/deep/1", to=[PUBLIC])
        )
        stage.settle()
    assert len(asked) <= 300
    _forget(stage)
    return answer


def _forget(stage: Stage) -> None:
    """Mallory's posts were taken in, rightly; they are not what is looked at here."""
    rows = stage.site.rows(
        "SELECT post.uri FROM post JOIN account ON account.id = account_id"
        f" WHERE account.host = '{stage.evil.name}' AND boost_of_id IS NULL"
    )
    for (uri,) in rows:
        stage.send(stage.mallory.activity("Delete", uri))
    undo = {"type": "Announce", "actor": stage.mallory.uri}
    for (uri,) in stage.site.rows(
        "SELECT post.uri FROM post JOIN account ON account.id = account_id"
        f" WHERE account.host = '{stage.evil.name}' AND boost_of_id IS NOT NULL"
    ):
        stage.send(stage.mallory.activity("Undo", undo | {"id": uri}))
    stage.settle()


@attack(*IGNORED, lesson="Reply cycles must not hang thread building")
def replies_in_a_circle(stage: Stage) -> list[Answer]:
    first, second = stage.evil.new_uri("c"), stage.evil.new_uri("c")
    notes = [
        stage.mallory.note() | {"id": first, "inReplyTo": second},
        stage.mallory.note() | {"id": second, "inReplyTo": first},
    ]
    own = stage.evil.new_uri("c")
    notes.append(stage.mallory.note() | {"id": own, "inReplyTo": own})
    for note in notes:
        stage.evil.serve(note)
    answers = [stage.send(stage.mallory.create(note)) for note in notes]
    stage.settle()
    for note in notes:
        found = stage.look_up(note["id"])
        if found is not None:
            context = stage.alice.get(f"/api/v1/statuses/{found['id']}/context")
            assert len(context["ancestors"]) + len(context["descendants"]) <= 3
    _forget(stage)
    return answers


@attack(*IGNORED)
def boosts_in_a_circle(stage: Stage) -> list[Answer]:
    first, second = stage.evil.new_uri("b"), stage.evil.new_uri("b")
    answers = []
    for uri, target in ((first, second), (second, first)):
        announce = stage.mallory.activity("Announce", target, to=[PUBLIC]) | {"id": uri}
        stage.evil.serve(announce)
        answers.append(stage.send(announce))
    return answers


@attack(lesson="Endless collections")
def collections_without_end(stage: Stage) -> None:
    """Replies, followers and featured posts: always another page, or the same again."""
    asked: list[str] = []

    async def page(incoming: web.Request) -> web.StreamResponse:
        asked.append(incoming.path_qs)
        number = int(incoming.query.get("page", "0"))
        base = f"{stage.evil.origin}/endless"
        document = {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"{base}?page={number}" if number else base,
            "type": "OrderedCollectionPage" if number else "OrderedCollection",
            "totalItems": 10**9,
            "partOf": base,
            "orderedItems": [f"{stage.evil.origin}/items/{number}/{n}" for n in range(50)],
            "first": f"{base}?page=1",
            "next": f"{base}?page={number + 1}",
        }
        return web.Response(text=json.dumps(document), headers={"Content-Type": ACTIVITY})

    endless = f"{stage.evil.origin}/endless"
    with stage.evil.fault(page, method="GET", path="/endless"):
        actor = stage.evil.newcomer(
            "endless",
            featured=endless,
            outbox=endless,
            followers=endless,
        )
        note = actor.note(replies=endless, likes=endless, shares=endless, context=endless)
        found = stage.look_up(note["id"])
        if found is not None:
            stage.alice.get(f"/api/v1/statuses/{found['id']}/context")
            stage.alice.get(f"/api/v1/accounts/{found['account']['id']}/statuses", pinned="true")
        stage.settle()
        actor.send(stage.site, actor.activity("Delete", note["id"]))
        stage.settle()
    # Nothing of it is known: the pages were bounded, and so was what they name.
    assert len(asked) <= MANY
    assert len(stage.evil.fetches("/items/")) <= 500


@attack(*IGNORED)
def thousands_of_things_to_fetch(stage: Stage) -> list[Answer]:
    before = len(stage.evil.fetches("/many/"))
    many = [f"{stage.evil.origin}/many/{number}" for number in range(2000)]
    note = new_note(stage, to=[PUBLIC, *many], cc=many)
    tags = [{"type": "Mention", "href": uri, "name": "@x"} for uri in many]
    answers = [
        stage.send(stage.mallory.create(note | {"tag": tags})),
        stage.send(stage.mallory.activity("Announce", many, to=[PUBLIC])),
        stage.send(stage.mallory.activity("Flag", many)),
        stage.send(stage.mallory.activity("Like", many)),
    ]
    stage.settle()
    assert len(stage.evil.fetches("/many/")) - before <= 200
    _forget(stage)
    return answers


@attack(*IGNORED)
def waiting_for_a_key_that_waits_for_us(stage: Stage) -> Answer:
    """Pitfall 7: the remote site asks for our key before it shows its own."""
    actor = stage.evil.newcomer("shy")

    async def shy(incoming: web.Request) -> web.StreamResponse:
        signature = incoming.headers.get("Signature", "")
        await asyncio.to_thread(stage.friend.get, f"{stage.site.base_url}/actor")
        if not signature:
            return web.Response(status=401)
        return web.Response(text=json.dumps(actor.document), headers={"Content-Type": ACTIVITY})

    stage.evil.serve(shy, actor.uri)
    like = actor.activity("Like", stage.private["uri"])
    answer = actor.send(stage.site, like)
    assert answer.status == 202
    return answer


@pytest.mark.parametrize("row", attack.attacks, ids=lambda row: row.name)
def test_leads_nowhere(fresh: Stage, row: Attack) -> None:
    carry_out(row, fresh)
