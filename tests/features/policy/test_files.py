"""Files of rules: what they say, and where they are wrong."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedrse.activitypub.envelopes import Direction
from fedrse.core.clock import DAY, MINUTE, from_iso
from fedrse.features.policy.model import Effect, Match, Rule, State
from fedrse.features.policy.model_fields import BadRules, content_of
from fedrse.features.policy.model_files import (
    MOST_BYTES,
    read_rules_file,
    write_json,
    write_toml,
)

TOML = """\
# What partners may do.
[[rule]]
effect = "deny"
hosts = ["Spam.example", "*.bad.example", "=one.example:8443"]
reason = '''
Advertising [ only
'''
review = 2026-12-24

[[rule]]  # documents stay here
effect = "quarantine"
state = "shadow"
functions = ["documents", "films"]
roles = "other"
direction = "out"
starts = 2026-11-30T09:00:00+01:00
ends = "2026-12-30"
private_reason = "ticket 12"

[[rule]]
effect = "cap"
networks = ["192.0.2.0/24"]
languages = ["fr_CA"]
tags = ["#Réunion"]
cap = 10
period = "2m"
"""
RULES = [
    Rule(
        id=0,
        match=Match(hosts=("spam.example", "bad.example", "=one.example:8443")),
        effect=Effect.DENY,
        reason="Advertising [ only",
        review_at=from_iso("2026-12-24T00:00Z"),
    ),
    Rule(
        id=0,
        match=Match(
            types=("Document", "Video", "Audio"), roles=("other",), direction=Direction.OUT
        ),
        effect=Effect.QUARANTINE,
        state=State.SHADOW,
        starts_at=from_iso("2026-11-30T08:00Z"),
        ends_at=from_iso("2026-12-30T00:00Z"),
        private_reason="ticket 12",
    ),
    Rule(
        id=0,
        match=Match(networks=("192.0.2.0/24",), languages=("fr-ca",), tags=("reunion",)),
        effect=Effect.CAP,
        cap=10,
        period=2 * MINUTE,
    ),
]


def test_toml_says_rules() -> None:
    assert read_rules_file(TOML.encode()) == RULES


def test_json_says_the_same() -> None:
    assert read_rules_file(write_json(RULES).replace('"id": 0,', "").encode()) == RULES
    bare = json.dumps([{"effect": "deny", "hosts": "a.example"}])
    assert read_rules_file(bare.encode())[0].match.hosts == ("a.example",)


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("[[rule]]\neffect = 'deny'\nhost = ['a.example']\n", [(3, "the nearest is hosts")]),
        ("[[rule]]\nhosts = ['a.example']\n", [(1, "effect is missing")]),
        ("[[rule]]\neffect = 'deny'\n", [(1, "says nothing of what it is about")]),
        ("\n[[rules]]\neffect = 'deny'\n", [(2, "the nearest is rule")]),
        ("rule = 3\n", [(1, "begins with [[rule]]")]),
        ("[[rule]]\neffect = \n", [(2, "is not TOML")]),
        (
            "[[rule]]\neffect = 'denny'\nhosts = [\n 'a b',\n]\ncap = 0\n",
            [(2, "'denny' is not one of"), (3, "'a b' is not a host"), (6, "above 0")],
        ),
        ("[[rule]]\neffect = 'delay'\nhosts = 'a.example'\n", [(1, "delay belongs")]),
        (
            "[[rule]]\neffect='deny'\nhosts='a.example'\nstarts=2026-01-02\nends=2026-01-01\n",
            [(5, "not after the start")],
        ),
        ("[[rule]]\neffect='deny'\nhosts=[]\n", [(3, "the list is empty")]),
        ("[[rule]]\neffect='deny'\nnetworks=['10.0.0.1/8']\n", [(3, "not a range")]),
        ("[[rule]]\neffect='deny'\nhosts='own.example'\n", [(3, "this site itself")]),
        (
            "[[rule]]\nid=3\neffect='deny'\nhosts='a.b'\n[[rule]]\nid=3\neffect='deny'\nhosts='b.c'\n",
            [(6, "first on line 1")],
        ),
        ("[" * 70, [(1, "too deeply")]),
        ('{"rules": [\n{"effect": "deny",\n"hosts": 3}]}', [(2, "a list of texts")]),
        ('[{"effect": "deny", "effect": "deny"}]', [(1, "twice")]),
        ('[\n{"effect": "deny" "hosts": 1}\n]', [(2, "not JSON")]),
        ("[\n3\n]", [(2, "each rule is an object")]),
        ('{"rule": []}', [(1, '"rules", a list')]),
        ('{"rules": [] ', [(1, "nothing may follow")]),
        ("[] []", [(1, "nothing may follow")]),
        ('[{"effect": "deny", "hosts": "a.example"}\n 3]', [(2, "does not end")]),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, problems: list[tuple[int, str]]) -> None:
    with pytest.raises(BadRules) as caught:
        read_rules_file(text.encode(), own="own.example")
    found = caught.value.problems
    assert [problem.line for problem in found] == [line for line, _ in problems]
    for problem, (_, part) in zip(found, problems, strict=True):
        assert part in problem.reason


def test_other_bytes_are_refused() -> None:
    for data in (b"[[rule]]\n\xff", b" " * (MOST_BYTES + 1)):
        with pytest.raises(BadRules):
            read_rules_file(data)


HOSTS = st.from_regex(r"=?([a-z0-9]{1,8}\.){1,3}[a-z]{2,6}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["C"]), max_size=40).map(str.strip)
TIMES = st.one_of(st.none(), st.integers(1, 10**6).map(lambda days: days % 30_000 * DAY))


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    effect = draw(st.sampled_from(list(Effect)))
    limits = effect is Effect.LIMIT  # is about people, not about messages
    starts = draw(TIMES)
    return Rule(
        id=draw(st.integers(1, 10**6)),
        match=Match(
            hosts=tuple(draw(st.lists(HOSTS, min_size=1, max_size=3, unique=True))),
            types=() if limits else draw(st.sampled_from([(), ("Note", "toot:Emoji")])),
            software=draw(st.sampled_from([(), ("mastodon",)])),
            direction=None if limits else draw(st.sampled_from([None, *Direction])),
        ),
        effect=effect,
        state=draw(st.sampled_from(list(State))),
        reason=draw(TEXTS),
        private_reason=draw(TEXTS),
        starts_at=starts,
        ends_at=None if starts is None else starts + draw(st.integers(1, 99)) * DAY,
        review_at=draw(TIMES),
        delay=draw(st.integers(1, 9999)) * 1000 if effect is Effect.DELAY else 0,
        cap=7 if effect is Effect.CAP else 0,
        period=draw(st.integers(1, 9999)) * 1000 if effect is Effect.CAP else 0,
        obfuscate=draw(st.booleans()),
    )


@given(st.lists(rules(), max_size=4, unique_by=lambda rule: rule.id))
@settings(max_examples=200)
def test_what_is_written_is_read(made: list[Rule]) -> None:
    for text in (write_toml(made), write_json(made)):
        again = read_rules_file(text.encode())
        assert [rule.id for rule in again] == [rule.id for rule in made]
        assert [content_of(rule) for rule in again] == [content_of(rule) for rule in made]


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
@settings(max_examples=500)
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    with suppress(BadRules):
        assert all(isinstance(rule, Rule) for rule in read_rules_file(data))


PIECES = st.sampled_from(
    ["[[rule]]\n", "effect", " = ", "'deny'", '"""', "hosts", "[", "]", "{", "}", ",", "\n", "1"]
)


@given(st.lists(PIECES, max_size=30).map("".join))
@settings(max_examples=800)
def test_almost_right_files_are_read_or_refused(text: str) -> None:
    with suppress(BadRules):
        assert all(rule.match != Match() for rule in read_rules_file(text.encode()))
