"""The scene of hostile messages: a site, its people and friends, an attacker, and a canary.

The site runs in open mode, so that everybody may try, and may contact the remote hosts of the test
through connect overrides only: every other address of this machine is one that it must not touch.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.sites.person import Person
from tests.sites.remote_actor import Json, RemoteActor, RemoteHost, RemoteWorld
from tests.sites.site import Site
from tests.sites.waiting import until
from tests.sites.web import Answer

EVIL_HOSTS = 120  # e0.evil.test and so on: one for each attack that fetches
# What must be the same before and after; rows about the attacker's own hosts do not count.
_EVIL = "host LIKE '%evil.test%'"
TABLES = {
    "account": f"NOT {_EVIL}",
    "actor_key": f"account_id NOT IN (SELECT id FROM account WHERE {_EVIL})",
    "block": "",
    "bookmark": "",
    "emoji": "",
    "follow": "",
    "home_entry": "",
    "login": "",
    "media": "",
    "mention": "",
    "mute": "",
    "notification": "",
    "oauth_token": "",
    "pin": "",
    "poll": "",
    "poll_vote": "",
    "post": "",
    "post_edit": "",
    "post_tag": "",
    "reaction": "",
    "report": "",
    # A deletion is noted by whose it is, and counts only if that is the owner.
    "tombstone": "actor NOT LIKE 'http://%evil.test/%' AND actor NOT LIKE '%/neighbour'",
}
# Times of the last look, not of the last change.
_IGNORED = {"fetched_at", "last_used_at", "last_active_at", "origin_counted_at"}


class Canary:
    """Listens on addresses of this machine that nobody may contact, and remembers who came."""

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []
        self.visitors: list[object] = []
        self.port = 0
        for family, address in (
            (socket.AF_INET, "127.0.0.1"),
            (socket.AF_INET, "127.0.0.66"),
            (socket.AF_INET6, "::1"),
        ):
            listening = socket.socket(family, socket.SOCK_STREAM)
            try:
                listening.bind((address, self.port))
            except OSError:  # no IPv6 on this machine: then nobody can visit it either
                listening.close()
                continue
            self.port = self.port or listening.getsockname()[1]
            listening.listen()
            self._sockets.append(listening)
        for listening in self._sockets:
            threading.Thread(target=self._watch, args=(listening,), daemon=True).start()

    def _watch(self, listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, address = listening.accept()
                self.visitors.append(address)
                connection.close()

    def close(self) -> None:
        for listening in self._sockets:
            listening.shutdown(socket.SHUT_RDWR)
            listening.close()

    def addresses(self, path: str = "/secret") -> list[str]:
        """Ways to write addresses of this machine and its neighbours."""
        hosts = (
            "127.0.0.1",
            "localhost",
            "[::1]",
            "0.0.0.0",
            "127.0.0.66",
            "127.1",
            "2130706433",
            "0x7f.0.0.1",
            "[::ffff:127.0.0.1]",
            "[::]",
            "foo.localhost",
            "localhost.",
        )
        return [f"http://{host}:{self.port}{path}" for host in hosts] + [
            f"https://localhost:{self.port}{path}",
            f"http://mallory@localhost:{self.port}{path}",
            f"http://169.254.169.254{path}",
            f"http://10.0.0.1{path}",
            f"https://[fd00:ec2::254]{path}",
            f"file://localhost{path}",
            f"gopher://localhost:{self.port}{path}",
        ]


@dataclass
class Stage:
    """Who is there."""

    site: Site
    world: RemoteWorld
    canary: Canary
    alice: Person  # has posts and a poll, follows friend
    bob: Person  # follows alice
    friend: RemoteActor  # of good.test: has posts, follows and likes
    neighbour: RemoteActor  # of good.test too, but somebody else
    mallory: RemoteActor  # of evil.test
    public: dict[str, Any]  # alice's posts
    private: dict[str, Any]
    poll: dict[str, Any]
    known: Json  # friend's post, known here and liked by alice
    follow: Json  # friend's Follow of alice, accepted
    like: Json  # friend's Like of alice's public post
    pending: Json = field(default_factory=dict)  # alice's Follow of the neighbour, not answered

    @property
    def good(self) -> RemoteHost:
        return self.friend.host

    @property
    def evil(self) -> RemoteHost:
        return self.mallory.host

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        """The contents of all tables that matter."""
        found = {}
        for table, condition in TABLES.items():
            columns = ", ".join(f'"{name}"' for name in sorted(self.site.columns(table) - _IGNORED))
            order = ", ".join(str(number + 1) for number in range(columns.count('"') // 2))
            where = f" WHERE {condition}" if condition else ""
            found[table] = self.site.rows(f"SELECT {columns} FROM {table}{where} ORDER BY {order}")
        return found

    @contextlib.contextmanager
    def unchanged(self) -> Iterator[None]:
        """Whatever happens inside leaves everything as it was, and nobody visits the canary."""
        before = self.dump()
        last = self.site.value("SELECT coalesce(max(id), 0) FROM inbox_message")
        yield
        self.settle()
        after = self.dump()
        for table, rows in before.items():
            extra = set(after[table]) ^ set(rows)
            assert not extra, f"{table} has changed: {extra}"
        assert self.canary.visitors == [], "a forbidden address was contacted"
        broken = self.site.rows(
            f"SELECT type, reason FROM inbox_message WHERE id > {last} AND state = 'failed'"
            " AND (reason LIKE '%Error:%' OR reason LIKE '%Exception%')"
        )
        assert broken == []

    def settle(self) -> None:
        self.site.settled()

    def look_up(self, uri: str) -> dict[str, Any] | None:
        return self.alice.look_up(uri)

    def send(self, activity: Json | bytes, **options: Any) -> Answer:
        """From mallory, rightly signed unless ``options`` say otherwise."""
        return self.mallory.send(self.site, activity, **options)

    def raw(self, data: bytes) -> bytes:
        """Writes bytes to the site and reads until it closes."""
        with socket.create_connection(("127.0.0.1", self.site.port), timeout=20) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            parts = []
            while part := connection.recv(65536):
                parts.append(part)
        return b"".join(parts)


def prepare(site: Site, world: RemoteWorld, canary: Canary) -> Stage:
    """People who know each other, some posts, and an attacker whose actor is known here."""
    alice, bob = site.create("alice", "bob")
    good, evil = world.host("good.test"), world.host("evil.test")
    friend, neighbour = good.actor("friend"), good.actor("neighbour")
    mallory = evil.actor("mallory")
    bob.follow(alice)
    account = alice.follow(friend.handle, wait=False)
    # The hosts of other stages are the same: what counts is who follows.
    asks = {"actor": alice.uri, "object": friend.uri}
    sent = good.got("Follow", lambda found: asks.items() <= found.items())
    assert friend.send(site, friend.activity("Accept", sent)).status == 202
    until(lambda: alice.relationship(account)["following"])
    alice.follow(neighbour.handle, wait=False)
    asked = {"actor": alice.uri, "object": neighbour.uri}
    pending = good.got("Follow", lambda found: asked.items() <= found.items())
    follow = friend.follow(site, alice.uri)

    public = alice.write("For everybody", audience="public")
    private = alice.write("For followers", visibility="private")
    poll = alice.write(
        "Tea or coffee?", audience="public", poll={"options": ["Tea", "Coffee"], "expires_in": 3600}
    )
    like = friend.activity("Like", public["uri"])
    assert friend.send(site, like).status == 202
    known = friend.note("<p>Known</p>")
    assert friend.send(site, friend.create(known)).status == 202
    alice.on(alice.arrived(known["id"]), "favourite")
    # Everybody's keys are known, so that no attack is refused for a reason that is not its own.
    for actor in (neighbour, mallory):
        hello = actor.activity("Like", public["uri"])
        assert actor.send(site, hello).status == 202
        assert actor.send(site, actor.activity("Undo", hello)).status == 202
    stage = Stage(
        site, world, canary, alice, bob, friend, neighbour, mallory,
        public, private, poll, known, follow, like, pending,
    )  # fmt: skip
    stage.settle()
    return stage


@dataclass(frozen=True)
class Attack:
    """A row of the table: what is tried, and the answers that are right.

    ``lesson`` is the advisory or pitfall that it comes from, if there is one.
    """

    run: Callable[[Stage], Answer | list[Answer] | None]
    status: frozenset[int]
    lesson: str

    @property
    def name(self) -> str:
        return self.run.__name__


REFUSED = frozenset({400, 401, 403, 404, 405, 406, 411, 413, 415, 421, 422, 431})


class Table:
    """Collects attacks by decorator."""

    def __init__(self) -> None:
        self.attacks: list[Attack] = []

    def __call__(
        self, *status: int, lesson: str = ""
    ) -> Callable[[Callable[[Stage], Any]], Callable[[Stage], Any]]:
        """``status``: the right answers; none: any refusal."""

        def add(run: Callable[[Stage], Any]) -> Callable[[Stage], Any]:
            self.attacks.append(Attack(run, frozenset(status) or REFUSED, lesson))
            return run

        return add


def reason(answer: Answer) -> str:
    """Why a message was refused; what is no HTTP at all is refused in plain text."""
    if answer.headers["content-type"].startswith("application/json"):
        return str(answer.json()["error"])
    assert answer.headers["content-type"].startswith("text/")
    return answer.text


def carry_out(attack: Attack, stage: Stage) -> None:
    """Runs a row: the answer is right and has a reason, nothing changes, the site lives."""
    with stage.unchanged():
        answers = attack.run(stage)
        for answer in answers if isinstance(answers, list) else [answers]:
            if answer is None:
                continue
            assert answer.status in attack.status, answer
            if answer.status >= 400:
                assert reason(answer), answer
    assert stage.site.is_running()
