"""A peer that floods a site is asked to come later, and slows nobody else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.sites.harness import Person, Site, make_group, until
from tests.sites.remote_actor import PUBLIC, RemoteActor, RemoteWorld
from tests.sites.test_border import told

NAMES = ("flood.test", "calm.test")
LIMIT = 30
FLOOD = 150


@pytest.fixture(scope="module")
def site(
    postgres: str | None, tmp_path_factory: pytest.TempPathFactory, world: RemoteWorld
) -> Iterator[Site]:
    """A site with small quotas."""
    connect = {name: f"http://127.0.0.1:{world.host(name).port}" for name in NAMES}
    made = make_group(
        tmp_path_factory.mktemp("quotas"),
        1,
        postgres=postgres,
        extra={
            "federation": {"mode": "open"},
            "outgoing": {"connect": connect},
            "limits": {"enabled": True, "inbox_per_minute": LIMIT},
        },
    )[0]
    yield made
    made.stop()


def messages(author: RemoteActor, person: Person, count: int) -> list[int]:
    """Sends messages to somebody; the status of each answer."""
    found = []
    for _ in range(count):
        mention = {"type": "Mention", "href": person.uri, "name": f"@{person.handle}"}
        note = author.note(to=[PUBLIC, person.uri], tag=[mention])
        found.append(author.send(person.site, author.create(note)).status)
    return found


def test_a_flooding_peer_slows_nobody_else(site: Site, world: RemoteWorld) -> None:
    amina, basile = site.newcomers(2)
    flood = world.host(NAMES[0]).newcomer()
    calm = world.host(NAMES[1]).newcomer()
    with ThreadPoolExecutor() as threads:
        flooding = threads.submit(messages, flood, amina, FLOOD)
        sending = threads.submit(messages, calm, basile, 10)
        assert sending.result() == [202] * 10
        answers = Counter(flooding.result())
    assert set(answers) == {202, 429}
    assert answers[202] < FLOOD // 2
    refused = flood.send(site, flood.create(flood.note()))
    assert refused.status == 429
    assert 0 < int(refused.headers["retry-after"]) <= 60

    def arrived() -> bool:
        return len({n["status"]["uri"] for n in basile.notifications() if n.get("status")}) == 10

    until(arrived, "all messages of the other peer")

    def explained() -> bool:
        codes = {one["code"] for one in told(site, "why", NAMES[0])["peer"]["ledger"]}
        return "quota_exceeded" in codes

    until(explained, "the ledger tells of it")
