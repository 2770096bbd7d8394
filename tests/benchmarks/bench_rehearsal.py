"""A rehearsal of 100,000 entries of the ledger against a thousand rules."""

from __future__ import annotations

import random
import time

from fedrse.activitypub.envelopes import Direction, Envelope
from fedrse.core.clock import SystemClock
from fedrse.features.policy.model import Effect, Match, Rule
from fedrse.features.policy.model_decide import Defaults, Policy
from fedrse.features.policy.model_ledger import Hasher, pack, unpack
from fedrse.features.policy.model_passage import Outcome
from fedrse.features.policy.model_rehearsal import Rehearsal, ready
from fedrse.features.policy.service_ledger import Noted, entry_of
from tests.benchmarks.measure import report

ENTRIES = 100_000
ROW = 500
RULES = 1000
SECONDS = 10.0
HASHER = Hasher(b"benchmark")
_random = random.Random(5)


def entries() -> list[bytes]:
    """Rows as a site writes them: many peers and people, most things different."""
    now = SystemClock().now()
    rows, row = [], []
    for number in range(ENTRIES):
        host = f"h{_random.randrange(400)}.example"
        actor = f"https://{host}/u/{_random.randrange(200)}"
        tags = tuple(f"t{_random.randrange(5000)}" for _ in range(_random.randrange(3)))
        envelope = Envelope(
            direction=Direction.IN,
            host=host,
            actor=actor,
            type=_random.choice(["Create", "Like", "Announce", "Update"]),
            object_type=_random.choice(["Note", "Note", "Event", ""]),
            audience=_random.choice(["public", "followers", "direct", ""]),
            languages=("fr",),
            tags=tags,
            size=_random.randrange(5000),
        )
        uris = (f"{actor}/{number}",)
        noted = Noted(now + number, envelope, (host,), uris, None, Outcome.PASSED)
        row.append(entry_of(noted, HASHER))
        if len(row) == ROW:
            rows.append(pack(row))
            row = []
    return rows


def rules() -> list[Rule]:
    """About hosts, tags, people and types; some of each match."""
    made = []
    for number in range(1, RULES + 1):
        match = (
            Match(hosts=(f"h{number}.example",)),
            Match(tags=(f"t{number}",)),
            Match(actors=(f"https://h{number % 400}.example/u/{number % 200}",)),
            Match(hosts=(f"h{number % 400}.example",), types=("Event",)),
        )[number % 4]
        effect = (Effect.DENY, Effect.QUARANTINE, Effect.STRIP_MEDIA)[number % 3]
        made.append(Rule(id=number, match=match, effect=effect))
    return made


def main() -> None:
    """Prints the figure: entries per second of CPU, and at least 100,000 in ten seconds."""
    rows = entries()
    before = time.process_time()
    now = SystemClock().now()
    hashed = [HASHER.rule(rule) for rule in ready(rules(), now)]
    rehearsal = Rehearsal(Policy(hashed, Defaults(own="here.example", closed=False)), now)
    for packed in rows:
        rehearsal.feed(unpack(packed))
    found = rehearsal.plain(20)
    used = time.process_time() - before
    if found["messages"] != ENTRIES or not found["changed"]:
        raise RuntimeError(f"not what was expected: {found['messages']}, {found['changed']}")
    bytes_each = sum(map(len, rows)) / ENTRIES
    report(
        "rehearsal", ENTRIES / used, "entries/s of CPU", ENTRIES / SECONDS, 1.0, bytes=bytes_each
    )


if __name__ == "__main__":
    main()
