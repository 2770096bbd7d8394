"""Kill -9 at random moments under load: nothing acknowledged is lost, nothing is doubled.

Twenty times with ``FEDRSE_SOAK=1``, a few times otherwise.
"""

from __future__ import annotations

import http.client
import itertools
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.sites.group import Group, make_group
from tests.sites.person import Person
from tests.sites.remote_actor import RemoteActor, RemoteWorld
from tests.sites.site import Site
from tests.sites.waiting import ApiFailed, until

KILLS = 20 if os.environ.get("FEDRSE_SOAK") else 4
LOST = (OSError, http.client.HTTPException)


@pytest.fixture(scope="module")
def two(
    postgres: str | None, tmp_path_factory: pytest.TempPathFactory, world: RemoteWorld
) -> Iterator[Group]:
    host = world.host("witness.test")
    made = make_group(
        tmp_path_factory.mktemp("kill"),
        2,
        postgres=postgres,
        extra={
            "federation": {"allowed_hosts": ["witness.test"]},
            "posts": {"default_audience": "public"},
            "outgoing": {"connect": {"witness.test": f"http://127.0.0.1:{host.port}"}},
        },
    )
    yield made
    made.stop()


class Load:
    """Does something again and again in a thread, and remembers what was acknowledged.

    ``attempt(number)`` returns what was acknowledged, or None for an answer that is no success;
    an interrupted attempt is repeated if ``repeat``.
    """

    def __init__(self, attempt: Callable[[int], Any], *, repeat: bool) -> None:
        self.acknowledged: dict[int, Any] = {}
        self.unknown: set[int] = set()
        self._attempt = attempt
        self._repeat = repeat
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            for number in itertools.count():
                if self._stop.is_set():
                    return
                self._once(number)
        except BaseException as error:  # noqa: BLE001  (raised by stop)
            self._error = error

    def _once(self, number: int) -> None:
        while True:
            try:
                result = self._attempt(number)
            except LOST:
                time.sleep(0.05)
                if self._repeat and not self._stop.is_set():
                    continue
                self.unknown.add(number)
                return
            if result is not None:
                self.acknowledged[number] = result
            return


def written(text: str, status: dict[str, Any]) -> bool:
    return status["content"] == f"<p>{text}</p>"


def post_load(person: Person, name: str) -> Load:
    """Posts with an Idempotency-Key, repeated until they are acknowledged."""

    def attempt(number: int) -> str | None:
        answer = person.answer(
            "POST",
            "/api/v1/statuses",
            {"status": f"{name} {number}"},
            **{"Idempotency-Key": f"{name}-{number}"},
        )
        if answer.status in {500, 502, 503}:
            raise OSError(answer.status)
        assert answer.ok, answer
        return str(answer.json()["uri"])

    return Load(attempt, repeat=True)


def like_load(person: Person, statuses: list[dict[str, Any]]) -> Load:
    """Likes one post after the other; what was not answered may have counted or not."""

    def attempt(number: int) -> str | None:
        if number >= len(statuses):
            time.sleep(0.1)
            return None
        try:
            person.on(statuses[number], "favourite")
        except ApiFailed as failed:
            raise OSError(failed.answer.status) from failed
        return str(statuses[number]["uri"])

    return Load(attempt, repeat=False)


def message_load(actor: RemoteActor, site: Site, target: Person) -> Load:
    """Signed notes of other software that name somebody."""

    def attempt(number: int) -> str | None:
        note = actor.note(f"<p>message {number}</p>", cc=[target.uri])
        note["tag"] = [{"type": "Mention", "href": target.uri, "name": target.username}]
        answer = actor.send(site, actor.create(note))
        if answer.status >= 500:
            raise OSError(answer.status)
        assert answer.status == 202, answer
        return str(note["id"])

    return Load(attempt, repeat=False)


def kill_at_random(site: Site) -> None:
    chance = random.Random(7)
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.4, 1.5))
        site.kill()
        site.start()


def watch(actor: RemoteActor, author: Person) -> None:
    """Follows somebody from outside of the network, who has to agree."""
    follow = actor.activity("Follow", author.uri)
    assert actor.send(author.site, follow).status == 202
    (asking,) = until(lambda: author.get("/api/v1/follow_requests"))
    author.post(f"/api/v1/follow_requests/{asking['id']}/authorize")
    actor.host.got("Accept", lambda found: follow["id"] in str(found))


def test_kill_under_load(two: Group, world: RemoteWorld) -> None:
    lyon, nantes = two
    host = world.host("witness.test")
    writer, second, named = lyon.newcomers(3)
    reader = nantes.newcomer()
    reader.follow(writer)
    for author in (writer, second):
        watch(host.newcomer("watch"), author)
    sender = host.newcomer("sends")
    assert sender.send(lyon, sender.activity("Like", writer.write("warm")["uri"])).status == 202
    liked = [second.write(f"to like {number}") for number in range(40)]
    two.settled()
    before_likes = [reader.look_up(status["uri"]) for status in liked]
    assert all(before_likes)

    loads = {
        "posts": post_load(writer, "first"),
        "more": post_load(second, "other"),
        "likes": like_load(lyon.newcomer(), liked),
        "messages": message_load(sender, lyon, named),
    }
    for load in loads.values():
        load.start()
    kill_at_random(lyon)
    time.sleep(0.5)
    for load in loads.values():
        load.stop()
    for load in loads.values():
        assert load.acknowledged, "the load has done something"
    lyon.leases_end()
    lyon.time_passes()
    writer.write("wakes the sender")
    two.settled(seconds=180)  # a lot may have gathered while it was away

    check_posts(lyon, loads["posts"], "first")
    check_posts(lyon, loads["more"], "other")
    check_likes(second, liked, loads["likes"])
    check_messages(lyon, named, loads["messages"])
    check_arrival(nantes, host.posts("Create"), loads)


def check_posts(lyon: Site, load: Load, name: str) -> None:
    """At home: each acknowledged post once, under the address that was acknowledged."""
    rows = lyon.rows(f"SELECT uri, source FROM post WHERE source LIKE '{name} %'")
    assert [uri for uri, count in Counter(uri for uri, _ in rows).items() if count > 1] == []
    texts = Counter(source for _, source in rows)
    assert [text for text, count in texts.items() if count > 1] == [], "doubled"
    stored = {source: uri for uri, source in rows}
    for number, uri in load.acknowledged.items():
        assert stored.get(f"{name} {number}") == uri, "an acknowledged post is lost"
    unknown = {f"{name} {number}" for number in load.unknown}
    assert set(texts) - unknown == {f"{name} {number}" for number in load.acknowledged}


def check_likes(author: Person, liked: list[dict[str, Any]], load: Load) -> None:
    for number, status in enumerate(liked):
        count = author.status(status["id"])["favourites_count"]
        if number in load.acknowledged:
            assert count == 1, "an acknowledged like is lost, or counted twice"
        else:
            assert count in ({0, 1} if number in load.unknown else {0})
    told = Counter(item["status"]["uri"] for item in all_notifications(author, "favourite"))
    assert set(load.acknowledged.values()) <= set(told)
    assert max(told.values(), default=1) == 1, "told twice"


def all_notifications(person: Person, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while page := person.notifications(
        types=[kind], **({"max_id": found[-1]["id"]} if found else {})
    ):
        found += page
    return found


def check_messages(lyon: Site, named: Person, load: Load) -> None:
    stored = Counter(
        uri for (uri,) in lyon.rows("SELECT uri FROM post WHERE content LIKE '<p>message %'")
    )
    assert set(load.acknowledged.values()) <= set(stored), "an acknowledged message is lost"
    assert max(stored.values()) == 1
    told = Counter(item["status"]["uri"] for item in all_notifications(named, "mention"))
    assert set(load.acknowledged.values()) <= set(told)
    assert max(told.values()) == 1, "told twice"


def check_arrival(nantes: Site, delivered: list[Any], loads: dict[str, Load]) -> None:
    """At the other site and at the other software: everything, nothing stored twice."""
    wanted = set(loads["posts"].acknowledged.values()) | set(loads["more"].acknowledged.values())

    def missing() -> set[str]:
        rows = nantes.rows("SELECT uri FROM post WHERE NOT local")
        return wanted - {uri for (uri,) in rows}

    until(lambda: not missing(), lambda: f"{len(missing())} of {len(wanted)} are missing")
    twice = nantes.rows("SELECT uri, count(*) FROM post GROUP BY uri HAVING count(*) > 1")
    assert twice == []
    seen = {item.activity["object"]["id"] for item in delivered}
    assert wanted <= seen, f"{len(wanted - seen)} of {len(wanted)} were never sent"
