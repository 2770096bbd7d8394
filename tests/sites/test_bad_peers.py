"""Peers that are down, slow, hang, refuse, speak nonsense or come back after days."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import pytest
from aiohttp import web

from tests.sites.group import make_group
from tests.sites.hostile_stage import Canary
from tests.sites.person import Person
from tests.sites.remote_actor import Json, RemoteActor, RemoteHost, RemoteWorld
from tests.sites.remote_answers import Fault, drop, hang, raw, slow, status
from tests.sites.site import Site
from tests.sites.waiting import until

HOSTS = 40
MANY = 8  # of them are for the test with many


@pytest.fixture(scope="module")
def site(
    postgres: str | None, tmp_path_factory: pytest.TempPathFactory, world: RemoteWorld
) -> Iterator[Site]:
    """A site that is open to everybody, and many peers."""
    names = [peer_name(postgres, number) for number in range(HOSTS)]
    made = make_group(
        tmp_path_factory.mktemp("bad"),
        1,
        postgres=postgres,
        extra={
            "federation": {"mode": "open"},
            "posts": {"default_audience": "public"},
            "outgoing": {
                "connect": {name: f"http://127.0.0.1:{world.host(name).port}" for name in names}
            },
        },
    )
    yield made[0]
    made.stop()


def peer_name(postgres: str | None, number: int) -> str:
    """The peers of the sites on both kinds of database are not the same."""
    return f"peer{number}.{'sqlite' if postgres is None else 'postgres'}.test"


@pytest.fixture(scope="module")
def fresh(postgres: str | None) -> Iterator[str]:
    """Names of hosts that no other test has used."""
    return (peer_name(postgres, number) for number in range(HOSTS - MANY))


@pytest.fixture
def hosts(world: RemoteWorld, fresh: Iterator[str]) -> Iterator[RemoteHost]:
    """Hosts that no other test has used, one after the other."""
    return (world.host(name) for name in fresh)


@pytest.fixture
def amina(site: Site) -> Person:
    return site.newcomer()


def follower(host: RemoteHost, person: Person) -> RemoteActor:
    actor = host.actor(f"f{person.id}")
    actor.follow(person.site, person.uri)
    return actor


def contents(host: RemoteHost, kind: str = "Create") -> list[str]:
    """What was delivered and taken, in the order of arrival."""
    return [seen.activity["object"]["content"] for seen in host.posts(kind)]


def numbered(numbers: range) -> list[str]:
    return [f"<p>Number {number}</p>" for number in numbers]


def wait_for(host: RemoteHost, wanted: list[str]) -> None:
    until(lambda: contents(host) == wanted, lambda: f"{contents(host)} at {host.name}")


class Recording:
    """A fault that remembers nothing of what it spoils: only what was taken counts."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.count = 0

    async def __call__(self, incoming: web.Request) -> web.StreamResponse:
        self.count += 1
        return await self.fault(incoming)


GARBAGE = raw(b"\0\1\2 this is no HTTP \r\n\r\n")
FAULTS = {
    "500": status(500),
    "502": status(502),
    "429": status(429, Retry_After="3600"),
    "garbage": GARBAGE,
    "drops": drop,
    "hangs": hang(),
    "half an answer": raw(b"HTTP/1.1 202 Acc"),
    "endless headers": raw(b"HTTP/1.1 202 OK\r\n" + b"X-A: b\r\n" * 5000),
}


@pytest.mark.parametrize("name", FAULTS)
def test_nothing_is_lost_and_nobody_waits(
    site: Site, amina: Person, hosts: Iterator[RemoteHost], name: str
) -> None:
    bad, good = next(hosts), next(hosts)
    follower(bad, amina)
    follower(good, amina)
    fault = Recording(FAULTS[name])
    with bad.fault(fault):
        for text in ("Number 0", "Number 1", "Number 2"):
            amina.write(text)
        # The others get everything while the bad one still fails or hangs.
        wait_for(good, numbered(range(3)))
        until(lambda: fault.count > 0, "the bad peer was tried")
        until(lambda: site.value("SELECT count(*) FROM destination WHERE failures > 0") > 0)
        tries = fault.count
        amina.write("Number 3")
        wait_for(good, numbered(range(4)))
        assert fault.count - tries <= 1, "a host that fails is left alone for a while"
    bad.seen.clear()
    comes_back(site, amina, bad, good)
    wait_for(bad, numbered(range(5)))
    wait_for(good, numbered(range(5)))


def comes_back(site: Site, amina: Person, *hosts: RemoteHost) -> None:
    """Time passes, and something new is written."""
    site.time_passes()
    count = len({text for host in hosts for text in contents(host)})
    amina.write(f"Number {max(count, 4)}")


def test_down_and_up_again_in_order(site: Site, amina: Person, hosts: Iterator[RemoteHost]) -> None:
    """Also over a restart of the site, and after many tries in vain."""
    host = next(hosts)
    follower(host, amina)
    host.seen.clear()
    with host.offline():
        first = amina.write("Number 0")
        second = amina.write("Number 1")
        amina.on(first, "favourite")
        amina.delete(second)
        for _ in range(3):
            until(lambda: site.value(DUE) == 0, "it was tried and failed")
            site.time_passes()
            amina.write("tick", visibility="direct")
        site.stop()
        site.start()
    amina.write("Number 2")

    def has_arrived() -> bool:
        site.time_passes()
        return "<p>Number 2</p>" in contents(host)

    until(has_arrived)
    kinds = [(seen.activity["type"], _about(seen.activity)) for seen in host.posts()]
    assert len(kinds) == len(set(kinds)), "each once"
    assert kinds.index(("Create", first["uri"])) < len(kinds)
    if ("Delete", second["uri"]) in kinds and ("Create", second["uri"]) in kinds:
        assert kinds.index(("Create", second["uri"])) < kinds.index(("Delete", second["uri"]))
    assert ("Delete", second["uri"]) in kinds or ("Create", second["uri"]) not in kinds


DUE = f"SELECT count(*) FROM destination WHERE due_at <= {int(time.time() * 1000)} + 1000"


def _about(activity: Json) -> str:
    target = activity["object"]
    return str(target["id"] if isinstance(target, dict) else target)


def test_edits_are_collapsed(site: Site, amina: Person, hosts: Iterator[RemoteHost]) -> None:
    host = next(hosts)
    follower(host, amina)
    post = amina.write("Version 0")
    host.got("Create", lambda found: found["object"]["id"] == post["uri"])
    with host.offline():
        for number in range(1, 6):
            amina.call("PUT", f"/api/v1/statuses/{post['id']}", {"status": f"Version {number}"})
    site.time_passes()
    amina.write("tick")
    until(lambda: contents(host, "Update")[-1:] == ["<p>Version 5</p>"])
    assert len(contents(host, "Update")) <= 2, "only the newest version matters"


def test_gone_inbox_gets_nothing_more(
    site: Site, amina: Person, hosts: Iterator[RemoteHost]
) -> None:
    host = next(hosts)
    leaving = follower(host, amina)
    fault = Recording(status(410))
    with host.fault(fault):
        amina.write("Number 0")
        until(lambda: fault.count > 0)
        site.settled()
    host.seen.clear()
    site.time_passes()
    amina.write("Number 1")
    site.settled()
    assert "<p>Number 0</p>" not in contents(host), f"{leaving.uri} said that it has gone"


def test_refused_messages_do_not_stop_the_others(
    site: Site, amina: Person, hosts: Iterator[RemoteHost]
) -> None:
    host = next(hosts)
    follower(host, amina)
    with host.fault(status(422)):
        amina.write("Number 0")
        site.settled()
    host.seen.clear()
    amina.write("Number 1")
    wait_for(host, ["<p>Number 1</p>"])


def test_double_knock(site: Site, amina: Person, hosts: Iterator[RemoteHost]) -> None:
    """A peer that takes only one way of signing gets it at the second try, then at the first."""
    for wanted in ("signature-input", "digest"):
        host = next(hosts)
        follower(host, amina)
        host.seen.clear()

        async def choosy(incoming: web.Request, wanted: str = wanted) -> web.StreamResponse:
            return web.Response(status=202 if wanted in incoming.headers else 401)

        with host.fault(choosy):
            for number in range(3):
                amina.write(f"Number {number}")
                until(lambda: taken(host, wanted) == numbered(range(number + 1)))  # noqa: B023
        refused = [seen for seen in host.posts("Create") if wanted not in seen.headers]
        assert len(refused) <= 1, "what worked is remembered"


def taken(host: RemoteHost, header: str) -> list[str]:
    return [
        seen.activity["object"]["content"]
        for seen in host.posts("Create")
        if header in seen.headers
    ]


def test_posts_never_follow_redirects(
    site: Site, amina: Person, hosts: Iterator[RemoteHost]
) -> None:
    host, canary = next(hosts), Canary()
    follower(host, amina)

    async def elsewhere(_incoming: web.Request) -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": canary.addresses()[0]})

    with host.fault(elsewhere):
        amina.write("Number 0")
        site.settled()
    assert canary.visitors == []
    canary.close()


def test_slow_peers_delay_nobody(site: Site, amina: Person, hosts: Iterator[RemoteHost]) -> None:
    late, quick = next(hosts), next(hosts)
    follower(late, amina)
    follower(quick, amina)
    with late.fault(slow(1.0)):
        for number in range(5):
            amina.write(f"Number {number}")
        wait_for(quick, numbered(range(5)))
        assert len(contents(late)) < 5, "the slow one has not even seen all of them"
        wait_for(late, numbered(range(5)))


def test_many_hanging_peers(site: Site, postgres: str | None, world: RemoteWorld) -> None:
    """Half of all hosts hang, the others get each post."""
    author = site.newcomer()
    names = [peer_name(postgres, number) for number in range(HOSTS - MANY, HOSTS)]
    hanging, good = names[:4], names[4:]
    for name in names:
        follower(world.host(name), author)
    faults = [world.host(name).fault(hang()) for name in hanging]
    with contextlib.ExitStack() as stack:
        for fault in faults:
            stack.enter_context(fault)
        for number in range(5):
            author.write(f"Many {number}")
        for name in good:
            until(lambda name=name: "<p>Many 4</p>" in contents(world.host(name)), name)
