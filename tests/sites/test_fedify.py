"""An independent server, made with Fedify, and a site: each does everything to the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.sites.group import make_group
from tests.sites.independent import FedifyServer
from tests.sites.person import Person
from tests.sites.site import Site
from tests.sites.waiting import until

pytestmark = pytest.mark.node


@pytest.fixture(scope="module")
def fedify(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FedifyServer]:
    with FedifyServer(tmp_path_factory.mktemp("fedify") / "server.log") as server:
        yield server


@pytest.fixture(scope="module")
def site(fedify: FedifyServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site without a network that talks to the Fedify server."""
    made = make_group(
        tmp_path_factory.mktemp("sites"),
        1,
        extra={
            "federation": {"allowed_hosts": [fedify.peer]},
            "outgoing": {"private_addresses": [fedify.peer]},
            "posts": {"default_audience": "public"},
        },
    )
    yield made[0]
    made.stop()


@pytest.fixture(scope="module")
def amina(site: Site, fedify: FedifyServer) -> Person:
    """Follows the actor of the Fedify server."""
    person = site.newcomer()
    person.follow(f"@{fedify.handle}")
    return person


@pytest.fixture(autouse=True)
def no_errors(fedify: FedifyServer) -> Iterator[None]:
    """The independent server has understood everything."""
    before = len(fedify.state["errors"])
    yield
    assert fedify.state["errors"][before:] == []


def got(fedify: FedifyServer, kind: str, **wanted: object) -> dict[str, Any]:
    """Waits until the Fedify server has received an activity, and its own code accepted it."""

    def find() -> dict[str, Any] | None:
        for activity in fedify.received(kind):
            if all(activity.get(name) == value for name, value in wanted.items()):
                return activity
        return None

    found = until(find, lambda: f"{kind} {wanted} in {fedify.state}")
    assert found is not None
    return found


def test_it_is_found(amina: Person, fedify: FedifyServer) -> None:
    account = amina.find(f"@{fedify.handle}")
    assert account["display_name"] == "Fedi Vérité"
    assert account["uri"] == fedify.actor
    assert amina.find(fedify.actor)["id"] == account["id"]


def test_it_understands_our_actor(amina: Person, fedify: FedifyServer) -> None:
    found = fedify.do("lookup", uri=amina.uri)
    assert found["type"] == "Person"
    assert found["document"]["preferredUsername"] == amina.username
    assert fedify.do("lookup", uri=f"{amina.site.base_url}/actor")["type"] == "Application"


def test_we_follow(amina: Person, fedify: FedifyServer) -> None:
    follow = got(fedify, "Follow", actor=amina.uri)
    assert follow["object"] == fedify.actor
    assert amina.uri in fedify.state["followers"]


def test_it_follows(site: Site, fedify: FedifyServer) -> None:
    bruno = site.newcomer()
    fedify.do("follow", actor=bruno.uri)
    until(lambda: bruno.uri in fedify.state["following"], "the Accept arrives")
    (notification,) = until(lambda: bruno.notifications(types=["follow"]))
    assert notification["account"]["acct"] == fedify.handle


def test_its_posts(amina: Person, fedify: FedifyServer) -> None:
    uri = fedify.do("post", content="<p>From <b>Fedify</b></p>", mentions=[amina.uri])["uri"]
    status = amina.arrived(uri)
    assert "From <b>Fedify</b>" in status["content"] or "From Fedify" in status["content"]
    assert status["account"]["acct"] == fedify.handle
    assert [item["id"] for item in status["mentions"]] == [amina.id]
    assert until(lambda: amina.notifications(types=["mention"]))[0]["status"]["uri"] == uri

    amina.on(status, "favourite")
    got(fedify, "Like", actor=amina.uri, object=uri)
    amina.on(status, "reblog")
    got(fedify, "Announce", actor=amina.uri, object=uri)
    reply = amina.write(f"@{fedify.handle} welcome", in_reply_to_id=status["id"])
    create = got(fedify, "Create", object=reply["uri"])
    assert create["attributedTo"] == amina.uri
    amina.on(status, "unfavourite")
    until(lambda: [a for a in fedify.received("Undo") if a["actor"] == amina.uri])

    fedify.do("delete", uri=uri)
    until(lambda: amina.answer("GET", f"/api/v1/statuses/{status['id']}").status == 404)


def test_our_posts(site: Site, fedify: FedifyServer) -> None:
    author = site.newcomer()
    fedify.do("follow", actor=author.uri)
    until(lambda: author.uri in fedify.state["following"])
    status = author.write("Hello Fedify #interop", visibility="public")
    create = got(fedify, "Create", object=status["uri"])
    assert create["actor"] == author.uri
    assert "Hello Fedify" in create["content"]

    fedify.do("like", object=status["uri"])
    until(lambda: author.status(status["id"])["favourites_count"] == 1)
    (liked,) = author.notifications(types=["favourite"])
    assert liked["account"]["acct"] == fedify.handle
    reply = fedify.do("post", content="<p>Hi!</p>", mentions=[author.uri], reply=status["uri"])
    context = until(lambda: author.get(f"/api/v1/statuses/{status['id']}/context")["descendants"])
    assert context[0]["uri"] == reply["uri"]
    fedify.do("unlike", object=status["uri"])
    until(lambda: author.status(status["id"])["favourites_count"] == 0)

    author.delete(status)
    until(lambda: fedify.received("Delete"), "the deletion arrives")


def test_it_lets_us_fetch_only_with_a_signature(site: Site, fedify: FedifyServer) -> None:
    """Its notes demand one; Fedify itself verifies it and says whose key it was."""
    uri = fedify.do("post", content="<p>Nobody was told</p>", quiet=True)["uri"]
    found = site.newcomer().look_up(uri)
    assert found is not None
    assert found["content"] == "<p>Nobody was told</p>"
    assert fedify.state["fetchers"][-1] == f"{site.base_url}/actor"
