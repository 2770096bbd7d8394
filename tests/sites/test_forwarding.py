"""Messages that other software forwards, and people who vanish without a word.

Mastodon forwards answers and deletions to followers of the thread's author with a signature of
linked data; here that is a hint to ask the origin.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sites.group import make_group
from tests.sites.person import Person
from tests.sites.remote_actor import PUBLIC, RemoteActor, RemoteHost, RemoteWorld
from tests.sites.remote_answers import Reply, status
from tests.sites.site import Site
from tests.sites.waiting import until

# What the receiver does not look into.
LINKED_DATA = {"signature": {"type": "RsaSignature2017", "creator": "x", "signatureValue": "eA=="}}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, world: RemoteWorld) -> Iterator[Site]:
    """A site that talks to everybody."""
    names = ["author.test", "answerer.test", "vanishing.test"]
    connect = {name: f"http://127.0.0.1:{world.host(name).port}" for name in names}
    extra = {
        "network": {"members": []},
        "federation": {"mode": "open"},
        "posts": {"default_audience": "public"},
        "outgoing": {"connect": connect},
    }
    made = make_group(tmp_path_factory.mktemp("forwarding"), 1, extra=extra)
    yield made[0]
    made.stop()


@pytest.fixture
def amina(site: Site) -> Person:
    return site.newcomer()


@pytest.fixture
def answerer(world: RemoteWorld) -> RemoteActor:
    return world.host("answerer.test").newcomer()


@pytest.fixture
def author(site: Site, world: RemoteWorld, amina: Person) -> RemoteActor:
    """Somebody elsewhere whom amina follows."""
    host = world.host("author.test")
    found = host.newcomer()
    account = amina.follow(found.handle, wait=False)
    follow = host.got("Follow", lambda sent: sent["object"] == found.uri)
    assert found.send(site, found.activity("Accept", follow)).status == 202
    until(lambda: amina.relationship(account)["following"])
    return found


def replies(person: Person, status_: dict[str, Any]) -> list[str]:
    thread = person.get(f"/api/v1/statuses/{status_['id']}/context")
    return [one["uri"] for one in thread["descendants"]]


@pytest.mark.parametrize("answer", [404, 410, "tombstone"])
def test_a_forwarded_reply_and_its_forwarded_deletion(
    site: Site, amina: Person, author: RemoteActor, answerer: RemoteActor, answer: int | str
) -> None:
    note = author.note()
    assert author.send(site, author.create(note)).status == 202
    shown = amina.arrived(note["id"])
    reply = answerer.note("<p>Reply</p>", inReplyTo=note["id"], cc=[author.uri])
    # Signed by the author's site, written by the answerer.
    forwarded = {**answerer.create(reply), **LINKED_DATA}
    assert author.send(site, forwarded).status == 202
    until(lambda: replies(amina, shown) == [reply["id"]])
    assert amina.status(shown["id"])["replies_count"] == 1

    delete = {
        **answerer.activity("Delete", {"type": "Tombstone", "id": reply["id"]}, to=[PUBLIC]),
        **LINKED_DATA,
    }
    # As long as it can be fetched nobody else can delete it.
    assert author.send(site, delete).status == 202
    site.settled()
    assert replies(amina, shown) == [reply["id"]]
    if answer == "tombstone":
        answerer.host.serve({"id": reply["id"], "type": "Tombstone", "@context": reply["@context"]})
    else:
        answerer.host.serve(Reply(status=int(answer)), reply["id"])
    again = {**delete, "id": answerer.host.new_uri("activities")}
    assert author.send(site, again).status == 202
    until(lambda: replies(amina, shown) == [])
    assert amina.status(shown["id"])["replies_count"] == 0


def test_what_a_forwarder_says_is_not_believed(
    site: Site, amina: Person, author: RemoteActor, answerer: RemoteActor
) -> None:
    note = author.note()
    assert author.send(site, author.create(note)).status == 202
    shown = amina.arrived(note["id"])
    reply = answerer.note("<p>Genuine</p>", inReplyTo=note["id"])
    forged = {**answerer.create({**reply, "content": "<p>Forged</p>"}), **LINKED_DATA}
    assert author.send(site, forged).status == 202
    until(lambda: replies(amina, shown) == [reply["id"]])
    thread = amina.get(f"/api/v1/statuses/{shown['id']}/context")
    assert thread["descendants"][0]["content"] == "<p>Genuine</p>"


def test_a_post_for_few_is_not_deleted_because_it_cannot_be_fetched(
    site: Site, amina: Person, author: RemoteActor, answerer: RemoteActor
) -> None:
    """Sites hide what is not for everybody behind a 404: only a 410 counts."""
    note = author.note("<p>Few</p>", to=[author.followers], cc=[])
    assert author.send(site, author.create(note)).status == 202
    shown = amina.arrived(note["id"])
    delete = {**author.activity("Delete", note["id"]), **LINKED_DATA}
    for code, left in ((404, 200), (410, 404)):
        author.host.serve(Reply(status=code), note["id"])
        sent = {**delete, "id": author.host.new_uri("activities")}
        assert answerer.send(site, sent).status == 202
        site.settled()
        until(
            lambda left=left: amina.answer("GET", f"/api/v1/statuses/{shown['id']}").status == left
        )


# People who vanish


def test_somebody_whose_inbox_is_gone_is_forgotten_a_day_later(
    site: Site, amina: Person, world: RemoteWorld
) -> None:
    host: RemoteHost = world.host("vanishing.test")
    leaving, staying = host.newcomer(), host.newcomer()
    for actor in (leaving, staying):
        # Like software without a shared inbox.
        del actor.document["endpoints"]
        actor.follow(site, amina.uri)
    for actor in (leaving, staying):
        with host.fault(status(410), path=f"/users/{actor.name}/inbox"):
            amina.write(f"For {actor.name}")
            until(lambda: site.rows(PLANNED), "a second look is planned")
            site.settled()
        ((due, uri),) = site.rows(PLANNED)
        assert due > (time.time() + 23 * 3600) * 1000
        assert actor.uri in uri
        if actor is leaving:
            host.serve(Reply(status=410), leaving.uri)
        make_due(site)
        until(lambda: not site.rows(PLANNED), "asked again")
    until(lambda: _followers(amina) == [staying.handle])
    known = "SELECT deleted_at IS NULL FROM account WHERE uri = '{}'"
    assert not site.value(known.format(leaving.uri))
    assert site.value(known.format(staying.uri))


PLANNED = "SELECT due_at, arguments FROM job WHERE kind = 'accounts.check_gone'"


def make_due(site: Site) -> None:
    """A day passes for the second look."""
    path = site.folder / site.database.removeprefix("sqlite:")
    with contextlib.closing(sqlite3.connect(path, timeout=10)) as connection, connection:
        connection.execute("UPDATE job SET due_at = 0 WHERE kind = 'accounts.check_gone'")


def _followers(person: Person) -> list[str]:
    return [one["acct"] for one in person.get(f"/api/v1/accounts/{person.id}/followers")]
