"""A peer that floods a site is asked to come later, and slows nobody else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.sites.commands import told
from tests.sites.group import make_group
from tests.sites.person import Person
from tests.sites.remote_actor import PUBLIC, RemoteActor, RemoteWorld
from tests.sites.site import Site
from tests.sites.waiting import until
from tests.sites.web import Answer

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


@pytest.fixture(scope="module")
def strict(
    postgres: str | None, tmp_path_factory: pytest.TempPathFactory, world: RemoteWorld
) -> Iterator[Site]:
    """A site where peers may ask little, make few people known, and cause few fetches."""
    connect = {name: f"http://127.0.0.1:{world.host(name).port}" for name in NAMES}
    made = make_group(
        tmp_path_factory.mktemp("strict"),
        1,
        postgres=postgres,
        extra={
            "federation": {"mode": "open"},
            "posts": {"default_audience": "public"},
            "outgoing": {"connect": connect},
            "limits": {
                "enabled": True,
                "signed_requests_per_minute": 5,
                "new_actors_per_day": 6,
                "fetches_per_minute": 4,
            },
        },
    )[0]
    yield made
    made.stop()


def refusal(answer: Answer) -> tuple[int, str]:
    assert int(answer.headers["retry-after"]) > 0
    return answer.status, answer.json()["error_code"]


def test_questions_of_one_peer(strict: Site, world: RemoteWorld) -> None:
    amina = strict.newcomer()
    reader = world.host(NAMES[0]).reader
    answers = [reader.get(amina.uri) for _ in range(8)]
    assert {answer.status for answer in answers} == {200, 429}
    assert refusal(answers[-1]) == (429, "quota_exceeded")
    assert world.host(NAMES[1]).reader.get(amina.uri).status == 200
    until(
        lambda: (
            "quota_exceeded"
            in {one["code"] for one in told(strict, "why", NAMES[0])["peer"]["ledger"]}
        ),
        "the ledger tells of it",
    )


def test_new_people_of_one_peer(strict: Site, world: RemoteWorld) -> None:
    amina = strict.newcomer()

    def follow(name: str) -> Answer:
        author = world.host(name).newcomer()
        return author.send(strict, author.activity("Follow", amina.uri))

    answers = [follow(NAMES[0]) for _ in range(9)]
    assert answers[0].status == 202
    assert refusal(answers[-1]) == (429, "quota_exceeded")
    assert follow(NAMES[1]).status == 202


def test_what_messages_of_one_peer_make_us_fetch(strict: Site, world: RemoteWorld) -> None:
    """Each is an answer to a post that nobody here knows."""
    author = world.host(NAMES[1]).newcomer()
    amina = strict.newcomer()

    def answer() -> Answer:
        asked = author.note()
        author.host.serve(asked)
        mention = {"type": "Mention", "href": amina.uri, "name": f"@{amina.handle}"}
        note = author.note(inReplyTo=asked["id"], to=[PUBLIC, amina.uri], tag=[mention])
        return author.send(strict, author.create(note))

    until(lambda: answer().status == 429, "what it causes is too much")
    assert refusal(answer()) == (429, "quota_exceeded")
    calm = world.host(NAMES[0]).actors["reader"]
    assert calm.send(strict, calm.activity("Follow", amina.uri)).status == 202
