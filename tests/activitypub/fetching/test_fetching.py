"""Fetching from other sites: who speaks for what, within which bounds."""

from __future__ import annotations

import asyncio

import pytest

from fedrse.activitypub.fetching import MAX_DEPTH
from fedrse.activitypub.peers import Scheme
from fedrse.activitypub.signed_request import SignatureScheme
from fedrse.core.clock import MINUTE
from fedrse.core.trace import current, read_traceparent, trace_of
from tests.activitypub.fetching.reader import ACTOR, OWN, Reader, failure, note, person
from tests.activitypub.peer_server import PeerServer


async def test_fetch_is_signed_by_the_instance_actor(reader: Reader, oslo: PeerServer) -> None:
    uri = note(oslo)
    assert await reader.resolver.resolve(uri) == uri
    (asked,) = oslo.received
    assert asked.key_id == f"{ACTOR}#main-key"
    assert asked.scheme is SignatureScheme.CAVAGE
    assert "application/activity+json" in asked.headers["accept"]
    imported = reader.library.stored[uri]
    assert (imported.host, imported.document["content"]) == (oslo.host, "x")
    assert "traceparent" not in asked.headers, "it belongs to nothing"


async def test_a_fetch_belongs_to_what_it_is_made_for(reader: Reader, oslo: PeerServer) -> None:
    current.set(trace_of("https://oslo.example/a/1"))
    await reader.resolver.resolve(note(oslo))
    (asked,) = oslo.received
    assert read_traceparent(asked.headers["traceparent"]) == current.get()


async def test_other_signature_is_tried_and_remembered(reader: Reader, oslo: PeerServer) -> None:
    oslo.refuses = {SignatureScheme.CAVAGE}
    for number in range(2):
        await reader.resolver.resolve(note(oslo, number))
    assert [one.scheme for one in oslo.received] == [SignatureScheme.RFC9421] * 2
    assert reader.state.signature_scheme(oslo.host) == Scheme.RFC9421_RSA


async def test_query_may_be_left_out_of_the_signature(reader: Reader, oslo: PeerServer) -> None:
    # Our own verification takes both; this peer has only ever signed the path.
    uri = f"{oslo.origin}/n?id=1"
    oslo.documents["/n?id=1"] = {"id": uri, "type": "Note"}
    oslo.refuses = {SignatureScheme.RFC9421}
    assert await reader.resolver.resolve(uri) == uri


async def test_unsigned_retry_is_for_keys_only(reader: Reader, oslo: PeerServer) -> None:
    oslo.refuses = set(SignatureScheme)
    oslo.unsigned_paths = None
    uri = person(oslo)
    error = await failure(reader.resolver.resolve(uri))
    assert error.code == "fetch_status_401"
    fetched = await reader.documents.fetch(uri, unsigned_retry=True, ask_again=True)
    assert fetched.uri == uri


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "text/html",
        "application/ld+json",
        'application/ld+json; profile="https://evil.example"',
        "image/png",
    ],
)
async def test_only_activity_documents_count(reader: Reader, oslo: PeerServer, kind: str) -> None:
    oslo.media_type = kind.partition(";")[0]
    error = await failure(reader.resolver.resolve(note(oslo)))
    assert error.code == "fetch_media_type"
    assert reader.library.stored == {}


async def test_id_must_be_the_address(reader: Reader, oslo: PeerServer, nantes: PeerServer) -> None:
    real = note(oslo, 1, content="real")
    oslo.documents["/claims"] = {"id": real, "type": "Note", "content": "claimed"}
    assert await reader.resolver.resolve(f"{oslo.origin}/claims") == real
    assert reader.library.stored[real].document["content"] == "real"
    oslo.documents["/lies"] = {"id": f"{oslo.origin}/claims", "type": "Note"}
    error = await failure(reader.resolver.resolve(f"{oslo.origin}/lies"))
    assert error.code == "fetch_wrong_id"
    nantes.documents["/foreign"] = {"id": real, "type": "Note", "content": "foreign"}
    error = await failure(reader.resolver.resolve(f"{nantes.origin}/foreign"))
    assert error.code == "fetch_foreign_id"
    oslo.documents["/none"] = {"type": "Note"}
    error = await failure(reader.resolver.resolve(f"{oslo.origin}/none"))
    assert error.code == "fetch_no_id"
    assert reader.library.stored[real].document["content"] == "real"


async def test_redirect_to_another_origin_speaks_for_that_origin_only(
    reader: Reader, oslo: PeerServer, nantes: PeerServer
) -> None:
    real = note(nantes)
    oslo.documents["/moved"] = real
    assert await reader.resolver.resolve(f"{oslo.origin}/moved") == real
    fake = f"{oslo.origin}/fake"
    nantes.documents["/n/2"] = {"id": fake, "type": "Note"}
    oslo.documents["/fake"] = f"{nantes.origin}/n/2"
    assert (await failure(reader.resolver.resolve(fake))).code == "fetch_foreign_id"


async def test_nobody_speaks_for_people_of_another_origin(
    reader: Reader, oslo: PeerServer, nantes: PeerServer
) -> None:
    uri = note(oslo, attributedTo=f"{nantes.origin}/u/bruno")
    assert (await failure(reader.resolver.resolve(uri))).code == "fetch_foreign_author"
    uri = note(oslo, 2, type="Create", actor=f"{nantes.origin}/u/bruno")
    assert (await failure(reader.resolver.resolve(uri))).code == "fetch_foreign_author"


async def test_own_ids_blocked_hosts_and_odd_addresses_are_not_asked(
    reader: Reader, oslo: PeerServer
) -> None:
    assert (await failure(reader.resolver.resolve(f"{OWN}/ap/n/1"))).code == "fetch_local"
    reader.rules.blocked.add(oslo.host)
    assert (await failure(reader.resolver.resolve(note(oslo)))).code == "fetch_not_allowed"
    for address in ("javascript:alert(1)", "", "http://user@localhost:1x/", "ftp://x.example/1"):
        error = await failure(reader.resolver.resolve(address))
        assert error.code == "fetch_bad_address"
        assert not error.temporary
    assert oslo.received == []


async def test_failures_say_whether_to_try_again_and_are_remembered(
    reader: Reader, oslo: PeerServer
) -> None:
    missing = await failure(reader.resolver.resolve(f"{oslo.origin}/404"))
    assert (missing.missing, missing.gone, missing.temporary) == (True, False, False)
    oslo.documents["/500"] = 500
    broken = await failure(reader.resolver.resolve(f"{oslo.origin}/500"))
    assert broken.temporary
    asked = len(oslo.received)
    for path in ("/404", "/500"):
        await failure(reader.resolver.resolve(f"{oslo.origin}{path}"))
    assert len(oslo.received) == asked
    closed = await failure(reader.resolver.resolve("http://localhost:2/x"))
    assert closed.temporary
    reader.clock.advance(10 * MINUTE)
    await failure(reader.resolver.resolve(f"{oslo.origin}/500"))
    assert len(oslo.received) == asked + 1


async def test_gone_is_told_to_whoever_keeps_it(reader: Reader, oslo: PeerServer) -> None:
    uri = note(oslo)
    assert await reader.resolver.refresh(uri) == uri
    oslo.documents["/n/1"] = {"id": uri, "type": "Tombstone"}
    assert await reader.resolver.refresh(uri) is None
    oslo.documents["/n/1"] = 410
    assert await reader.resolver.refresh(uri) is None
    assert reader.library.gone == [uri, uri]
    assert await reader.resolver.is_gone(uri)
    oslo.documents["/n/1"] = 404
    assert (await failure(reader.resolver.refresh(uri))).missing
    assert not await reader.resolver.is_gone(uri)


async def test_concurrent_requests_share_one_fetch(reader: Reader, oslo: PeerServer) -> None:
    uri = note(oslo)
    results = await asyncio.gather(*(reader.resolver.resolve(uri) for _ in range(20)))
    assert set(results) == {uri}
    assert len(oslo.received) == 1


# What is needed besides


async def test_author_and_thread_come_along(
    reader: Reader, oslo: PeerServer, nantes: PeerServer
) -> None:
    amina, bruno = person(oslo), person(nantes, "bruno")
    root = note(nantes, 1, attributedTo=bruno)
    reply = note(oslo, 2, attributedTo=amina, inReplyTo=root)
    await reader.resolver.resolve(reply)
    assert set(reader.library.stored) == {amina, bruno, root, reply}


async def test_missing_parents_and_refusals_do_not_stop_the_child(
    reader: Reader, oslo: PeerServer
) -> None:
    spam = note(oslo, 1, content="spam")
    assert (await failure(reader.resolver.resolve(spam))).code == "import_refused"
    reply = note(oslo, 2, inReplyTo=spam)
    await reader.resolver.resolve(reply)
    lost = note(oslo, 3, inReplyTo=f"{oslo.origin}/404")
    await reader.resolver.resolve(lost)
    assert reader.library.stored[lost].unavailable == {f"{oslo.origin}/404"}


async def test_reply_cycles_end(reader: Reader, oslo: PeerServer) -> None:
    first, second = f"{oslo.origin}/n/1", f"{oslo.origin}/n/2"
    note(oslo, 1, inReplyTo=second)
    note(oslo, 2, inReplyTo=first)
    results = await asyncio.gather(reader.resolver.resolve(first), reader.resolver.resolve(second))
    assert results == [first, second]


async def test_threads_have_a_greatest_depth(reader: Reader, oslo: PeerServer) -> None:
    reader.gate.named.add(oslo.host)
    deep = MAX_DEPTH + 30
    for number in range(deep):
        note(oslo, number, inReplyTo=f"{oslo.origin}/n/{number + 1}")
    note(oslo, deep)
    await reader.resolver.resolve(f"{oslo.origin}/n/0")
    assert len(reader.library.stored) == MAX_DEPTH + 1


async def test_unknown_types_are_refused(reader: Reader, oslo: PeerServer) -> None:
    uri = note(oslo, 1, type="Dance")
    assert (await failure(reader.resolver.resolve(uri))).code == "import_refused"
