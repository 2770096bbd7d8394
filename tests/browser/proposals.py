"""A rehearsal that found something of every kind, for the walk over all pages."""

from __future__ import annotations

import msgspec

from fedrse.features.policy.model import Effect, Match, Rule
from fedrse.features.policy.model_proposals import (
    Concerned,
    Hits,
    Kind,
    PeerHit,
    Proposal,
    State,
    Told,
)
from tests.browser.conftest import Scene

NUMBER = 4711
HOST = "a-rather-long-name-of-a-partner.example"


def rehearsed(scene: Scene) -> int:
    """Stores it, once; its id."""
    site = scene.site
    if site.value(f"SELECT count(*) FROM policy_proposal WHERE id = {NUMBER}"):
        return NUMBER
    rule = Rule(id=0, match=Match(hosts=(HOST,)), effect=Effect.QUARANTINE)
    proposal = Proposal(Kind.ADD, rules=(rule,))
    words = ("passed", "altered", "delayed", "capped", "held", "denied", "refused")
    line = {"messages": 12, "refused": 3, "held": 8, "let_through": 1}
    found = {
        "messages": 40,
        "changed": 12,
        "before": dict.fromkeys(words, 5),
        "after": dict.fromkeys(words, 6),
        "peers": [{"host": HOST, **line}],
        "types": [{"type": "in Create Note", **line}, {"type": "out anything", **line}],
        "rules": [{"rule": 9, **line}, {"rule": -1, **line}],
        "shadow": [{"rule": 9, "messages": 4}],
    }
    hits = Hits(2, 3, 4, (PeerHit(HOST, 2, 3, 4, 1),), (Concerned(1, "@amina", 7, 1, 0),))
    told = Told(
        since=1_760_000_000_000,
        until=1_763_000_000_000,
        found=found,
        rules={9: msgspec.structs.replace(rule, id=9)},
        hits=hits,
    )
    version = site.value("SELECT coalesce(max(id), 0) FROM policy_version")
    values = (
        f"{NUMBER}, 1763000000000, '@amina', {version}, {_text(proposal)},"
        f" '{State.DONE.value}', 40, 40, '', {_text(told)}"
    )
    site.execute(f"INSERT INTO policy_proposal VALUES ({values})")
    return NUMBER


def _text(value: object) -> str:
    return "'" + msgspec.json.encode(value).decode().replace("'", "''") + "'"
