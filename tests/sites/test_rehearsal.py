"""A rehearsal says what a policy would do: the same as the policy does when it is in force."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fedrse.app.context import ready_database
from fedrse.app.rehearsal import candidates, hasher_of
from fedrse.app.whole import open_whole
from fedrse.features.policy.model_ledger import Entry
from fedrse.features.policy.model_passage import Outcome
from fedrse.features.policy.model_rehearsal import DOOR, Rehearsal, ready
from fedrse.features.policy.service_ledger import LedgerReader
from tests.sites.commands import fedrse, told
from tests.sites.group import make_group
from tests.sites.person import Person
from tests.sites.remote_actor import PUBLIC, Json, RemoteActor, RemoteHost, RemoteWorld
from tests.sites.site import Site
from tests.sites.waiting import until

# What is rehearsed: something of most kinds, in both directions.
POLICY = """
[[rule]]
effect = "deny"
hosts = ["ledger-b.test"]
reason = "Not these."

[[rule]]
effect = "deny"
hosts = ["ledger-a.test"]
types = ["Event"]

[[rule]]
effect = "quarantine"
hosts = ["ledger-a.test"]
tags = ["Promo"]
direction = "in"

[[rule]]
effect = "deny"
languages = ["fr"]
direction = "in"

[[rule]]
effect = "allow"
actors = ["http://ledger-c.test/users/friend"]

[[rule]]
effect = "deny"
hosts = ["ledger-c.test"]
types = ["Note"]

[[rule]]
effect = "no_reports"
hosts = ["ledger-a.test"]

[[rule]]
effect = "no_direct"
hosts = ["ledger-a.test"]

[[rule]]
effect = "strip_media"
attachments = ["image"]

[[rule]]
effect = "cap"
hosts = ["ledger-a.test"]
types = ["Like"]
cap = 3
period = "30d"

[[rule]]
effect = "deny"
hosts = ["ledger-c.test"]
types = ["Create"]
direction = "out"

[[rule]]
effect = "deny"
types = ["Probe"]

[[rule]]
effect = "deny"
state = "shadow"
types = ["Like"]
"""
NAMES = ("ledger-a.test", "ledger-b.test", "ledger-c.test")
SENT = {"Create", "Flag", "Like", "View"}


@dataclass(frozen=True)
class Pair:
    """A site without rules, and one where the policy is in force from the start."""

    without: Site
    ruled: Site
    policy: Path


@pytest.fixture(scope="module")
def pair(
    postgres: str | None, tmp_path_factory: pytest.TempPathFactory, world: RemoteWorld
) -> Iterator[Pair]:
    connect = {name: f"http://127.0.0.1:{world.host(name).port}" for name in NAMES}
    folder = tmp_path_factory.mktemp("rehearsal")
    made = make_group(
        folder,
        2,
        postgres=postgres,
        extra={
            "network": {"members": []},
            "federation": {"mode": "open"},
            "posts": {"default_audience": "public"},
            "outgoing": {"connect": connect},
        },
    )
    policy = folder / "policy.toml"
    policy.write_text(POLICY, encoding="utf-8")
    yield Pair(made[0], made[1], policy)
    made.stop()


class Scene:
    """The same people and the same messages for both sites."""

    def __init__(self, world: RemoteWorld, site: Site) -> None:
        self.site = site
        self.person: Person = site.newcomer()
        self.hosts = [world.host(name) for name in NAMES]
        self.followers = [self._follower(host) for host in self.hosts]

    def _follower(self, host: RemoteHost) -> RemoteActor:
        actor = host.newcomer()
        actor.follow(self.site, self.person.uri)
        return actor

    def traffic(self) -> None:
        """Messages of many kinds; what is refused is refused."""
        own = self.person.write("before everything")
        for author in (*self.followers, self.hosts[2].actors["friend"]):
            for activity in messages(author, self.person, own["uri"]):
                author.send(self.site, activity)
        self.person.write("to all followers")
        self.person.on(own, "favourite")
        self.site.settled()


def messages(author: RemoteActor, person: Person, post: str) -> list[Json]:
    picture = {"type": "Image", "mediaType": "image/png", "url": f"{author.host.origin}/x.png"}
    promo = {"type": "Hashtag", "name": "#promo", "href": f"{author.host.origin}/tags/promo"}
    quiet = author.note(to=[person.uri], cc=[])
    return [
        author.create(author.note()),
        author.create(author.note(type="Event", name="Party")),
        author.create(author.note(tag=[promo])),
        author.create(author.note(contentMap={"fr-CA": "<p>Bonjour</p>"})),
        author.create(author.note(attachment=[picture])),
        author.create(quiet),
        author.activity("Flag", [person.uri], content="rude"),
        *(author.activity("Like", post, to=[PUBLIC]) for _ in range(5)),
        author.activity("View", post),
    ]


Count = Counter[tuple[str, str, str, str]]
"""Messages by direction, peer, type and outcome."""


def key(entry: Entry, host: str, outcome: Outcome) -> tuple[str, str, str, str]:
    # Of peers that are denied as such nothing is known but their name.
    kind = "*" if host == NAMES[1] else entry.type
    return entry.direction.value, host, kind, outcome.value


async def ledger_of(site: Site) -> list[Entry]:
    async with ready_database(site.settings) as database:
        return [entry async for entry in LedgerReader(database).entries(0)]


def traffic_in(entries: list[Entry]) -> list[Entry]:
    """What people sent, not what sites do by themselves (Accept, Update of totals, fetches)."""
    return [one for one in entries if one.type in SENT or (one.code in DOOR and not one.type)]


def happened(site: Site) -> Count:
    """What the policy did."""
    found: Count = Counter()
    for entry in traffic_in(asyncio.run(ledger_of(site))):
        outcome = Outcome.DENIED if entry.code in DOOR else entry.outcome
        for host in entry.hosts:
            found[key(entry, host, outcome)] += entry.count
    return found


def rehearsed(site: Site, policy: Path) -> Count:
    """What the policy would have done."""

    async def rehearse() -> Count:
        found: Count = Counter()
        async with open_whole(site.settings) as whole:
            now = whole.ground.clock.now()
            rules = ready(await candidates(whole, policy), now)
            hashed = [hasher_of(whole).rule(rule) for rule in rules]
            rehearsal = Rehearsal(whole.protocol.border.with_rules(hashed), now)
            entries = [one async for one in LedgerReader(whole.ground.database).entries(0)]
            for entry in traffic_in(entries):
                for envelope in entry.envelopes():
                    outcome, _ = rehearsal.outcome(entry, envelope)
                    found[key(entry, envelope.host, outcome)] += entry.count
        return found

    return asyncio.run(rehearse())


def test_a_rehearsal_equals_what_the_policy_does(pair: Pair, world: RemoteWorld) -> None:
    world.host(NAMES[2]).actor("friend")
    scenes = [Scene(world, pair.without), Scene(world, pair.ruled)]
    fedrse(pair.ruled, "policy", "apply", str(pair.policy), "--yes")
    stranger = world.host(NAMES[0]).newcomer()

    def is_in_force() -> bool:
        probe = stranger.activity("Probe", scenes[1].person.uri)
        return stranger.send(pair.ruled, probe).status == 403

    until(is_in_force, "the policy is in force")
    for scene in scenes:
        scene.traffic()
    recorded = _settled(pair.without)
    assert {outcome for *_, outcome in recorded} == {"passed"}
    live = _settled(pair.ruled)
    assert rehearsed(pair.without, pair.policy) == live
    assert {outcome for *_, outcome in live} == {"passed", "denied", "held", "altered", "capped"}
    assert recorded.total() == live.total()

    # And what an admin is told of it.
    result = told(pair.without, "policy", "test", str(pair.policy))
    assert result["after"]["denied"] >= sum(
        count for (*_, outcome), count in live.items() if outcome == "denied"
    )
    assert result["before"]["denied"] == 0
    assert {one["host"] for one in result["peers"]} == set(NAMES)
    assert result["people"]["followers"] >= 2
    assert [one["what"] for one in result["shadow"]] == ["deny Like"]
    assert "would have gone otherwise" in fedrse(pair.without, "policy", "test", str(pair.policy))


def test_lifting_a_policy_shows_what_would_come_through(pair: Pair) -> None:
    nothing = pair.policy.with_name("nothing.toml")
    nothing.write_text("", encoding="utf-8")
    _settled(pair.ruled)
    result = told(pair.ruled, "policy", "test", str(nothing))
    lifted = sum(one.get("let_through", 0) for one in result["peers"])
    assert (
        lifted == result["before"]["denied"] + result["before"]["held"] + result["before"]["capped"]
    )
    assert lifted > 10


def _settled(site: Site) -> Count:
    """What happened, once the ledger has been written."""
    site.settled()
    last: list[Count] = []

    def unchanged() -> bool:
        last.append(happened(site))
        time.sleep(0.5)
        return len(last) > 3 and last[-1] == last[-4]

    until(unchanged, "nothing more happens")
    return last[-1]
