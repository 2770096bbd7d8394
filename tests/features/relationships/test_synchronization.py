"""Followers synchronisation (FEP-8fcf)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.activitypub.dispatch import Dispatcher
from fedrse.activitypub.document_client import FetchFailed
from fedrse.activitypub.vocabulary import Json
from fedrse.core.urls import UrlRules
from fedrse.features.relationships.jobs import RelationshipJobs, read_partial_collection
from fedrse.features.relationships.model_synchronization import (
    Synchronization,
    followers_digest,
    parse_synchronization,
)
from fedrse.features.relationships.service import Relationships
from fedrse.features.relationships.service_synchronization import SYNCHRONISE
from fedrse.jobs.model import GiveUp, TryLater
from fedrse.store.database import Database
from tests.features.cast import Cast, handled, remote_actor
from tests.features.fakes import ORIGIN, FakeOutbox, FakeQueue
from tests.features.relationships.conftest import FakeFetcher, follow_and_accept, job

OSLO_4, OSLO_9 = "https://oslo.corp.example/ap/u/4", "https://oslo.corp.example/ap/u/9"


def test_the_digest_of_the_reference() -> None:
    digest = "a07495a1ee98a2d2540654f534bacfd1b1ca293d6f28eb81aaceb344d2dd512d"
    assert followers_digest([OSLO_4, OSLO_9]) == digest
    assert followers_digest([OSLO_9, OSLO_4, OSLO_9]) == digest
    assert followers_digest([]) == "0" * 64


def test_the_header_is_read_as_it_is_written() -> None:
    told = Synchronization("https://a.example/f", "https://a.example/s?x=1", "0a" * 32)
    assert parse_synchronization(told.header) == told
    reordered = f'digest="{"0A" * 32}",url="https://a.example/s?x=1",collectionId="{told[0]}"'
    assert parse_synchronization(reordered) == told


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        'collectionId="a", url="b"',
        'collectionId="a", url="b", digest="xyz"',
        'collectionId="", url="b", digest="' + "0" * 64 + '"',
        'url="a", url="b", collectionId="c", digest="' + "0" * 64 + '"',
        'collectionId="a", url="b", digest="' + "0" * 64 + '" trailing',
        "x" * 9000,
    ],
)
def test_broken_headers_are_nothing(header: str) -> None:
    assert parse_synchronization(header) is None


@given(st.text(alphabet='collectionIdurgest="0af, ', max_size=300) | st.text(max_size=100))
def test_no_header_breaks_the_reader(header: str) -> None:
    told = parse_synchronization(header)
    assert told is None or parse_synchronization(told.header) == told


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"type": "OrderedCollection", "orderedItems": [f"{ORIGIN}/ap/u/1"]}, {1}),
        ({"type": "Collection", "items": [{"id": f"{ORIGIN}/ap/u/1"}], "totalItems": 1}, {1}),
        ({"type": "OrderedCollection", "orderedItems": f"{ORIGIN}/ap/u/1"}, {1}),
        ({"type": "OrderedCollection", "orderedItems": []}, set()),
        ({"type": "OrderedCollection", "totalItems": 0}, set()),
        ({"type": "OrderedCollection"}, None),
        ({"type": "OrderedCollection", "first": "x", "totalItems": 0}, None),
        ({"type": "OrderedCollection", "orderedItems": [], "totalItems": 5}, None),
        ({"type": "OrderedCollection", "orderedItems": ["https://x.example/1"]}, None),
        ({"type": "OrderedCollection", "orderedItems": [7]}, None),
        ({"type": "Note", "orderedItems": []}, None),
    ],
)
def test_partial_collections(document: Json, expected: set[int] | None) -> None:
    uris = None if expected is None else {f"{ORIGIN}/ap/u/{number}" for number in expected}
    assert read_partial_collection(document, ORIGIN) == uris


async def test_what_is_told_to_a_host(
    database: Database, relationships: Relationships, dispatcher: Dispatcher, cast: Cast
) -> None:
    amina = await cast.local("amina")
    followers = [
        await cast.remote("ben"),
        await cast.remote("bea"),
        await cast.remote("kari", "oslo.corp.example"),
    ]
    for follower in followers:
        follow = cast.received(follower, {"type": "Follow", "object": amina.uri})
        await handled(database, dispatcher.dispatch, follow)
    tell = relationships.synchronization.header_for
    header = await database.read(tell, amina.id, "nantes.corp.example")
    assert parse_synchronization(header or "") == Synchronization(
        f"{amina.uri}/followers",
        f"{amina.uri}/followers-sync",
        followers_digest([followers[0].uri, followers[1].uri]),
    )
    assert await database.read(tell, amina.id, "bruxelles.example") is None

    # What was remembered is forgotten when a follower goes or comes.
    await database.write(relationships.remove_follower, followers[0], amina)
    header = await database.read(tell, amina.id, "nantes.corp.example")
    told = parse_synchronization(header or "")
    assert told is not None
    assert told.digest == followers_digest([followers[1].uri])


async def test_differing_lists_are_repaired(
    database: Database,
    relationships: Relationships,
    dispatcher: Dispatcher,
    cast: Cast,
    queue: FakeQueue,
    jobs: RelationshipJobs,
    fetcher: FakeFetcher,
    outbox: FakeOutbox,
) -> None:
    ben = await cast.remote("ben")
    stays, lost, asked, unknown = [
        await cast.local(name) for name in ("stays", "lost", "asked", "unknown")
    ]
    for person in (stays, lost):
        await follow_and_accept(database, relationships, dispatcher, cast, person, ben)
    await database.write(relationships.follow, asked, ben)
    outbox.sent.clear()

    listed = [stays.uri, asked.uri, unknown.uri]
    url = f"{ben.uri}/followers-sync"
    told = Synchronization(f"{ben.uri}/followers", url, followers_digest(listed))
    await database.write(relationships.synchronization.compare, ben.uri, told.header)
    await database.write(relationships.synchronization.compare, ben.uri, told.header)
    assert queue.jobs == [(SYNCHRONISE, {"account": ben.id, "url": url})]

    fetcher.documents[url] = {"type": "OrderedCollection", "orderedItems": listed}
    await jobs.synchronise(job(*queue.jobs[0]))
    following = [
        await database.read(relationships.is_following, person.id, ben.id)
        for person in (stays, lost, asked, unknown)
    ]
    assert following == [True, False, True, False]
    undo = outbox.last("Undo")
    assert outbox.types() == ["Undo"]
    assert (undo.sender, undo.activity["object"]["object"]) == (unknown.id, ben.uri)
    assert (await cast.again(ben)).followers_count == 2
    assert (await cast.again(lost)).following_count == 0

    # Now both agree.
    agreed = told._replace(digest=followers_digest([stays.uri, asked.uri]))
    queue.keys.clear()
    await database.write(relationships.synchronization.compare, ben.uri, agreed.header)
    assert len(queue.jobs) == 1


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("collection", "https://nantes.corp.example/ap/u/eve/followers"),
        ("url", "https://evil.example/followers-sync"),
        ("url", "nonsense"),
    ],
)
async def test_foreign_claims_plan_nothing(
    database: Database,
    relationships: Relationships,
    cast: Cast,
    queue: FakeQueue,
    change: str,
    value: str,
) -> None:
    ben = await cast.remote("ben")
    right = Synchronization(f"{ben.uri}/followers", f"{ben.uri}/sync", "0" * 63 + "1")
    wrong = right._replace(**{change: value})
    compare = relationships.synchronization.compare
    await database.write(compare, ben.uri, wrong.header)
    await database.write(compare, "https://nobody.example/x", right.header)
    await database.write(compare, ben.uri, "nonsense")
    assert queue.jobs == []
    await database.write(compare, ben.uri, right.header)
    assert len(queue.jobs) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (FetchFailed("fetch_timeout", "slow", "x", temporary=True), TryLater),
        (FetchFailed("fetch_status", "404", "x", missing=True), GiveUp),
        ({"type": "OrderedCollection"}, GiveUp),
        ({"type": "OrderedCollection", "first": "https://x.example/1"}, GiveUp),
    ],
)
async def test_nothing_is_done_on_an_error(
    database: Database,
    relationships: Relationships,
    dispatcher: Dispatcher,
    cast: Cast,
    jobs: RelationshipJobs,
    fetcher: FakeFetcher,
    answer: Any,
    error: type[Exception],
) -> None:
    ben, amina = await cast.remote("ben"), await cast.local("amina")
    await follow_and_accept(database, relationships, dispatcher, cast, amina, ben)
    fetcher.documents["u"] = answer
    with pytest.raises(error):
        await jobs.synchronise(job(SYNCHRONISE, {"account": ben.id, "url": "u"}))
    assert await database.read(relationships.is_following, amina.id, ben.id)


async def test_a_follow_made_while_the_list_was_fetched_stays(
    database: Database, relationships: Relationships, dispatcher: Dispatcher, cast: Cast
) -> None:
    ben, amina = await cast.remote("ben"), await cast.local("amina")
    before = await database.read(relationships.synchronization.local_followers, ben.id)
    await follow_and_accept(database, relationships, dispatcher, cast, amina, ben)
    repair = relationships.synchronization.repair
    assert await database.write(repair, ben.id, frozenset(), before) == (0, 0)
    assert await database.read(relationships.is_following, amina.id, ben.id)


def test_remote_actor_documents_of_tests_are_read() -> None:
    from fedrse.features.accounts.model_import import read_actor

    assert read_actor(remote_actor("ben"), UrlRules(), 0).username == "ben"


COLLECTION = st.fixed_dictionaries(
    {"type": st.sampled_from(["Collection", "OrderedCollection", "Note", None, 1, []])},
    optional={
        name: st.recursive(
            st.one_of(
                st.none(),
                st.integers(-2, 3),
                st.text(max_size=5),
                st.sampled_from(["https://a.example/1", "https://a.example.evil/1"]),
            ),
            lambda inner: st.one_of(
                st.lists(inner, max_size=3),
                st.dictionaries(st.sampled_from(["id", "href"]), inner, max_size=2),
            ),
            max_leaves=8,
        )
        for name in ("items", "orderedItems", "totalItems", "first", "id")
    },
)


@given(COLLECTION)
def test_a_collection_of_any_shape_is_whole_or_nothing(document: dict[str, Any]) -> None:
    found = read_partial_collection(document, "https://a.example")
    assert found is None or all(uri.startswith("https://a.example/") for uri in found)
