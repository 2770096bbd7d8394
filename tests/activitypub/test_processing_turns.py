"""Rounds of partitions: when there is nothing to do, and since when."""

from __future__ import annotations

from fedrse.activitypub.processing_turns import Turns


def test_every_partition_gets_its_turn_before_one_gets_a_second() -> None:
    turns = Turns(["inbox:0", "inbox:1", "inbox:2"])
    assert turns.had("inbox:1", 3)
    assert turns.left == ["inbox:2"]
    assert turns.had("inbox:2", 1), "there may be more of them"
    assert turns.left == ["inbox:0", "inbox:1", "inbox:2"]


def test_a_round_that_found_nothing_is_the_last() -> None:
    turns = Turns(["inbox:0", "inbox:1"])
    assert turns.had("inbox:0", 2)
    assert turns.end(), "there may be more of the first"
    assert turns.had("inbox:0", 0), "the second is still to come"
    assert not turns.end()
    assert not Turns(["inbox:0"]).had("inbox:0", 0)


def test_a_hint_counts_as_seen_only_where_a_round_begins() -> None:
    turns = Turns(["inbox:0", "inbox:1"])
    assert turns.begins
    turns.had("inbox:0", 0)
    assert not turns.begins, "what the hint is about may be in the first"
    turns.end()
    assert turns.begins
