"""Keys of other sites: whose they are, and what is said where they cannot be had."""

from __future__ import annotations

from typing import Any

import pytest

from fedrse.activitypub.key_documents import multikey_document, public_key_document
from fedrse.activitypub.keys import SigningKey, generate_ed25519
from fedrse.activitypub.remote_keys import KeyUnreachable
from fedrse.core.clock import MINUTE
from fedrse.core.errors import TooMany, Unauthenticated
from fedrse.net.host_state import STRANGER
from tests.activitypub.fetching.reader import Reader, person
from tests.activitypub.peer_server import PeerServer
from tests.activitypub.runtime_kit import rsa_key


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
