"""The chain of hashes: what is hashed is canonical JSON, and nothing can be changed unseen."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.json import decode

from fedrse.activitypub.jcs import canonicalize
from fedrse.core.errors import Invalid
from fedrse.features.audit.model import (
    EMPTY,
    LONGEST_VALUE,
    Entry,
    Flaw,
    FlawKind,
    Head,
    bytes_of,
    canonical,
    flaws,
    hash_of,
    known_act,
    sealed,
)
from fedrse.features.audit.model_acts import LABELS, Act

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def entry(number: int, previous: str, **more: Any) -> Entry:
    made = Entry(
        number=number,
        at=1_700_000_000_000 + number,
        actor_origin="person",
        actor_id="7",
        actor_name="lea",
        act="account.role",
        target_kind="account",
        target_id="8",
        target_name="amina",
        before=canonical({"role": "member"}),
        after=canonical({"role": "moderator"}),
        reason="",
        previous=previous,
        hash="",
    )
    return sealed(made._replace(**more))


def chain(count: int) -> list[Entry]:
    made: list[Entry] = []
    for number in range(1, count + 1):
        made.append(entry(number, made[-1].hash if made else ""))
    return made


@given(texts, texts, values, values)
def test_what_is_hashed_is_canonical_json(name: str, reason: str, before: Any, after: Any) -> None:
    made = entry(
        3,
        "ab",
        actor_name=name,
        reason=reason,
        before=canonical(before),
        after=canonical(after),
    )
    document = {
        "number": 3,
        "at": made.at,
        "actor": {"origin": "person", "id": "7", "name": name},
        "act": "account.role",
        "target": {"kind": "account", "id": "8", "name": "amina"},
        "before": before,
        "after": after,
        "reason": reason,
        "previous": "ab",
    }
    assert bytes_of(made) == canonicalize(document)
    assert decode(bytes_of(made)) == decode(canonicalize(document))
    assert made.hash == sha256(canonicalize(document)).hexdigest()


def test_a_whole_chain_has_no_flaw() -> None:
    assert list(flaws([])) == []
    assert list(flaws(chain(30))) == []
    whole = chain(30)
    assert list(flaws(whole[10:], Head(10, whole[9].hash))) == []


@settings(max_examples=200)
@given(st.data())
def test_no_change_of_any_member_stays_unseen(data: st.DataObject) -> None:
    entries = chain(6)
    place = data.draw(st.integers(0, 5))
    member = data.draw(st.sampled_from(Entry._fields))
    known = getattr(entries[place], member)
    wanted: Any = data.draw(st.integers(0, 2**53)) if isinstance(known, int) else data.draw(texts)
    if wanted == known:
        return
    entries[place] = entries[place]._replace(**{member: wanted})
    assert list(flaws(entries))


@given(st.integers(0, 5), st.integers(0, 5))
def test_no_reordering_stays_unseen(one: int, other: int) -> None:
    entries = chain(6)
    entries[one], entries[other] = entries[other], entries[one]
    assert bool(list(flaws(entries))) == (one != other)


@given(st.integers(0, 4))
def test_a_gap_is_named(place: int) -> None:
    entries = chain(6)
    del entries[place]
    assert list(flaws(entries)) == [Flaw(place + 2, FlawKind.GAP)]


def test_a_renumbered_chain_breaks_where_something_is_missing() -> None:
    entries = chain(6)
    del entries[2]
    entries[2:] = [sealed(one._replace(number=one.number - 1)) for one in entries[2:]]
    assert Flaw(3, FlawKind.CHAIN) in flaws(entries)


def test_an_entry_twice_is_out_of_order() -> None:
    entries = chain(3)
    assert Flaw(2, FlawKind.ORDER) in flaws([*entries[:2], entries[1], entries[2]])


def test_a_value_cannot_reach_over_into_its_neighbours() -> None:
    made = entry(1, "", before="null", after='{"a":1}')
    moved = made._replace(after='{"a":1},"at":1', before="null")
    assert list(flaws([moved._replace(hash=hash_of(moved))], EMPTY)) == [Flaw(1, FlawKind.CHANGED)]


def test_values_that_are_too_long_are_refused() -> None:
    with pytest.raises(Invalid, match="more than the log can hold"):
        canonical("x" * LONGEST_VALUE)


def test_every_act_has_words() -> None:
    assert set(LABELS) == set(Act)
    assert known_act("account.role") is Act.ACCOUNT_ROLE
    assert known_act("of.another.version") is None
