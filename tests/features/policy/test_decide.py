"""What crosses the border, by which rule."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedrse.activitypub.envelopes import Direction, Envelope
from fedrse.features.policy.model import Effect, Effects, Match, Rule, State
from fedrse.features.policy.model_decide import Defaults, Policy, decide
from fedrse.features.policy.model_hosts import HostRules
from fedrse.features.sites.model import Standing
from tests.features.policy.reference import reference

NOW = 1_000
OWN = "home.example"
CLOSED = Defaults(
    own=OWN, closed=True, members=frozenset({"b.example"}), allowed=frozenset({"c.b.example"})
)
OPEN = Defaults(own=OWN, closed=False, members=frozenset({"b.example"}))
HOSTS = ["example", "b.example", "c.b.example", "b.example:8443", "c.b.example:8443", "d.test"]
ACTORS = [
    "https://b.example/u/1",
    "https://c.b.example/u/1",
    "https://d.test/u/2",
    f"https://{OWN}/u/3",
]
RANGES = ["10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32", "10.1.2.3/32"]


def some(*values: str) -> st.SearchStrategy[tuple[str, ...]]:
    """Mostly nothing, so that rules match now and then."""
    chosen = st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True).map(tuple)
    return st.one_of(st.just(()), st.just(()), chosen)


MATCHES = st.builds(
    Match,
    hosts=some(*HOSTS, "=b.example", "=c.b.example:8443"),
    networks=some(*RANGES),
    roles=some("member", "allowed", "other"),
    software=some("mastodon", "fedrse"),
    actors=some(*ACTORS),
    types=some("Create", "note", "Like", "Update"),
    languages=some("fr", "fr-ca", "en"),
    tags=some("spam", "work"),
    attachments=some("image", "document"),
    audiences=some("public", "direct"),
    direction=st.sampled_from([None, None, Direction.IN, Direction.OUT]),
)
TIMES = st.sampled_from([None, None, NOW - 1, NOW, NOW + 1])
RULES = st.lists(
    st.builds(
        Rule,
        id=st.just(0),
        match=MATCHES,
        effect=st.sampled_from(list(Effect)),
        state=st.sampled_from([State.ACTIVE, State.ACTIVE, State.SHADOW, State.DRAFT]),
        source=st.sampled_from(["local", "local", "settings", "network", "list:1"]),
        starts_at=TIMES,
        ends_at=TIMES,
    ),
    max_size=12,
)
ENVELOPES = st.builds(
    Envelope,
    direction=st.sampled_from(list(Direction)),
    host=st.sampled_from([*HOSTS, OWN]),
    actor=st.sampled_from(["", *ACTORS]),
    type=st.sampled_from(["", "Create", "Like", "Update", "Fetch", "QuoteRequest"]),
    object_type=st.sampled_from(["", "Note", "Person"]),
    audience=st.sampled_from(["", "public", "direct"]),
    languages=st.sampled_from([(), ("fr-ca",), ("fr",), ("en", "frr")]),
    tags=st.sampled_from([(), ("spam",), ("spam", "work")]),
    attachments=st.sampled_from([(), ("image",), ("image", "document")]),
    role=st.sampled_from(["", "member"]),
    software=st.sampled_from(["", "mastodon"]),
    address=st.sampled_from(["", "10.1.2.3", "::ffff:10.1.2.3", "2001:db8::1", "nonsense"]),
)


def numbered(rules: list[Rule]) -> list[Rule]:
    return [
        Rule(
            id=number,
            match=rule.match,
            effect=rule.effect,
            state=rule.state,
            source=rule.source,
            starts_at=rule.starts_at,
            ends_at=rule.ends_at,
        )
        for number, rule in enumerate(rules, 1)
    ]


@given(RULES, st.sampled_from([CLOSED, OPEN]), ENVELOPES)
@settings(max_examples=1500)
def test_the_index_changes_nothing(
    rules: list[Rule], defaults: Defaults, envelope: Envelope
) -> None:
    rules = numbered(rules)
    decision = decide(Policy(rules, defaults), envelope, NOW)
    assert (decision.effects, decision.rules) == reference(rules, defaults, envelope, NOW)


@given(RULES, st.sampled_from([CLOSED, OPEN]), ENVELOPES)
@settings(max_examples=600)
def test_a_host_that_is_refused_gets_nothing_through(
    rules: list[Rule], defaults: Defaults, envelope: Envelope
) -> None:
    policy = Policy(numbered(rules), defaults)
    # Who sends something to us is of the peer's host, who sends something of ours is of our own.
    home = envelope.host if envelope.direction is Direction.IN else OWN
    actor = envelope.actor if envelope.actor.startswith(f"https://{home}/") else ""
    plain = Envelope(**{**_fields(envelope), "role": "", "actor": actor})
    standing = HostRules(policy).standing(plain.host, NOW, plain.direction)
    if standing in {Standing.BLOCKED, Standing.OUTSIDE}:
        assert decide(policy, plain, NOW).denied
    if all(rule.effect is not Effect.DENY for rule in rules) and not defaults.closed:
        assert standing not in {Standing.BLOCKED, Standing.OUTSIDE}


@given(RULES, st.sampled_from([CLOSED, OPEN]), ENVELOPES)
@settings(max_examples=1500)
def test_an_address_that_is_refused_gets_nothing_through(
    rules: list[Rule], defaults: Defaults, envelope: Envelope
) -> None:
    made = Policy(numbered(rules), defaults)
    bare = Envelope(
        direction=envelope.direction,
        host=envelope.host,
        role=envelope.role,
        software=envelope.software,
        address=envelope.address,
    )
    refusing = HostRules(made).refusing(bare, NOW)
    if refusing and envelope.host != OWN:
        decision = decide(made, envelope, NOW)
        assert decision.denied
        assert all(rule.match.networks for rule in refusing)


def test_rules_about_ranges_refuse_an_address_unless_an_allow_may_be_narrower() -> None:
    def refusing(*rules: Rule, host: str = "d.test", address: str = "10.1.2.3") -> list[int]:
        policy = Policy(numbered(list(rules)), OPEN)
        asked = Envelope(direction=Direction.IN, host=host, type="Fetch", address=address)
        return [rule.id for rule in HostRules(policy).refusing(asked, NOW)]

    def rule(effect: Effect, **fields: object) -> Rule:
        return Rule(id=0, match=Match(**fields), effect=effect)  # type: ignore[arg-type]

    wide = rule(Effect.DENY, networks=("10.0.0.0/8",))
    narrow = rule(Effect.DENY, networks=("10.1.0.0/16",))
    assert refusing(wide, narrow) == [2]
    assert refusing(wide, address="192.0.2.1") == []
    assert refusing(wide, address="") == []
    assert refusing(rule(Effect.DENY, networks=("10.0.0.0/8",), types=("Note",))) == []
    assert refusing(rule(Effect.DENY, networks=("10.0.0.0/8",), hosts=("other.test",))) == []
    outgoing = rule(Effect.DENY, networks=("10.0.0.0/8",), direction=Direction.OUT)
    assert refusing(outgoing) == []
    assert refusing(wide, rule(Effect.ALLOW, hosts=("d.test",))) == []
    assert refusing(wide, rule(Effect.ALLOW, actors=("https://d.test/u/2",))) == []
    assert refusing(wide, rule(Effect.ALLOW, networks=("10.1.2.3/32",))) == []
    assert refusing(wide, rule(Effect.ALLOW, networks=("10.9.0.0/16",))) == [1]


def test_a_rule_on_create_is_about_all_that_may_bring_a_post() -> None:
    rule = Rule(id=1, match=Match(types=("Create",)), effect=Effect.DENY)
    policy = Policy([rule], OPEN)

    def denied(kind: str, shown: str) -> bool:
        asked = Envelope(direction=Direction.IN, host="d.test", type=kind, object_type=shown)
        return decide(policy, asked, NOW).denied

    for kind in ("Create", "Update", "Fetch", "QuoteRequest", "ReplyRequest"):
        assert denied(kind, "Note"), kind
    assert denied("Create", "Anything")
    assert not denied("Update", "Person")
    assert not denied("Fetch", "Person")
    assert not denied("Delete", "Note")
    assert not denied("Announce", "")


def test_somebody_of_ours_may_write_where_nobody_else_may() -> None:
    ours = f"https://{OWN}/u/3"
    rules = [
        Rule(id=1, match=Match(hosts=("d.test",)), effect=Effect.DENY),
        Rule(id=2, match=Match(actors=(ours,)), effect=Effect.ALLOW),
    ]
    policy = Policy(rules, OPEN)
    out = Envelope(direction=Direction.OUT, host="d.test", actor=ours, type="Create")
    assert not decide(policy, out, NOW).denied
    assert decide(policy, Envelope(direction=Direction.OUT, host="d.test"), NOW).denied
    known = HostRules(policy)
    assert known.standing("d.test", NOW, Direction.OUT) is Standing.OPEN
    assert known.standing("d.test", NOW, Direction.IN) is Standing.BLOCKED


def _fields(envelope: Envelope) -> dict[str, object]:
    return {name: getattr(envelope, name) for name in envelope.__struct_fields__}


@given(RULES, ENVELOPES)
@settings(max_examples=300)
def test_a_shadow_rule_is_noted_where_it_would_have_decided(
    rules: list[Rule], envelope: Envelope
) -> None:
    rules = numbered(rules)
    policy = Policy(rules, OPEN)
    noted = decide(policy, envelope, NOW).shadow
    asleep = [rule for rule in rules if rule.state is State.SHADOW]
    for rule in asleep:
        woken = [one if one is not rule else _awake(rule) for one in rules]
        assert (rule.id in decide(Policy(woken, OPEN), envelope, NOW).rules) == (rule.id in noted)


def _awake(rule: Rule) -> Rule:
    return Rule(
        id=rule.id,
        match=rule.match,
        effect=rule.effect,
        source=rule.source,
        starts_at=rule.starts_at,
        ends_at=rule.ends_at,
    )


def rule(number: int, effect: Effect, source: str = "local", **match: object) -> Rule:
    return Rule(id=number, effect=effect, source=source, match=Match(**match))  # type: ignore[arg-type]


def came(host: str = "d.test", **fields: object) -> Envelope:
    return Envelope(direction=Direction.IN, host=host, **fields)  # type: ignore[arg-type]


DENY, ALLOW = Effect.DENY, Effect.ALLOW


@pytest.mark.parametrize(
    ("rules", "envelope", "denied", "deciding"),
    [
        # Closed: members and allowed hosts only, not what is below them.
        ([], came("d.test"), True, ()),
        ([], came("b.example"), False, ()),
        ([], came("c.b.example"), False, ()),
        ([], came("x.b.example"), True, ()),
        # An allow opens the door, a stronger deny closes it again.
        ([rule(1, ALLOW, hosts=("d.test",))], came("a.d.test"), False, (1,)),
        ([rule(1, ALLOW, hosts=("=d.test",))], came("a.d.test"), True, ()),
        (
            [rule(1, ALLOW, hosts=("d.test",)), rule(2, DENY, hosts=("a.d.test",))],
            came("a.d.test"),
            True,
            (2,),
        ),
        # A deny of members is stronger than their membership.
        ([rule(1, DENY, hosts=("b.example",))], came("b.example"), True, (1,)),
        # Equally narrow: the deny.
        (
            [rule(1, ALLOW, hosts=("d.test",)), rule(2, DENY, hosts=("d.test",))],
            came(),
            True,
            (2,),
        ),
        # The actor is narrower than the host, the host than the range.
        (
            [rule(1, ALLOW, actors=("https://d.test/u/2",)), rule(2, DENY, hosts=("d.test",))],
            came(actor="https://d.test/u/2"),
            False,
            (1,),
        ),
        (
            [rule(1, ALLOW, hosts=("test",)), rule(2, DENY, networks=("10.0.0.0/8",))],
            came(address="10.1.1.1"),
            False,
            (1,),
        ),
        # Nothing lifts what the settings or the network deny.
        (
            [
                rule(1, ALLOW, actors=("https://d.test/u/2",)),
                rule(2, DENY, "settings", hosts=("test",)),
            ],
            came(actor="https://d.test/u/2"),
            True,
            (2,),
        ),
        (
            [rule(1, ALLOW, hosts=("=b.example",)), rule(2, DENY, "network", hosts=("example",))],
            came("b.example"),
            True,
            (2,),
        ),
    ],
)
def test_precedence(
    rules: list[Rule], envelope: Envelope, denied: bool, deciding: tuple[int, ...]
) -> None:
    decision = decide(Policy(rules, CLOSED), envelope, NOW)
    assert (decision.denied, decision.rules) == (denied, deciding)


def test_effects_add_up_and_the_strictest_numbers_count() -> None:
    rules = [
        Rule(id=1, match=Match(hosts=("d.test",)), effect=Effect.DELAY, delay=10, reason="slow"),
        Rule(id=2, match=Match(types=("Create",)), effect=Effect.DELAY, delay=50),
        Rule(id=3, match=Match(), effect=Effect.CAP, cap=5, period=1000),
        Rule(id=4, match=Match(), effect=Effect.CAP, cap=10, period=60_000),
        Rule(id=5, match=Match(), effect=Effect.LIMIT),
        Rule(id=6, match=Match(), effect=Effect.QUARANTINE),
        rule(7, ALLOW, hosts=("d.test",)),
    ]
    decision = decide(Policy(rules, OPEN), came(type="Create"), NOW)
    assert decision.effects == Effects.DELAY | Effects.CAP | Effects.LIMIT
    assert (decision.delay, decision.cap, decision.period) == (50, 10, 60_000)
    assert decision.rules == (1, 2, 3, 4, 5, 7)
    assert decision.reason == "slow"
    held = decide(Policy(rules[:-1], OPEN), came(type="Create"), NOW)
    assert held.quarantined
    assert not held.denied


def test_a_rule_begins_and_ends_also_for_hosts() -> None:
    limited = Rule(
        id=1, match=Match(hosts=("d.test",)), effect=DENY, starts_at=NOW, ends_at=NOW + 10
    )
    policy = Policy([limited], OPEN)
    hosts = HostRules(policy)
    for now, denied in ((NOW - 1, False), (NOW, True), (NOW + 9, True), (NOW + 10, False)):
        assert decide(policy, came(), now).denied is denied
        assert (hosts.standing("d.test", now) is Standing.BLOCKED) is denied


def test_one_way_rules_refuse_one_way_only() -> None:
    hosts = HostRules(Policy([rule(1, DENY, hosts=("d.test",), direction=Direction.OUT)], OPEN))
    assert hosts.standing("d.test", NOW, Direction.OUT) is Standing.BLOCKED
    assert hosts.standing("d.test", NOW, Direction.IN) is Standing.OPEN
    assert hosts.standing("d.test", NOW) is Standing.OPEN


def test_what_an_allow_may_let_through_is_not_refused_beforehand() -> None:
    rules = [
        rule(1, DENY, hosts=("d.test",)),
        rule(2, ALLOW, actors=("https://d.test/u/2",)),
    ]
    policy = Policy(rules, CLOSED)
    assert HostRules(policy).standing("d.test", NOW) is Standing.ALLOWED
    assert HostRules(policy).standing("a.d.test", NOW) is Standing.BLOCKED
    assert decide(policy, came(), NOW).denied
