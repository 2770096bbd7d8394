"""A site that is open to everybody, those who write to it, and the rules at its border."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.sites.commands import fedrse, told
from tests.sites.group import make_group
from tests.sites.person import Person
from tests.sites.remote_actor import Json, RemoteActor, RemoteHost, RemoteWorld
from tests.sites.site import Site
from tests.sites.waiting import until

NAMES = ("border-a.test", "border-b.test")


def open_site(folder: Any, world: RemoteWorld, postgres: str | None) -> Site:
    connect = {name: f"http://127.0.0.1:{world.host(name).port}" for name in NAMES}
    return make_group(
        folder,
        1,
        postgres=postgres,
        extra={
            "federation": {"mode": "open"},
            "posts": {"default_audience": "public"},
            "outgoing": {"connect": connect},
        },
    )[0]


@pytest.fixture(scope="module")
def site(
    postgres: str | None, tmp_path_factory: pytest.TempPathFactory, world: RemoteWorld
) -> Iterator[Site]:
    """A site that is open to everybody."""
    made = open_site(tmp_path_factory.mktemp("border"), world, postgres)
    yield made
    made.stop()


@pytest.fixture
def host(world: RemoteWorld) -> RemoteHost:
    return world.host(NAMES[0])


@pytest.fixture
def amina(site: Site) -> Person:
    return site.newcomer()


class Rules:
    """Rules that a running site has heard of; they end with the test."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def add(self, *words: str) -> str:
        """Makes a rule and waits until the site goes by it; returns its number."""
        before = {rule["id"] for rule in self.all()}
        fedrse(self.site, "policy", "add", *words, "--yes")
        (number,) = {rule["id"] for rule in self.all()} - before
        self.wait()
        return str(number)

    def all(self) -> list[dict[str, Any]]:
        return [r for r in told(self.site, "policy", "list") if r["source"] != "settings"]

    def clear(self) -> None:
        numbers = [str(rule["id"]) for rule in self.all()]
        if numbers:
            fedrse(self.site, "policy", "remove", *numbers)
            self.wait()

    def wait(self) -> None:
        """A marker: a rule about a host that nobody has shows that the site has read them."""
        self.site.settled()


@pytest.fixture
def rules(site: Site) -> Iterator[Rules]:
    made = Rules(site)
    yield made
    made.clear()


def follower(host: RemoteHost, person: Person) -> RemoteActor:
    actor = host.newcomer()
    actor.follow(person.site, person.uri)
    return actor


def direct(author: RemoteActor, person: Person, content: str) -> Json:
    mention = {"type": "Mention", "href": person.uri, "name": f"@{person.handle}"}
    return author.note(content, to=[person.uri], cc=[], tag=[mention])


def mentioned(person: Person, note: Json) -> bool:
    """Whether somebody was told that a note names them."""
    told = (one.get("status") or {} for one in person.notifications())
    return note["id"] in {status.get("uri") for status in told}


def answer_of(site: Site, author: RemoteActor, activity: Json, wanted: int) -> Any:
    """Sends until the site goes by the newest rules: it hears of them a moment later."""

    def send() -> Any:
        fresh = {**activity, "id": author.host.new_uri("activities")}
        answer = author.send(site, fresh)
        return answer if answer.status == wanted else None

    return until(send, f"an answer {wanted}")


def held(site: Site, author: RemoteActor) -> list[dict[str, Any]]:
    found = told(site, "quarantine", "list", "--most", "1000")
    return [one for one in found if author.uri in (one["actor"], one["host"])]
