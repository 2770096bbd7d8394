"""Collections of other sites and the threads of posts, within bounds."""

from __future__ import annotations

from typing import Any

from fedrse.activitypub.threads import MOST_POSTS, Threads
from tests.activitypub.fetching.reader import Reader, failure, note
from tests.activitypub.peer_server import PeerServer


async def ids_of(reader: Reader, collection: Any, origin: str, **bounds: int) -> list[str]:
    limits = {"most": 100, **bounds}
    found = reader.collections.ids(collection, origin=origin, **limits)
    return [uri async for uri in found]


async def test_collection_is_read_page_by_page(reader: Reader, oslo: PeerServer) -> None:
    base = f"{oslo.origin}/c"
    oslo.documents |= {
        "/c": {"id": base, "type": "OrderedCollection", "first": f"{base}?page=1"},
        "/c?page=1": {"orderedItems": ["a", {"id": "b"}], "next": f"{base}?page=2"},
        "/c?page=2": {"orderedItems": ["b", "c", 7, None], "next": f"{base}?page=1"},
    }
    assert await ids_of(reader, base, oslo.origin) == ["a", "b", "c"]
    assert await ids_of(reader, base, oslo.origin, most=2) == ["a", "b"]
    embedded = {"type": "Collection", "first": {"items": [], "next": f"{base}?page=2"}}
    assert (await ids_of(reader, embedded, oslo.origin))[:2] == ["b", "c"]


async def test_endless_and_foreign_collections_end(
    reader: Reader, oslo: PeerServer, nantes: PeerServer
) -> None:
    reader.gate.named.add(oslo.host)
    base = f"{oslo.origin}/c"
    oslo.documents["/c"] = {"type": "Collection", "first": f"{base}?page=0"}
    for number in range(60):
        oslo.documents[f"/c?page={number}"] = {
            "items": [f"i{number}"],
            "next": f"{base}?page={number + 1}",
        }
    assert len(await ids_of(reader, base, oslo.origin, pages=20)) == 20
    oslo.documents["/c?page=1"] = {"items": [], "next": f"{base}?page=2"}
    assert await ids_of(reader, base, oslo.origin) == ["i0"]
    oslo.documents["/c?page=0"]["next"] = f"{nantes.origin}/c"
    assert await ids_of(reader, base, oslo.origin) == ["i0"]
    assert nantes.received == []
    error = await failure(ids_of(reader, f"{nantes.origin}/c", oslo.origin))
    assert error.code == "collection_foreign"
    nantes.documents["/n"] = {"type": "Note"}
    error = await failure(ids_of(reader, f"{nantes.origin}/n", nantes.origin))
    assert error.code == "collection_type"


async def complete(reader: Reader, uri: str) -> int:
    async def known(uris: list[str]) -> set[str]:
        return {uri for uri in uris if uri in reader.library.stored}

    threads = Threads(resolver=reader.resolver, collections=reader.collections)
    return await threads.complete(uri, known)


async def test_replies_are_followed_down(
    reader: Reader, oslo: PeerServer, nantes: PeerServer
) -> None:
    root = note(oslo, 1, replies={"type": "Collection", "items": [f"{nantes.origin}/n/2"]})
    reply = note(nantes, 2, inReplyTo=root, replies=f"{nantes.origin}/n/2/replies")
    nantes.documents["/n/2/replies"] = {
        "type": "Collection",
        "items": [f"{oslo.origin}/n/3", f"{oslo.origin}/404", root],
    }
    last = note(oslo, 3, inReplyTo=reply)
    assert await complete(reader, root) == 2
    assert set(reader.library.stored) == {root, reply, last}
    assert await complete(reader, root) == 0


async def test_conversation_is_read_where_there_is_one(
    reader: Reader, oslo: PeerServer, nantes: PeerServer
) -> None:
    context = f"{oslo.origin}/c/1"
    root = note(oslo, 1, context=context)
    other = note(nantes, 2, inReplyTo=root, context=context)
    third = note(oslo, 3, inReplyTo=root, context=context)
    oslo.documents["/c/1"] = {"type": "OrderedCollection", "orderedItems": [root, other, third]}
    assert await complete(reader, other) == 1
    assert set(reader.library.stored) == {root, other, third}


async def test_hostile_threads_are_left_after_enough(reader: Reader, oslo: PeerServer) -> None:
    reader.gate.named.add(oslo.host)
    count = MOST_POSTS + 50
    uris = [note(oslo, number) for number in range(1, count)]
    root = note(oslo, 0, replies={"type": "Collection", "items": uris})
    assert await complete(reader, root) == MOST_POSTS


async def test_a_thread_whose_root_is_gone_is_removed(reader: Reader, oslo: PeerServer) -> None:
    root = note(oslo, 1)
    oslo.documents["/n/1"] = 410
    assert await complete(reader, root) == 0
    assert reader.library.gone == [root]
