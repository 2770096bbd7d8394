"""Of which peer new people count: who makes them known, so that nobody uses up another's share."""

from __future__ import annotations

from typing import Any

import pytest

from fedrse.activitypub.key_documents import public_key_document
from fedrse.activitypub.keys import SigningKey
from fedrse.activitypub.quotas import Quota, Quotas, cause, caused_by, is_unproved, knocking
from fedrse.activitypub.threads import Threads
from fedrse.core.errors import TooMany
from fedrse.core.settings_limits import LimitSettings
from tests.activitypub.fetching.reader import Reader, failure, note, person
from tests.activitypub.peer_server import PeerServer
from tests.activitypub.runtime_kit import rsa_key

EVIL = "evil.test"


class Counting(Reader):
    """A site that takes two new people of a peer in a day."""

    def __init__(self, database: Any) -> None:
        super().__init__(database)
        self.quotas = Quotas(
            settings=LimitSettings(new_actors_per_day=2),
            clock=self.clock,
            database=database,
            is_trusted=lambda _host: False,
        )
        self.resolver._quotas = self.quotas
        self.resolver.know_actors(self.knows)

    async def knows(self, uri: str) -> bool:
        return uri in self.library.stored

    def left(self, who: str) -> bool:
        """Whether a peer has new people left today."""
        try:
            self.quotas.require(Quota.ACTORS, who)
        except TooMany:
            return False
        return True


@pytest.fixture
def kind_of_reader() -> type[Reader]:
    return Counting


async def test_who_causes_it_pays_and_not_the_site_that_is_asked(
    reader: Counting, oslo: PeerServer
) -> None:
    with caused_by(EVIL):
        for name in ("a", "b"):
            await reader.resolver.resolve(person(oslo, name))
        stopped = await failure(reader.resolver.resolve(person(oslo, "c")))
        results = await reader.resolver.resolve_all([person(oslo, "d")])
    assert stopped.code == "quota_exceeded"
    assert stopped.temporary
    assert [error is not None and error.code for error in results.values()] == ["quota_exceeded"]
    assert not reader.left(EVIL)
    assert reader.left(oslo.host)
    # Whoever looks for them here finds them, and others may still make them known.
    await reader.resolver.resolve(person(oslo, "c"))
    with caused_by("calm.test"):
        await reader.resolver.resolve(person(oslo, "d"))


async def test_a_post_pays_for_those_whom_it_names(
    reader: Counting, oslo: PeerServer, nantes: PeerServer
) -> None:
    """Without a cause, what is fetched first is the cause of all that it needs."""
    for number in range(3):
        there = note(nantes, number, attributedTo=person(nantes, f"p{number}"))
        await reader.resolver.resolve(note(oslo, number, inReplyTo=there))
    assert reader.left(nantes.host)
    assert not reader.left(oslo.host)


async def test_lists_of_answers_pay_for_those_whom_they_name(
    reader: Counting, oslo: PeerServer, nantes: PeerServer
) -> None:
    answers = [note(nantes, n, attributedTo=person(nantes, f"p{n}")) for n in range(3)]
    root = note(oslo, 99, replies={"type": "Collection", "items": answers})
    replies = f"{oslo.origin}/n/99/replies"
    oslo.documents["/n/99/replies"] = {"id": replies, "type": "Collection", "items": answers}
    oslo.documents["/n/99"]["replies"] = replies

    async def known(uris: list[str]) -> set[str]:
        return {uri for uri in uris if uri in reader.library.stored}

    threads = Threads(resolver=reader.resolver, collections=reader.collections)
    await threads.complete(root, known)
    assert sum(f"/u/p{n}" in uri for n in range(3) for uri in reader.library.stored) == 2
    assert reader.left(nantes.host)
    assert not reader.left(oslo.host)


def key_of(peer: PeerServer, name: str) -> str:
    """Publishes somebody with a key; its id."""
    uri = person(peer, name)
    key = SigningKey(f"{uri}#main-key", rsa_key(2))
    peer.documents[f"/u/{name}"]["publicKey"] = public_key_document(key.key_id, uri, key.public())
    return key.key_id


async def test_whoever_names_keys_of_others_uses_up_their_own_share(
    reader: Counting, oslo: PeerServer
) -> None:
    reader.quotas._sizes[Quota.ACTORS] = (1, reader.quotas._sizes[Quota.ACTORS][1])
    with caused_by(knocking("192.0.2.7")):
        for number in range(10):
            await reader.resolver.fetch_key(key_of(oslo, f"u{number}"))
        with pytest.raises(TooMany) as refused:
            await reader.resolver.fetch_key(key_of(oslo, "last"))
    assert refused.value.retry_after > 0
    assert reader.left(oslo.host), "nothing was proved to be theirs"
    # From elsewhere it goes on, and who has really signed counts for their site.
    with caused_by(knocking("198.51.100.1")):
        await reader.resolver.fetch_key(key_of(oslo, "real"))
    reader.resolver.proved(f"{oslo.origin}/u/real")
    assert not reader.left(oslo.host)
    with caused_by(knocking("203.0.113.1")), pytest.raises(TooMany):
        await reader.resolver.fetch_key(key_of(oslo, "more"))


async def test_somebody_counts_once_for_their_site(reader: Counting, oslo: PeerServer) -> None:
    with caused_by(knocking("192.0.2.7")):
        await reader.resolver.fetch_key(key_of(oslo, "real"))
    for _ in range(5):
        reader.resolver.proved(f"{oslo.origin}/u/real")
    assert reader.left(oslo.host)


async def test_a_forwarder_pays_for_those_whose_proofs_it_brings(
    reader: Counting, oslo: PeerServer
) -> None:
    with caused_by(EVIL):
        for name in ("a", "b"):
            await reader.resolver.fetch_key(key_of(oslo, name))
        with pytest.raises(TooMany):
            await reader.resolver.fetch_key(key_of(oslo, "c"))
    assert reader.left(oslo.host)


@pytest.mark.parametrize(
    ("address", "who"),
    [
        ("192.0.2.7", "address 192.0.2.0/24"),
        ("2001:db8:1:2::3", "address 2001:db8:1::/48"),
        ("[fe80::1%eth0]", "address fe80::/48"),
        ("10.3.2.1", "address 10.3.2.0/24"),
        ("127.0.0.1", ""),
        ("::1", ""),
        ("", ""),
        ("nonsense", ""),
    ],
)
def test_neighbours_knock_together(address: str, who: str) -> None:
    assert knocking(address) == who
    assert is_unproved(who) is bool(who)


def test_a_cause_ends_where_it_was_said() -> None:
    with caused_by("a.test"):
        with caused_by("b.test"):
            assert cause.get() == "b.test"
        assert cause.get() == "a.test"
    assert cause.get() == ""
