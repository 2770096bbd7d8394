"""Fetching from other sites: who speaks for what, within which bounds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.activitypub.discovery import Discovery, read_host_meta, self_link
from fedrse.activitypub.dispatch import Needs, Refused
from fedrse.activitypub.document_client import DocumentClient, FetchFailed
from fedrse.activitypub.fetching import MAX_DEPTH, Resolver
from fedrse.activitypub.handles import Handle, parse_handle
from fedrse.activitypub.importers import Imported, Importers
from fedrse.activitypub.key_documents import multikey_document, public_key_document
from fedrse.activitypub.keys import SigningKey, VerifyKey, generate_ed25519
from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.lookup import Lookup
from fedrse.activitypub.peers import PeerNames, Scheme
from fedrse.activitypub.remote_collections import RemoteCollections
from fedrse.activitypub.remote_keys import KeyUnreachable
from fedrse.activitypub.signed_request import SignatureScheme
from fedrse.activitypub.signing import KeyRing, RequestSigner
from fedrse.activitypub.threads import MOST_POSTS, Threads
from fedrse.core.clock import MINUTE, ManualClock
from fedrse.core.errors import TooMany, Unauthenticated
from fedrse.core.trace import current, read_traceparent, trace_of
from fedrse.core.urls import UrlRules
from fedrse.net.client import GuardedClient
from fedrse.net.host_state import STRANGER, HostState
from fedrse.store.database import Database, Transaction
from fedrse.store.engine import open_database
from tests.activitypub.peer_server import PeerServer, peer_server
from tests.activitypub.runtime_kit import Rules, rsa_key
from tests.net.servers import Gate, dialler

OWN = "http://localhost:1"
ACTOR = f"{OWN}/actor"


class Library:
    """Importers that remember; posts need their author and what they reply to."""

    def __init__(self) -> None:
        self.stored: dict[str, Imported] = {}
        self.gone: list[str] = []
        self.importers = Importers()
        self.importers.on(["Person"], self.store)
        self.importers.on(["Note"], self.store_note)
        self.importers.on_gone(self.remove)

    async def store(self, tx: Transaction, imported: Imported) -> None:
        self.stored[imported.uri] = imported

    async def store_note(self, tx: Transaction, imported: Imported) -> None:
        document = imported.document
        needed = [
            uri
            for uri in (document.get("attributedTo"), document.get("inReplyTo"))
            if uri and uri not in self.stored and uri not in imported.unavailable
        ]
        if needed:
            raise Needs(*needed)
        if document.get("content") == "spam":
            raise Refused("spam")
        await self.store(tx, imported)

    async def remove(self, tx: Transaction, uri: str) -> None:
        self.gone.append(uri)


class Reader:
    """Everything that fetches, for a site on localhost:1."""

    def __init__(self, database: Database) -> None:
        self.clock = ManualClock()
        self.rules = Rules()
        self.gate = Gate()
        self.library = Library()
        self.keys = SimpleNamespace(
            rsa=SigningKey(f"{ACTOR}#main-key", rsa_key(1)),
            ed25519=SigningKey(f"{ACTOR}#ed25519-1", generate_ed25519()),
            previous_rsa=None,
        )
        url_rules = UrlRules.of_site(OWN, {})
        self.state = HostState(self.clock)
        self.client = GuardedClient(dialler(own=OWN, gate=self.gate), self.state)
        self.signer = RequestSigner(self.clock)
        local_ids = LocalIds(OWN)
        self.documents = DocumentClient(
            client=self.client,
            state=self.state,
            keys=KeyRing(database=database, keys=self, local_ids=local_ids, clock=self.clock),
            signer=self.signer,
            names=PeerNames(url_rules),
            rules=self.rules,
            clock=self.clock,
        )
        self.discovery = Discovery(client=self.client, rules=url_rules)
        self.resolver = Resolver(
            documents=self.documents,
            importers=self.library.importers,
            handles=self.discovery,
            database=database,
            local_ids=local_ids,
            clock=self.clock,
        )
        self.collections = RemoteCollections(self.documents)

    async def signing_keys(self, tx: Transaction, account_id: int) -> Any:
        return self.keys

    async def instance_actor(self, tx: Transaction) -> Any:
        return SimpleNamespace(id=1)

    def verify_keys(self) -> dict[str, VerifyKey]:
        return {
            key.key_id: VerifyKey(key.key_id, ACTOR, key.public())
            for key in (self.keys.rsa, self.keys.ed25519)
        }

    async def close(self) -> None:
        await self.client.close()
        self.signer.close()


@pytest.fixture
async def reader(sqlite_template: Any, tmp_path: Any) -> AsyncIterator[Reader]:
    database = await open_database("sqlite:site.db", tmp_path)
    made = Reader(database)
    yield made
    await made.close()
    await database.close()


@pytest.fixture
async def oslo(reader: Reader) -> AsyncIterator[PeerServer]:
    async with peer_server(reader.clock) as peer:
        peer.keys = reader.verify_keys()
        peer.unsigned_paths = set()
        yield peer


@pytest.fixture
async def nantes(reader: Reader) -> AsyncIterator[PeerServer]:
    async with peer_server(reader.clock) as peer:
        peer.keys = reader.verify_keys()
        yield peer


def note(peer: PeerServer, number: int = 1, **members: Any) -> str:
    """Publishes a post; returns its id."""
    uri = f"{peer.origin}/n/{number}"
    peer.documents[f"/n/{number}"] = {"id": uri, "type": "Note", "content": "x", **members}
    return uri


def person(peer: PeerServer, name: str = "amina", **members: Any) -> str:
    """Publishes an actor and its WebFinger; returns its id."""
    uri = f"{peer.origin}/u/{name}"
    peer.documents[f"/u/{name}"] = {
        "id": uri,
        "type": "Person",
        "preferredUsername": name,
        **members,
    }
    serve_webfinger(peer, f"{name}@{peer.host}", uri)
    return uri


def serve_webfinger(
    peer: PeerServer, handle: str, uri: str | None, subject: str | None = None
) -> None:
    resource = f"acct%3A{handle.replace('@', '%40').replace(':', '%3A')}"
    links = [{"rel": "self", "type": "application/activity+json", "href": uri}] if uri else []
    peer.documents[f"/.well-known/webfinger?resource={resource}"] = {
        "subject": subject or f"acct:{handle}",
        "links": [{"rel": "profile", "href": "https://x.example"}, *links],
    }


async def failure(work: Any) -> FetchFailed:
    with pytest.raises(FetchFailed) as caught:
        await work
    return caught.value


# One document


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


# Keys


def with_keys(peer: PeerServer, name: str, **members: Any) -> tuple[str, SigningKey]:
    uri = person(peer, name)
    key = SigningKey(f"{uri}#main-key", rsa_key(2))
    document = peer.documents[f"/u/{name}"]
    document["publicKey"] = public_key_document(key.key_id, uri, key.public())
    ed25519: Any = generate_ed25519().public_key()
    document["assertionMethod"] = [multikey_document(f"{uri}#ed25519-1", uri, ed25519)]
    document.update(members)
    return uri, key


async def test_key_is_read_from_its_owner_who_is_stored(reader: Reader, oslo: PeerServer) -> None:
    uri, key = with_keys(oslo, "amina")
    found = await reader.resolver.fetch_key(key.key_id)
    assert (found.owner, found.public) == (uri, key.public())
    assert uri in reader.library.stored


async def test_separate_key_documents_need_their_owner_to_agree(
    reader: Reader, oslo: PeerServer
) -> None:
    uri = person(oslo)
    key_id = f"{uri}/main-key"
    bare = public_key_document(key_id, uri, rsa_key(2).public_key())
    oslo.documents["/u/amina/main-key"] = bare
    with pytest.raises(Unauthenticated) as caught:
        await reader.resolver.fetch_key(key_id)
    assert caught.value.code == "key_not_found"
    oslo.documents["/u/amina"]["publicKey"] = bare
    found = await reader.resolver.fetch_key(key_id, ask_again=True)
    assert (found.key_id, found.owner) == (key_id, uri)


async def test_key_may_be_behind_a_short_actor(reader: Reader, oslo: PeerServer) -> None:
    # GoToSocial: the key's address gives a stub of the actor.
    uri = person(oslo)
    key_id = f"{uri}/main-key"
    public = public_key_document(key_id, uri, rsa_key(2).public_key())
    oslo.documents["/u/amina"]["publicKey"] = public
    oslo.documents["/u/amina/main-key"] = {"id": uri, "type": "Person", "publicKey": public}
    found = await reader.resolver.fetch_key(key_id)
    assert found.owner == uri


async def test_unreachable_and_gone_keys_are_told_apart(reader: Reader, oslo: PeerServer) -> None:
    oslo.documents["/u/gone"] = 410
    for name, gone in (("gone", True), ("never", False)):
        with pytest.raises(KeyUnreachable) as caught:
            await reader.resolver.fetch_key(f"{oslo.origin}/u/{name}#main-key")
        assert caught.value.gone is gone


async def test_sender_is_asked_to_come_again_while_its_site_is_asked_too_much(
    reader: Reader, oslo: PeerServer
) -> None:
    # A 401 is final for much software: what it sent would be lost for a limit of our own.
    _, key = with_keys(oslo, "amina")
    for _ in range(STRANGER.per_minute):
        async with reader.state.turn(oslo.host, STRANGER):
            pass
    with pytest.raises(TooMany) as caught:
        await reader.resolver.fetch_key(key.key_id)
    assert caught.value.retry_after == 60
    reader.clock.advance(MINUTE)
    assert (await reader.resolver.fetch_key(key.key_id)).public == key.public()
    assert reader.library.stored


# Handles


async def test_handle_leads_to_its_actor(reader: Reader, oslo: PeerServer) -> None:
    uri = person(oslo)
    lookup = Lookup(
        discovery=reader.discovery,
        resolver=reader.resolver,
        own_domains=frozenset({"lyon.test"}),
    )
    assert await lookup.lookup(f" @amina@{oslo.host} ") == uri
    assert reader.library.stored[uri].handle == f"amina@{oslo.host}"
    assert await lookup.lookup(uri) == uri
    assert (await failure(lookup.lookup("@x@lyon.test"))).code == "fetch_local"
    assert (await failure(lookup.lookup("amina"))).code == "not_a_handle"
    assert (await failure(lookup.lookup(f"nobody@{oslo.host}"))).missing


async def test_handle_on_another_domain_is_confirmed_there(
    reader: Reader, oslo: PeerServer, nantes: PeerServer
) -> None:
    # The actor lives on oslo, its handle is on nantes.
    handle = f"amina@{nantes.host}"
    uri = person(oslo, webfinger=handle)
    serve_webfinger(nantes, handle, uri)
    await reader.resolver.resolve(uri)
    assert reader.library.stored[uri].handle == handle
    # The same without FEP-2c59: the host of the id names the other domain.
    other = person(oslo, "bruno")
    serve_webfinger(oslo, f"bruno@{oslo.host}", other, subject=f"acct:bruno@{nantes.host}")
    serve_webfinger(nantes, f"bruno@{nantes.host}", other)
    await reader.resolver.resolve(other)
    assert reader.library.stored[other].handle == f"bruno@{nantes.host}"


async def test_claimed_handles_that_nobody_confirms_are_not_taken(
    reader: Reader, oslo: PeerServer, nantes: PeerServer
) -> None:
    victim = person(nantes, "boss")
    uri = person(oslo, webfinger=f"boss@{nantes.host}")
    await reader.resolver.resolve(uri)
    assert reader.library.stored[uri].handle == f"amina@{oslo.host}"
    # Not even its own host confirms it, but names somebody else.
    serve_webfinger(oslo, f"amina@{oslo.host}", victim)
    await reader.resolver.resolve(uri)
    assert reader.library.stored[uri].handle is None


async def test_host_meta_shows_where_webfinger_is(
    reader: Reader, oslo: PeerServer, nantes: PeerServer
) -> None:
    uri = person(nantes)
    serve_webfinger(nantes, f"amina@{oslo.host}", uri)
    template = f"{nantes.origin}/.well-known/webfinger?resource={{uri}}"
    xrd = f'<XRD><Link rel="lrdd" template="{template}"/></XRD>'
    assert read_host_meta(xrd.encode()) == template
    assert read_host_meta(b"<XRD><Link rel='lrdd' template='no braces'/></XRD>") is None


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode()))
def test_host_meta_is_read_from_any_bytes(body: bytes) -> None:
    found = read_host_meta(body)
    assert found is None or "{uri}" in found


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["links", "rel", "href", "type"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["links", "subject"]), _json))
def test_webfinger_answers_of_any_shape(document: dict[str, Any]) -> None:
    found = self_link(document)
    assert found is None or isinstance(found, str)


@pytest.mark.parametrize(
    ("text", "handle"),
    [
        ("@amina@corp.example", Handle("amina", "corp.example")),
        ("acct:amina@Corp.Example:443", Handle("amina", "corp.example")),
        ("amina@localhost:8401", Handle("amina", "localhost:8401")),
        ("élodie@corp.example", Handle("élodie", "corp.example")),
        ("amina", None),
        ("@amina", None),
        ("am ina@corp.example", None),
        ("a@b@corp.example", None),
        ("amina@", None),
        ("amina@corp.example/x", None),
        ("x" * 600 + "@corp.example", None),
    ],
)
def test_handles(text: str, handle: Handle | None) -> None:
    assert parse_handle(text) == handle


@given(st.text(max_size=80))
def test_handles_of_any_text(text: str) -> None:
    found = parse_handle(text)
    assert found is None or parse_handle(found.resource) == found


# Collections and threads


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
