"""Signed fetches of posts and their collections: each answer is for one signer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.vocabulary import PUBLIC
from fedrse.core.errors import Forbidden, Unauthenticated
from fedrse.features.instance.model_signed_fetch import Signer
from fedrse.features.posts.api_documents import DocumentsApi
from fedrse.features.posts.model import Audience, Post, Visibility
from fedrse.features.posts.service_collections import PAGE, Collections
from fedrse.http.request import Request
from tests.features.posts.studio import BLOCKED_HOST, MEMBER, OTHER_MEMBER, OUTSIDE, Studio
from tests.features.surface import Surface, surface

AP = {"Accept": "application/activity+json"}


async def signer_in_header(request: Request) -> Signer:
    """Believes the header ``X-Signer``: ``host actor``."""
    who = request.headers.get("X-Signer")
    if who is None:
        raise Unauthenticated("unsigned", "Sign")
    host, _, actor = who.partition(" ")
    if host == BLOCKED_HOST:
        raise Forbidden("peer_blocked", "no")
    return Signer(actor or f"https://{host}/actor", host)


class Fetches:
    """Fetches as somebody of another site."""

    def __init__(self, where: Surface) -> None:
        self._where = where

    async def __call__(self, address: str, who: str | None = MEMBER) -> tuple[int, Any]:
        path = address.removeprefix("https://lyon.corp.example")
        headers = AP if who is None else AP | {"X-Signer": who}
        status, found, body = await self._where.call("GET", path, headers=headers)
        if status in (200, 410):
            assert "Signature" in found["Vary"]
            assert found["Cache-Control"] == "private"
            body = msgspec.json.decode(body)
        return status, body

    async def document(self, address: str, who: str = MEMBER) -> Any:
        status, body = await self(address, who)
        assert status == 200, body
        return body


@pytest.fixture
async def fetch(studio: Studio, local_ids: LocalIds) -> AsyncIterator[Fetches]:
    api = DocumentsApi(
        database=studio.database,
        collections=Collections(
            posts=studio.posts, people=studio.cast.accounts, local_ids=local_ids
        ),
        signed_fetch=signer_in_header,
    )
    async with surface(api.routes(), clock=studio.clock) as found:
        yield Fetches(found)


async def test_a_note(studio: Studio, fetch: Fetches, local_ids: LocalIds) -> None:
    amina = await studio.cast.local("amina")
    post = await studio.write(amina, "Bonjour #été", audience=Audience.PUBLIC, language="fr")
    note = await fetch.document(post.uri)
    assert (note["id"], note["type"], note["attributedTo"]) == (post.uri, "Note", amina.uri)
    assert note["to"] == [PUBLIC]
    assert note["contentMap"] == {"fr": note["content"]}
    assert note["context"] == local_ids.uri("context", post.id)
    assert note["interactionPolicy"] == {"canQuote": {"automaticApproval": [PUBLIC]}}
    assert note["@context"][0] == "https://www.w3.org/ns/activitystreams"
    assert post.url is not None
    assert (await fetch.document(post.url))["id"] == post.uri
    create = await fetch.document(f"{post.uri}/activity")
    assert (create["type"], create["object"]["id"]) == ("Create", post.uri)
    for name in ("replies", "likes", "shares"):
        collection = await fetch.document(note[name]["id"])
        assert (collection["type"], collection["totalItems"]) == ("Collection", 0)


@pytest.mark.parametrize(
    ("draft", "readers"),
    [
        ({"audience": Audience.PUBLIC}, {MEMBER, OTHER_MEMBER, OUTSIDE}),
        ({"audience": Audience.NETWORK}, {MEMBER, OTHER_MEMBER}),
        ({"audience": Audience.SITE}, set()),
        ({"visibility": Visibility.PRIVATE}, {MEMBER}),
        ({"visibility": Visibility.DIRECT}, set()),
    ],
)
async def test_who_may_fetch(
    studio: Studio, fetch: Fetches, draft: dict[str, Any], readers: set[str]
) -> None:
    amina = await studio.cast.local("amina")
    chloe = await studio.cast.remote("chloe", MEMBER)
    await studio.follow(chloe, amina)
    post = await studio.write(amina, **draft)
    parts = ["", "/activity", "/replies", "/likes", "/shares"]
    addresses = [f"{post.uri}{part}" for part in parts] + [str(post.url)]
    for host in (MEMBER, OTHER_MEMBER, OUTSIDE):
        for address in addresses:
            status, body = await fetch(address, host)
            assert status == (200 if host in readers else 404), (host, address)
            if status == 404:
                assert body["error"] == "Record not found"
    for address in addresses:
        assert (await fetch(address, None))[0] == 401
        assert (await fetch(address, BLOCKED_HOST))[0] == 403
    assert (await fetch("/ap/n/1", MEMBER))[0] == 404
    assert (await fetch("/ap/n/x", MEMBER))[0] == 404


async def test_the_named_fetch_direct_posts(studio: Studio, fetch: Fetches) -> None:
    amina = await studio.cast.local("amina")
    chloe = await studio.cast.remote("chloe", MEMBER)
    post = await studio.write(amina, f"@chloe@{MEMBER}", visibility=Visibility.DIRECT)
    note = await fetch.document(post.uri, f"{MEMBER} {chloe.uri}")
    assert note["to"] == [chloe.uri]
    assert (await fetch(post.uri, MEMBER))[0] == 404


async def test_remote_posts_are_not_handed_out(studio: Studio, fetch: Fetches) -> None:
    chloe = await studio.cast.remote("chloe", MEMBER)
    post = await studio.create(chloe)
    assert (await fetch(f"/ap/n/{post.id}", OTHER_MEMBER))[0] == 404


async def test_a_deleted_post_is_gone(studio: Studio, fetch: Fetches) -> None:
    amina = await studio.cast.local("amina")
    post = await studio.write(amina)
    local = await studio.write(amina, local_only=True)
    for one in (post, local):
        await studio.do(studio.posts.delete, amina, one.id)
    status, body = await fetch(post.uri)
    assert (status, body["type"], body["id"]) == (410, "Tombstone", post.uri)
    assert (await fetch(local.uri))[0] == 404
    assert (await fetch(f"{post.uri}/replies"))[0] == 404


async def test_replies_and_context_name_what_the_signer_may_read(
    studio: Studio, fetch: Fetches, local_ids: LocalIds
) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    chloe = await studio.cast.remote("chloe", MEMBER)
    root = await studio.write(amina, audience=Audience.PUBLIC)
    public = await studio.write(bruno, "p", audience=Audience.PUBLIC, reply_to_id=root.id)
    network = await studio.write(bruno, "n", audience=Audience.NETWORK, reply_to_id=root.id)
    secret = await studio.write(bruno, "@amina", visibility=Visibility.DIRECT, reply_to_id=root.id)
    remote = await studio.create(chloe, "r", inReplyTo=root.uri)

    async def items(address: str, who: str) -> list[str]:
        found = await fetch.document(address, who)
        return list(found.get("items") or found.get("orderedItems") or [])

    page = (await fetch.document(f"{root.uri}/replies"))["first"]
    inside = [public.uri, network.uri, remote.uri]
    assert sorted(await items(page, MEMBER)) == sorted(inside)
    assert sorted(await items(page, OUTSIDE)) == sorted([public.uri, remote.uri])
    context = local_ids.uri("context", root.id)
    assert set(await items(context, MEMBER)) == {root.uri, *inside}
    assert set(await items(context, OUTSIDE)) == {root.uri, public.uri, remote.uri}
    assert secret.uri not in str(await fetch(page, MEMBER))
    assert (await fetch(local_ids.uri("context", secret.id)))[0] == 404


async def test_many_replies_come_in_pages(studio: Studio, fetch: Fetches) -> None:
    amina = await studio.cast.local("amina")
    root = await studio.write(amina)
    wanted = [
        (await studio.write(amina, str(number), reply_to_id=root.id)).uri
        for number in range(PAGE + 5)
    ]
    found: list[str] = []
    address = f"{root.uri}/replies?page=1"
    while address:
        page = await fetch.document(address)
        found += page["items"]
        address = page.get("next")
    assert found == wanted


async def test_boosts_and_stamps(studio: Studio, fetch: Fetches) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    post = await studio.write(amina)
    boost: Post = await studio.do(studio.posts.boost, bruno, post.id)
    announce = await fetch.document(boost.uri)
    assert (announce["type"], announce["object"], announce["id"]) == (
        "Announce",
        post.uri,
        boost.uri,
    )
    assert (await fetch(boost.uri, OUTSIDE))[0] == 404
    assert (await fetch(f"/ap/b/{post.id}"))[0] == 404
    assert (await fetch(f"/ap/n/{boost.id}"))[0] == 404
    quote = await studio.write(bruno, "x", quote_of_id=post.id)
    assert quote.quote_authorization is not None
    stamp = await fetch.document(quote.quote_authorization)
    assert stamp["interactingObject"] == quote.uri
    assert (await fetch(quote.quote_authorization, OUTSIDE))[0] == 404
    assert (await fetch(f"/ap/q/{post.id}"))[0] == 404


async def test_outbox_and_featured(studio: Studio, fetch: Fetches, local_ids: LocalIds) -> None:
    amina = await studio.cast.local("amina")
    public = await studio.write(amina, "1", audience=Audience.PUBLIC)
    network = await studio.write(amina, "2", audience=Audience.NETWORK)
    for draft in ({"local_only": True}, {"visibility": Visibility.PRIVATE}):
        await studio.write(amina, "x", **draft)
    for post in (public, network):
        await studio.do(studio.posts.marks.pin, amina, post.id)
    outbox = local_ids.uri("actor", amina.id, "outbox")
    featured = local_ids.uri("actor", amina.id, "featured")
    for who, wanted in ((MEMBER, [network.uri, public.uri]), (OUTSIDE, [public.uri])):
        collection = await fetch.document(outbox, who)
        assert collection["totalItems"] == len(wanted)
        page = await fetch.document(collection["first"], who)
        assert [item["object"]["id"] for item in page["orderedItems"]] == wanted
        assert {item["type"] for item in page["orderedItems"]} == {"Create"}
        pinned = await fetch.document(featured, who)
        assert set(pinned["orderedItems"]) == set(wanted)
    chloe = await studio.cast.remote("chloe", MEMBER)
    for address in ("/ap/u/1/outbox", f"/ap/u/{chloe.id}/featured"):
        assert (await fetch(address))[0] == 404


async def test_the_outbox_in_pages(studio: Studio, fetch: Fetches, local_ids: LocalIds) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    wanted = [(await studio.write(amina, str(number))).uri for number in range(PAGE + 3)]
    post = await studio.write(bruno)
    boost = await studio.do(studio.posts.boost, amina, post.id)
    address = local_ids.uri("actor", amina.id, "outbox") + "?page=1"
    found: list[str] = []
    while address:
        page = await fetch.document(address)
        found += [
            item["id"] if item["type"] == "Announce" else item["object"]["id"]
            for item in page["orderedItems"]
        ]
        address = page.get("next")
    assert found == [boost.uri, *reversed(wanted)]
