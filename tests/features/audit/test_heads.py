"""Heads of other sites' logs: what is kept, what is told of many, and what does not fit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.core.clock import HOUR, ManualClock
from fedrse.features.audit import service_heads
from fedrse.features.audit.model import Head
from fedrse.features.audit.model_heads import (
    MOST_NEWEST,
    MOST_TOLD,
    Noted,
    head_document,
    read_known,
    spread,
)
from fedrse.features.audit.service_heads import Heads
from fedrse.store.database import Database

HOST = "lyon.example"


def head(number: int, log: str = "a") -> Head:
    return Head(number, f"{log}{number}".rjust(64, "0"))


@pytest.fixture
def heads(clock: ManualClock) -> Heads:
    return Heads(clock)


async def note(
    database: Database, heads: Heads, clock: ManualClock, told: Head, known: Head | None = None
) -> bool:
    clock.advance(HOUR)
    return bool(await database.write(heads.note, HOST, told, "{}", known))


async def test_a_longer_log_has_to_hold_what_it_held(
    database: Database, heads: Heads, clock: ManualClock
) -> None:
    assert await note(database, heads, clock, head(5))
    assert await note(database, heads, clock, head(7), head(5))
    assert await note(database, heads, clock, head(7), head(7))
    assert await database.read(heads.rewritten) == []
    assert await database.read(heads.last, HOST) == head(7)
    # Written anew, and longer than it was.
    assert not await note(database, heads, clock, head(9, "b"), head(7, "b"))
    assert await database.read(heads.rewritten) == [HOST]
    # Who goes on from there is not believed for that.
    assert await note(database, heads, clock, head(10, "b"), head(9, "b"))
    assert await database.read(heads.rewritten) == [HOST]


async def test_a_log_without_the_entry_does_not_fit(
    database: Database, heads: Heads, clock: ManualClock
) -> None:
    await note(database, heads, clock, head(5))
    assert not await note(database, heads, clock, head(8), Head(5, ""))


async def test_old_heads_are_kept_though_many_come(
    database: Database, heads: Heads, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_heads, "MOST_KEPT", 40)
    await note(database, heads, clock, head(1))
    assert not await note(database, heads, clock, head(2, "b"), head(1, "b"))
    for number in range(3, 200):
        assert await note(database, heads, clock, head(number, "b"), None)
    kept = [one.head for one in await database.read(heads.noted, HOST)]
    assert len(kept) <= 42
    assert {head(1), head(2, "b"), head(199, "b")} <= set(kept)


@given(count=st.integers(0, 3 * MOST_TOLD))
def test_of_many_some_of_all_ages_are_told(count: int) -> None:
    noted = [Noted(head(number), number) for number in range(count, 0, -1)]
    told = spread(noted)
    assert len(told) == min(count, MOST_TOLD)
    assert len(set(told)) == len(told)
    assert told[:MOST_NEWEST] == noted[:MOST_NEWEST]
    assert told[-1:] == noted[-1:]


def test_what_is_asked_about_is_told() -> None:
    document = head_document("https://a.example", "https://a.example/actor", head(9), 0, head(4))
    assert read_known(document) == head(4)
    assert read_known({**document, "known": {"number": 4}}) == Head(4, "")
    for other in (None, 7, [], "x"):
        assert read_known({"known": other}) is None
    assert read_known({"known": {"number": "x", "hash": 5}}) == Head(0, "")
