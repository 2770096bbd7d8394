"""Handles: who they are, where that is asked, who confirms it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.activitypub.discovery import read_host_meta, self_link
from fedrse.activitypub.handles import Handle, parse_handle
from fedrse.activitypub.lookup import Lookup
from tests.activitypub.fetching.reader import Reader, failure, person, serve_webfinger
from tests.activitypub.peer_server import PeerServer


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
