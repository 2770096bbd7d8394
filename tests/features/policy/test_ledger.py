"""The ledger, and rehearsals of what is in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.activitypub.envelopes import Direction, Envelope
from fedrse.core.clock import DAY, SECOND, ManualClock
from fedrse.core.ids import IdMaker
from fedrse.features.policy.model import Effect, Effects, Match, Rule, State
from fedrse.features.policy.model_decide import Defaults, Policy, decide
from fedrse.features.policy.model_ledger import Hasher, mentions, pack, unpack
from fedrse.features.policy.model_passage import Outcome
from fedrse.features.policy.model_rehearsal import Rehearsal, ready, with_drafts
from fedrse.features.policy.service_ledger import MOST_REFUSALS, Ledger, LedgerReader, Noted
from fedrse.store.database import Database

HASHER = Hasher(b"a secret")
DEFAULTS = Defaults(own="here.example", closed=False)
ANNA = "https://a.example/u/1"


@pytest.fixture
def ledger(database: Database, clock: ManualClock) -> Ledger:
    return Ledger(database=database, clock=clock, ids=IdMaker(clock), hasher=HASHER)


def envelope(**fields: object) -> Envelope:
    values = {"direction": Direction.IN, "host": "a.example", "actor": ANNA, "type": "Create"}
    return Envelope(**{**values, **fields})  # type: ignore[arg-type]


def noted(clock: ManualClock, wanted: Envelope, *hosts: str) -> Noted:
    return Noted(
        clock.now(),
        wanted,
        hosts or (wanted.host,),
        ("https://a.example/n/1",),
        None,
        Outcome.PASSED,
    )


async def test_what_is_noted_is_read_again(
    ledger: Ledger, database: Database, clock: ManualClock
) -> None:
    wanted = envelope(
        object_type="Note", audience="public", tags=("budget",), languages=("fr",), size=7
    )
    ledger.note(noted(clock, wanted))
    ledger.note(noted(clock, envelope(direction=Direction.OUT, host="x"), "b.example", "c.example"))
    await ledger.flush()
    await ledger.flush()
    first, second = [entry async for entry in LedgerReader(database).entries(0)]
    (again,) = first.envelopes()
    assert (again.host, again.type, again.object_type, again.audience, again.size) == (
        *("a.example", "Create", "Note", "public"),
        7,
    )
    assert second.hosts == ("b.example", "c.example")
    assert second.direction is Direction.OUT
    assert [one.host for one in second.envelopes()] == ["b.example", "c.example"]


async def test_names_are_not_kept(ledger: Ledger, database: Database, clock: ManualClock) -> None:
    ledger.note(noted(clock, envelope(tags=("secret-project",))))
    await ledger.flush()
    (packed,) = [row async for row in LedgerReader(database).rows(0)]
    assert not mentions(packed, [b"secret-project", b"/u/1", b"/n/1"])
    assert mentions(packed, [HASHER.hash(ANNA)])
    assert mentions(packed, [HASHER.hash("https://a.example/n/1")])
    assert not mentions(packed, [Hasher(b"another").hash(ANNA)])


async def test_refusals_are_counted_and_bounded(ledger: Ledger, database: Database) -> None:
    for number in range(3 * MOST_REFUSALS):
        ledger.refused(f"h{number % (2 * MOST_REFUSALS)}.example", "signature_wrong")
    await ledger.flush()
    entries = [entry async for entry in LedgerReader(database).entries(0)]
    assert len(entries) == MOST_REFUSALS
    assert sum(entry.count for entry in entries) == 2 * MOST_REFUSALS
    assert {entry.outcome for entry in entries} == {Outcome.REFUSED}


async def test_who_knocks_all_the_time_is_one_line_a_minute(
    ledger: Ledger, database: Database, clock: ManualClock
) -> None:
    for _ in range(3):
        for _ in range(60):
            for number in range(2 * MOST_REFUSALS):
                ledger.refused(f"h{number}.example", "signature_wrong")
            await ledger.flush()
            clock.advance(SECOND)
    await ledger.stop()
    entries = [entry async for entry in LedgerReader(database).entries(0)]
    assert len(entries) <= 5 * MOST_REFUSALS
    assert sum(entry.count for entry in entries) == 180 * MOST_REFUSALS, "none of them is lost"


async def test_it_forgets_after_thirty_days(
    ledger: Ledger, database: Database, clock: ManualClock
) -> None:
    ledger.note(noted(clock, envelope()))
    await ledger.flush()
    clock.advance(29 * DAY)
    ledger.note(noted(clock, envelope()))
    await ledger.flush()
    reader = LedgerReader(database)
    assert (await reader.total(0))[0] == 2
    clock.advance(2 * DAY)
    await ledger.forget()
    assert (await reader.total(0))[0] == 1
    assert (await reader.total(clock.now() - DAY))[0] == 0


@given(
    actor=st.sampled_from([ANNA, "https://b.example/u/2"]),
    tags=st.lists(st.sampled_from(["budget", "party", "x"]), max_size=3).map(tuple),
    host=st.sampled_from(["a.example", "sub.a.example", "b.example"]),
    kind=st.sampled_from(["Create", "Like"]),
    rules=st.lists(
        st.builds(
            Match,
            hosts=st.sampled_from([(), ("a.example",)]),
            actors=st.sampled_from([(), (ANNA,)]),
            tags=st.sampled_from([(), ("Budget",), ("party", "x")]),
            types=st.sampled_from([(), ("Create",)]),
        ),
        max_size=4,
    ),
    effects=st.lists(st.sampled_from(list(Effect)), min_size=4, max_size=4),
)
def test_hashed_envelopes_are_decided_alike(
    actor: str,
    tags: tuple[str, ...],
    host: str,
    kind: str,
    rules: list[Match],
    effects: list[Effect],
) -> None:
    """What is decided about an entry with rules of hashes is what was decided live."""
    made = [
        Rule(id=number, match=match, effect=effect, delay=1000, cap=1, period=1000)
        for number, (match, effect) in enumerate(zip(rules, effects, strict=False), 1)
    ]
    wanted = envelope(actor=actor, tags=tags, host=host, type=kind)
    live = decide(Policy(made, DEFAULTS), wanted, 0)
    ledger = Ledger(database=None, clock=ManualClock(), ids=None, hasher=HASHER)  # type: ignore[arg-type]
    entry = ledger.entry(Noted(0, wanted, (host,), (), None, Outcome.PASSED))
    (again,) = unpack(pack([entry]))[0].envelopes()
    assert decide(Policy([HASHER.rule(rule) for rule in made], DEFAULTS), again, 0) == live


@given(data=st.binary(max_size=200))
def test_a_damaged_row_is_told(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"row of the ledger|MessagePack|Input|Expected"):
        unpack(data)


async def test_a_rehearsal_counts_by_peer_type_and_rule(ledger: Ledger, clock: ManualClock) -> None:
    made = [
        ledger.entry(noted(clock, envelope(object_type="Note"))),
        ledger.entry(noted(clock, envelope(object_type="Event"))),
        ledger.entry(noted(clock, envelope(host="b.example", object_type="Note"))),
        ledger.entry(
            Noted(0, envelope(), ("a.example",), (), None, Outcome.DENIED)  # was denied before
        ),
    ]
    rules = [
        Rule(id=0, match=Match(types=("Event",)), effect=Effect.DENY),
        Rule(id=7, match=Match(hosts=("b.example",)), effect=Effect.QUARANTINE),
        Rule(id=8, match=Match(), effect=Effect.DENY, state=State.SHADOW),
        Rule(id=9, match=Match(), effect=Effect.DENY, ends_at=1),
        Rule(id=10, match=Match(), effect=Effect.DENY, state=State.DRAFT),
    ]
    now = clock.now()
    rehearsal = Rehearsal(Policy(ready(rules, now), DEFAULTS), now)
    rehearsal.feed(made)
    found = rehearsal.plain(10)
    assert found["messages"] == 4
    assert found["changed"] == 3
    assert found["after"]["denied"] == 1
    assert found["after"]["held"] == 1
    by_peer = {one["host"]: one for one in found["peers"]}
    assert by_peer["a.example"] == {
        "host": "a.example",
        "messages": 2,
        "refused": 1,
        "let_through": 1,
    }
    assert by_peer["b.example"]["held"] == 1
    assert {one["rule"] for one in found["rules"]} == {7, (1 << 48)}
    # Of the event another rule says more.
    assert found["shadow"] == [{"rule": 8, "messages": 3}]
    assert sorted(rehearsal.newly_stopped) == ["a.example", "b.example"]


async def test_caps_are_rehearsed_with_the_times_of_the_entries(
    ledger: Ledger, clock: ManualClock
) -> None:
    cap = Rule(id=1, match=Match(), effect=Effect.CAP, cap=2, period=10 * SECOND)
    made = []
    for _ in range(6):
        made.append(ledger.entry(noted(clock, envelope())))
        clock.advance(2 * SECOND)
    rehearsal = Rehearsal(Policy([cap], DEFAULTS), clock.now())
    rehearsal.feed(made)
    assert rehearsal.after[Outcome.CAPPED] == 2


def test_drafts_are_made_active() -> None:
    rules = [
        Rule(id=1, match=Match(), effect=Effect.DENY, state=State.DRAFT),
        Rule(id=2, match=Match(), effect=Effect.DENY, state=State.SHADOW),
    ]
    assert [rule.state for rule in with_drafts(rules)] == [State.ACTIVE, State.SHADOW]
    later = Rule(id=3, match=Match(), effect=Effect.DENY, starts_at=1 << 50)
    policy = Policy(ready([later], 0), DEFAULTS)
    assert decide(policy, envelope(), 0).effects == Effects.DENY
