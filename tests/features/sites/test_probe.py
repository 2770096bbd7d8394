"""Asking peers over sockets what they are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.activitypub.peers import RFC9421_IRI
from fedrse.core.clock import ManualClock
from fedrse.core.errors import Forbidden
from fedrse.core.settings import FederationMode, FederationSettings, Settings, SiteSettings
from fedrse.core.urls import UrlRules
from fedrse.features.policy.service import Border
from fedrse.features.sites.service import Sites
from fedrse.features.sites.service_probe import Probe
from fedrse.store.database import Database
from tests.activitypub.fetching.reader import OWN, Reader
from tests.activitypub.peer_server import PeerServer, peer_server


class Scout:
    """A probe with everything around it."""

    def __init__(self, database: Database) -> None:
        self.reader = Reader(database)
        self.known: list[str] = []
        rules = UrlRules.of_site(OWN, {})
        settings = Settings(
            site=SiteSettings(base_url=OWN),
            federation=FederationSettings(mode=FederationMode.OPEN, blocked_hosts=["evil.example"]),
        )
        self.sites = Sites(
            policy=Border(settings=settings, clock=self.reader.clock),
            rules=rules,
            clock=self.reader.clock,
        )
        self.probe = Probe(
            database=database,
            sites=self.sites,
            client=self.reader.client,
            documents=self.reader.documents,
            rules=rules,
            know_actor=self.know,
        )

    async def know(self, uri: str) -> None:
        self.known.append(uri)


@pytest.fixture
async def scout(database: Database) -> AsyncIterator[Scout]:
    made = Scout(database)
    yield made
    await made.reader.close()


@pytest.fixture
async def oslo(scout: Scout) -> AsyncIterator[PeerServer]:
    async with peer_server(scout.reader.clock) as peer:
        peer.keys = scout.reader.verify_keys()
        yield peer


def describe(peer: PeerServer, **actor: Any) -> None:
    """Publishes NodeInfo and an instance actor."""
    schema = "http://nodeinfo.diaspora.software/ns/schema/2.1"
    peer.documents |= {
        "/.well-known/nodeinfo": {
            "links": [
                {"rel": schema, "href": f"{peer.origin}/nodeinfo/2.1"},
                {
                    "rel": "https://www.w3.org/ns/activitystreams#Application",
                    "href": f"{peer.origin}/actor",
                },
            ]
        },
        "/nodeinfo/2.1": {"software": {"name": "fedrse", "version": "1.2"}},
        "/actor": {
            "id": f"{peer.origin}/actor",
            "type": "Application",
            "endpoints": {"sharedInbox": f"{peer.origin}/inbox"},
            "network": f"{peer.origin}/actor/members",
            "generator": {"type": "Application", "implements": [{"href": RFC9421_IRI}]},
            **actor,
        },
    }


async def test_peer_is_asked_and_remembered(scout: Scout, oslo: PeerServer) -> None:
    describe(oslo)
    result = await scout.probe.probe(oslo.host)
    assert (result.software, result.version, result.error) == ("fedrse", "1.2", "")
    assert result.instance_actor == f"{oslo.origin}/actor"
    assert result.members_uri == f"{oslo.origin}/actor/members"
    assert result.shared_inbox == f"{oslo.origin}/inbox"
    assert result.capabilities == (RFC9421_IRI,)
    assert scout.known == [f"{oslo.origin}/actor"]


async def test_addresses_of_other_origins_are_not_believed(scout: Scout, oslo: PeerServer) -> None:
    describe(
        oslo,
        endpoints={"sharedInbox": "https://elsewhere.example/inbox"},
        network="https://elsewhere.example/members",
    )
    links = oslo.documents["/.well-known/nodeinfo"]["links"]
    links[0]["href"] = "http://169.254.169.254/latest/meta-data"
    result = await scout.probe.probe(oslo.host)
    assert (result.software, result.shared_inbox, result.members_uri) == ("", None, None)


async def test_silence_is_an_answer(scout: Scout, database: Database) -> None:
    result = await scout.probe.probe("localhost:2")
    assert result.error
    site = await database.read(scout.sites.by_host, "localhost:2")
    assert site is not None
    assert site.last_error == result.error


async def test_members_are_asked_until_they_answer(scout: Scout, oslo: PeerServer) -> None:
    members = frozenset({oslo.host, "localhost:2"})
    now = scout.reader.clock.now()
    assert not await scout.probe.probe_members(members, fresh_since=now)
    asked = len(oslo.received)
    assert not await scout.probe.probe_members(members, fresh_since=now)
    assert len(oslo.received) == asked  # it has answered lately
    assert await scout.probe.probe_members(frozenset({oslo.host}), fresh_since=now + 1)
    assert len(oslo.received) > asked


@pytest.mark.parametrize(
    "broken",
    [
        {"/.well-known/nodeinfo": {"links": "x"}},
        {"/.well-known/nodeinfo": {"links": [7, {}, {"rel": [], "href": {}}]}},
        {"/nodeinfo/2.1": {"software": ["x"]}},
        {"/nodeinfo/2.1": {"software": {"name": 7, "version": None}}},
        {"/actor": 404},
    ],
)
async def test_strange_answers_are_survived(
    scout: Scout, oslo: PeerServer, broken: dict[str, Any]
) -> None:
    describe(oslo)
    oslo.documents |= broken
    result = await scout.probe.probe(oslo.host)
    assert result.error == ""


async def test_blocked_peers_are_not_asked(scout: Scout) -> None:
    with pytest.raises(Forbidden):
        await scout.probe.probe("a.evil.example")


HOST = "oslo.example"
NODEINFO = "http://nodeinfo.diaspora.software/ns/schema/2.1"
SHAPES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.text(max_size=12),
        st.sampled_from([NODEINFO, f"https://{HOST}/nodeinfo/2.1", "https://evil.example/n", "//"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(
                ["links", "rel", "href", "software", "name", "version", "id", "endpoints",
                 "sharedInbox", "network", "generator", "implements"]
            ),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=20,
)  # fmt: skip


class AnyPeer:
    """Answers each question with the next of some documents, as bytes or as a document."""

    def __init__(self, answers: list[Any]) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.stored: list[Any] = []

    def _next(self, uri: str) -> Any:
        self.asked.append(uri)
        return self.answers.pop(0) if self.answers else {}

    async def get(self, address: str, **_options: object) -> Any:
        return SimpleNamespace(status=200, body=msgspec.json.encode(self._next(address)))

    async def fetch(self, uri: str, **_options: object) -> Any:
        found = self._next(uri)
        return SimpleNamespace(uri=uri, document=found if isinstance(found, dict) else {})

    async def write(self, _unit: object, _host: str, result: Any) -> None:
        self.stored.append(result)

    async def know(self, _uri: str) -> None:
        return None


@given(st.lists(SHAPES, max_size=3), st.dictionaries(st.just("links"), SHAPES))
def test_any_answer_of_a_peer_is_an_answer(answers: list[Any], first: dict[str, Any]) -> None:
    """NodeInfo and instance actors of any shape: no error, and nothing of other origins."""
    peer = AnyPeer([first, *answers])
    rules = UrlRules.of_site("https://lyon.example", {})
    settings = Settings(
        site=SiteSettings(base_url="https://lyon.example"),
        federation=FederationSettings(mode=FederationMode.OPEN),
    )
    anything: Any = peer
    probe = Probe(
        database=anything,
        sites=Sites(
            policy=Border(settings=settings, clock=ManualClock()), rules=rules, clock=ManualClock()
        ),
        client=anything,
        documents=anything,
        rules=rules,
        know_actor=peer.know,
    )
    result = asyncio.run(probe.probe(HOST))
    assert peer.stored == [result]
    assert len(result.software) <= 60
    assert len(result.version) <= 60
    for address in (result.shared_inbox, result.members_uri, *peer.asked):
        assert address is None or address.startswith(f"https://{HOST}/")
