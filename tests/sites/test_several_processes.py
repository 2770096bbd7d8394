"""Two processes on one PostgreSQL: they share the work, and nothing is done twice."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.sites.conftest import DATABASES
from tests.sites.group import make_group
from tests.sites.remote_actor import RemoteWorld
from tests.sites.site import Site, free_port
from tests.sites.waiting import until

pytestmark = pytest.mark.skipif("postgresql" not in DATABASES, reason="needs PostgreSQL")
HOSTS = 6
POSTS = 15


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory, world: RemoteWorld, postgres_server: str
) -> Iterator[Site]:
    names = [f"many{number}.test" for number in range(HOSTS)]
    connect = {name: f"http://127.0.0.1:{world.host(name).port}" for name in names}
    made = make_group(
        tmp_path_factory.mktemp("two"),
        1,
        postgres=postgres_server,
        extra={
            "federation": {"mode": "open", "allowed_hosts": names},
            "posts": {"default_audience": "public"},
            "outgoing": {"connect": connect},
        },
    )
    made[0].start(listen=free_port())
    yield made[0]
    made.stop()


def at_once(*work: object) -> None:
    threads = [threading.Thread(target=item) for item in work]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_deliveries_go_out_once(site: Site, world: RemoteWorld) -> None:
    author = site.newcomer()
    hosts = [world.host(f"many{number}.test") for number in range(HOSTS)]
    for host in hosts:
        host.newcomer("f").follow(site, author.uri)
        host.seen.clear()
    written: list[str] = []

    def write(port: int, name: str) -> None:
        person = author.through(port)
        written.extend(person.write(f"{name} {number}")["uri"] for number in range(POSTS))

    at_once(lambda: write(site.ports[0], "left"), lambda: write(site.ports[1], "right"))
    assert len(set(written)) == 2 * POSTS
    wanted = {f"<p>{name} {number}</p>" for name in ("left", "right") for number in range(POSTS)}
    for host in hosts:
        until(lambda host=host: len(host.posts("Create")) >= len(wanted), host.name)
    site.settled()
    for host in hosts:
        got = [seen.activity["object"]["content"] for seen in host.posts("Create")]
        assert Counter(got) == Counter(wanted)
        for name in ("left", "right"):
            order = [text for text in got if name in text]
            assert order == [f"<p>{name} {number}</p>" for number in range(POSTS)]


def test_messages_count_once(site: Site, world: RemoteWorld) -> None:
    """The same messages arrive at both processes at the same time."""
    author = site.newcomer()
    post = author.write("Like me")
    actors = [world.host(f"many{number}.test").newcomer("likes") for number in range(HOSTS)]
    messages = [
        (actor, activity)
        for actor in actors
        for activity in (
            actor.activity("Like", post["uri"]),
            actor.create(actor.note("<p>Yes</p>", inReplyTo=post["uri"], cc=[author.uri])),
            actor.activity("Announce", post["uri"], to=["as:Public"]),
        )
    ]
    answers: list[int] = []

    def send(port: int) -> None:
        for actor, activity in messages:
            answers.append(actor.send(site, activity, connect=("127.0.0.1", port)).status)

    at_once(*(lambda port=port: send(port) for port in site.ports))
    assert answers == [202] * (2 * len(messages))

    def totals() -> tuple[int, int, int]:
        status = author.status(post["id"])
        return status["favourites_count"], status["replies_count"], status["reblogs_count"]

    until(lambda: totals() == (HOSTS, HOSTS, HOSTS), totals)
    site.settled()
    assert totals() == (HOSTS, HOSTS, HOSTS)
    kinds = Counter(item["type"] for item in author.notifications())
    assert kinds["favourite"] == kinds["reblog"] == HOSTS
    assert site.value("SELECT count(*) FROM inbox_message WHERE state = 'failed'") == 0


def test_what_one_changes_the_other_shows(site: Site) -> None:
    amina, bruno = site.newcomers(2)
    first, second = site.ports
    post = amina.write("Version one")
    for port in (first, second):
        assert "Version one" in bruno.through(port).status(post["id"])["content"]
    amina.through(first).call("PUT", f"/api/v1/statuses/{post['id']}", {"status": "Version two"})
    until(lambda: "Version two" in bruno.through(second).status(post["id"])["content"])
    bruno.through(second).post(f"/api/v1/statuses/{post['id']}/favourite")
    until(lambda: amina.through(first).status(post["id"])["favourites_count"] == 1)
    amina.through(second).call(
        "PATCH", "/api/v1/accounts/update_credentials", {"display_name": "New name"}
    )
    until(lambda: bruno.through(first).status(post["id"])["account"]["display_name"] == "New name")


def test_one_ends_the_other_goes_on(site: Site, world: RemoteWorld) -> None:
    author = site.newcomer()
    host = world.host("many0.test")
    host.newcomer("f").follow(site, author.uri)
    site.kill_one(1)
    for number in range(5):
        author.write(f"Alone {number}")
    wanted = [f"<p>Alone {number}</p>" for number in range(5)]
    until(
        lambda: [s.activity["object"]["content"] for s in host.posts("Create")][-5:] == wanted,
        seconds=40,
    )
