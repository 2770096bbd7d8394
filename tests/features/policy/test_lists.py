"""Lists of hosts in the formats of other software."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedrse.features.policy.model import Effect, Match, Rule, State
from fedrse.features.policy.model_fields import BadRules
from fedrse.features.policy.model_lists import (
    Entry,
    ListFormat,
    entries_of,
    hidden_host,
    read_list,
    rules_of,
    write_list,
)

DENY, LIMIT = Effect.DENY, Effect.LIMIT
MASTODON = """\
#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate
Spam.example,suspend,false,false,"Adverts, mostly",true
loud.example,silence,true,true,,false

flags.example,noop,true,false,,
"""


def test_mastodon_csv() -> None:
    listed = read_list(MASTODON.encode())
    assert listed.entries == (
        Entry("spam.example", DENY, comment="Adverts, mostly", obfuscate=True),
        Entry("loud.example", LIMIT, strip_media=True, no_reports=True),
        Entry("flags.example", None, strip_media=True),
    )
    assert [(rule.effect.value, rule.match.hosts[0]) for rule in rules_of(listed.entries)] == [
        ("deny", "spam.example"),
        ("limit", "loud.example"),
        ("strip_media", "loud.example"),
        ("no_reports", "loud.example"),
        ("strip_media", "flags.example"),
    ]
    assert read_list(MASTODON.replace("#", "").encode()) == listed


def test_allowed_hosts() -> None:
    listed = read_list(b"#domain\na.example\n", effect=Effect.ALLOW)
    (rule,) = rules_of(listed.entries, State.DRAFT)
    assert (rule.match.hosts, rule.effect, rule.state) == (
        ("=a.example",),
        Effect.ALLOW,
        State.DRAFT,
    )
    entries, left_out = entries_of([_active(rule)], allows=True)
    assert left_out == 0
    assert write_list(entries, ListFormat.MASTODON, 0, allows=True) == "#domain\na.example\n"


def _active(rule: Rule) -> Rule:
    return Rule(id=1, match=rule.match, effect=rule.effect)


def test_gotosocial_json_and_what_mastodon_answers() -> None:
    written = [
        {"domain": "a.example", "suspended_at": "2026-01-01T00:00:00Z", "public_comment": "Why"},
        {"domain": "b.example", "severity": "silence", "comment": "Loud", "digest": "00"},
        {"domain": "sp**.ex*****", "severity": "suspend", "digest": "ab"},
    ]
    listed = read_list(json.dumps(written).encode())
    assert listed.entries == (
        Entry("a.example", DENY, comment="Why"),
        Entry("b.example", LIMIT, comment="Loud"),
    )
    assert listed.hidden == 1


def test_plain_text() -> None:
    listed = read_list("# bad ones\nÉvil.example\n\n*.spam.example # adverts\n".encode())
    assert [entry.host for entry in listed.entries] == ["xn--vil-9la.example", "spam.example"]


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("a.example\nnot a host\n", 2, "is not a host"),
        ("#domain,#severty\na.example,suspend\n", 1, "the nearest is severity"),
        ("#domain,#severity\na.example,suspended\n", 2, "the nearest is suspend"),
        ("#domain,#severity\na.example,suspend,true\n", 2, "more cells"),
        ("#domain,#reject_media\na.example,perhaps\n", 2, "true or false"),
        ("domain,domain\n", 1, "each column once"),
        ("severity,obfuscate\n", 1, "domain among them"),
        ('domain,severity\n"a.example,suspend\n', 2, "not CSV"),
        ("domain,severity\na.example,suspend\na.example,silence\n", 3, "says something else"),
        ('[{"domain": "a.example"},\n{"severity": "suspend"}]', 2, "host is missing"),
        ('[{"domain": "a.example", "comment": 3}]', 1, "not a text"),
        ('[{"domain": "sp**.example"}]', 1, "is not a host"),
        ("[[rule]]\n", 1, "apply it"),
        ("own.example\n", 1, "this site itself"),
        ('[{"domain": "a.example", "severity": ["suspend"]}]', 1, "is not known"),
        ('[{"domain": "a.example", "severity": {}}]', 1, "is not known"),
        ('[{"domain": ["a.example"]}]', 1, "host is missing"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, line: int, part: str) -> None:
    with pytest.raises(BadRules) as caught:
        read_list(text.encode(), own="own.example")
    (problem,) = caught.value.problems
    assert problem.line == line
    assert part in problem.reason


def rule(number: int, effect: Effect, *hosts: str, **fields: object) -> Rule:
    return Rule(id=number, effect=effect, match=Match(hosts=hosts), **fields)  # type: ignore[arg-type]


def test_what_cannot_be_said_in_a_list_is_left_out_and_counted() -> None:
    rules = [
        rule(1, DENY, "b.example", "a.example", reason="=1+1", obfuscate=True),
        rule(2, LIMIT, "a.example"),
        rule(3, LIMIT, "c.example"),
        rule(4, Effect.STRIP_MEDIA, "c.example"),
        rule(5, DENY, "=d.example"),
        rule(6, Effect.QUARANTINE, "e.example"),
        rule(7, DENY, "f.example", state=State.SHADOW),
        Rule(id=8, effect=DENY, match=Match(hosts=("g.example",), types=("Note",))),
        rule(9, Effect.ALLOW, "h.example"),
    ]
    entries, left_out = entries_of(rules)
    assert [(entry.host, entry.effect) for entry in entries] == [
        ("a.example", DENY),
        ("b.example", DENY),
        ("c.example", LIMIT),
    ]
    assert left_out == 3
    written = write_list(entries, ListFormat.MASTODON, 0)
    assert read_list(written.encode()).entries[2] == entries[2]
    assert "false, =1+1,true" in written  # no formula
    assert write_list(entries, ListFormat.TEXT, 0) == "a.example\nb.example\n"
    gotosocial = json.loads(write_list(entries, ListFormat.GOTOSOCIAL, 0))
    assert [one["domain"] for one in gotosocial] == ["a.example", "b.example"]


def test_hidden_hosts_look_as_mastodon_shows_them() -> None:
    assert hidden_host("example.com") == "ex*****.*om"
    assert hidden_host("a.b") == "*.*"


HOSTS = st.from_regex(r"([a-z0-9]{1,8}\.){1,2}[a-z]{2,6}", fullmatch=True)
COMMENTS = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=20)
ENTRIES = st.lists(
    st.builds(
        Entry,
        host=HOSTS,
        effect=st.sampled_from([DENY, LIMIT, None]),
        strip_media=st.booleans(),
        no_reports=st.booleans(),
        comment=COMMENTS,
        obfuscate=st.booleans(),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda entry: entry.host,
)


@given(ENTRIES)
@settings(max_examples=200)
def test_what_is_written_is_read(entries: list[Entry]) -> None:
    listed = read_list(write_list(entries, ListFormat.MASTODON, 0).encode())
    assert list(listed.entries) == entries
    denied = [entry.host for entry in entries if entry.effect is DENY]
    for kind in (ListFormat.TEXT, ListFormat.GOTOSOCIAL):
        again = read_list(write_list(entries, kind, 0).encode(), kind)
        assert [entry.host for entry in again.entries] == denied


PIECES = st.sampled_from(
    ["domain", ",", "\n", '"', "a.example", "severity", "suspend", "[", "]", "{", "}", ":", "#"]
)


@given(
    st.one_of(st.binary(max_size=100), st.lists(PIECES, max_size=25).map("".join).map(str.encode)),
    st.sampled_from([None, *ListFormat]),
)
@settings(max_examples=800)
def test_whatever_comes_is_read_or_refused(data: bytes, kind: ListFormat | None) -> None:
    with suppress(BadRules):
        assert all(entry.host for entry in read_list(data, kind).entries)
