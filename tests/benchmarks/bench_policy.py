"""What it costs to ask the policy about a message, by how many rules there are.

``python -m tests.benchmarks.bench_policy`` prints microseconds of CPU per decision: with 100,
10,000 and 100,000 rules of all kinds, and where many rules match the same message.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator, Sequence

from fedrse.activitypub.envelopes import Direction, Envelope
from fedrse.features.policy.model import Effect, Match, Rule
from fedrse.features.policy.model_decide import Defaults, Policy, decide
from fedrse.features.policy.model_hosts import HostRules
from tests.benchmarks.measure import report

SIZES = (100, 10_000, 100_000)
BAR = 20.0  # microseconds with 10,000 rules
GROWTH = 2.0  # from 100 to 100,000 rules
ASKED, ROUNDS = 4_000, 9
DEFAULTS = Defaults(own="home.example", closed=False, members=frozenset({"oslo.corp.example"}))


def rules_of_all_kinds(count: int) -> Iterator[Rule]:
    """Mostly denied hosts, as lists bring them, and some of everything else."""
    for number in range(1, count + 1):
        match number % 20:
            case 15:
                found = Match(actors=(f"https://h{number}.example/u/{number}",)), Effect.DENY
            case 16:
                network = f"10.{number % 256}.{number // 256 % 256}.0/24"
                found = Match(networks=(network,)), Effect.LIMIT
            case 17:
                found = Match(tags=(f"tag{number}",), types=("Create",)), Effect.QUARANTINE
            case 18:
                pictures = Match(hosts=(f"g{number}.example",), attachments=("image",))
                found = pictures, Effect.STRIP_MEDIA
            case 19:
                german = Match(
                    software=("mastodon",), languages=("de",), hosts=(f"g{number}.test",)
                )
                found = german, Effect.NO_DIRECT
            case _:
                found = Match(hosts=(f"h{number}.example",)), Effect.DENY
        yield Rule(id=number, match=found[0], effect=found[1])


def messages(count: int, chance: random.Random) -> list[Envelope]:
    """A third about denied hosts, a third about hosts with other rules, the rest about members."""
    return [
        Envelope(
            direction=Direction.IN,
            host=chance.choice(
                [
                    f"social.h{chance.randrange(count)}.example",
                    f"g{chance.randrange(count)}.example",
                    "oslo.corp.example",
                ]
            ),
            actor="https://social.example/u/1",
            type="Create",
            object_type="Note",
            audience="public",
            languages=("fr-ca",),
            tags=("work", f"tag{chance.randrange(count)}"),
            attachments=("image",),
            size=900,
            software="mastodon",
            address=f"10.{chance.randrange(256)}.{chance.randrange(256)}.7",
        )
        for _ in range(ASKED)
    ]


def cost(policy: Policy, asked: Sequence[Envelope]) -> float:
    """Microseconds of CPU for a decision: the median of some rounds."""
    rounds = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for envelope in asked:
            decide(policy, envelope, 1)
        rounds.append((time.process_time() - began) * 1e6 / len(asked))
    return statistics.median(rounds)


def main() -> None:
    """Prints the figures."""
    chance = random.Random(1)
    found: dict[int, float] = {}
    for size in SIZES:
        began = time.process_time()
        policy = Policy(rules_of_all_kinds(size), DEFAULTS)
        hosts = HostRules(policy)
        made = (time.process_time() - began) * 1000
        found[size] = cost(policy, messages(size, chance))
        asked = [f"social.h{number}.example" for number in range(1, 2_001)]
        began = time.process_time()
        for host in asked:
            hosts.standing(host, 1)
        standing = (time.process_time() - began) * 1e6 / len(asked)
        report(
            f"policy_decide_{size}",
            found[size],
            "microseconds CPU",
            1,
            BAR,
            higher=False,
            compiled_ms=round(made, 1),
            new_host_microseconds=round(standing, 1),
        )
    growth = found[SIZES[-1]] / found[SIZES[0]]
    report("policy_growth", growth, "times", 1, GROWTH, higher=False)
    alike = [
        Rule(id=number, match=Match(types=("Create",), tags=("work",)), effect=Effect.LIMIT)
        for number in range(1, 51)
    ]
    crowded = Policy([*rules_of_all_kinds(10_000), *_numbered(alike, 10_001)], DEFAULTS)
    report(
        "policy_decide_50_match",
        cost(crowded, messages(10_000, chance)),
        "microseconds CPU",
        1,
        100.0,
        higher=False,
    )


def _numbered(rules: Sequence[Rule], first: int) -> Iterator[Rule]:
    for number, rule in enumerate(rules, first):
        yield Rule(id=number, match=rule.match, effect=rule.effect)


if __name__ == "__main__":
    main()
