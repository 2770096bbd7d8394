"""How a query is understood."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.core.ids import first_of
from fedrse.features.search import queries
from fedrse.features.search.model import LONGEST_WORD, MOST_TERMS
from fedrse.features.search.model_query import (
    NEWEST,
    Author,
    Query,
    is_dated,
    postgres_match,
    read_query,
    sqlite_match,
    tag_prefix,
)


def day(year: int, month: int, number: int, hour: int = 0) -> int:
    return first_of(int(datetime(year, month, number, hour, tzinfo=UTC).timestamp()) * 1000)


@pytest.mark.parametrize(
    ("text", "with_", "without", "begins"),
    [
        ("", (), (), False),
        ("Réunion", (("reunion",),), (), True),
        ("l'été à", (("l",), ("ete",), ("a",)), (), False),  # one letter begins too much
        ("+un deux", (("un",), ("deux",)), (), True),
        ('"l\'été à Nîmes"', (("l", "ete", "a", "nimes"),), (), False),
        ('mot "une phrase', (("mot",), ("une", "phrase")), (), False),
        ('un -deux -"trois quatre"', (("un",),), (("deux",), ("trois", "quatre")), False),
        ("un -l'été", (("un",),), (("l", "ete"),), False),
        ("-un", (), (("un",),), False),
        ("has:media été", (("_hmedia",), ("ete",)), (), True),
        ("été is:reply", (("_hreply",), ("ete",)), (), False),
        ("-has:poll été", (("ete",),), (("_hpoll",),), True),
        ("language:fr-CA -language:EN", (("_lfr",),), (("_len",),), False),
        ("in:public été", (("_o",), ("ete",)), (), True),
        ("in:all été", (("ete",),), (), True),
        ("note: salut", (("note",), ("salut",)), (), True),
        ("projet:alpha", (("projet",), ("alpha",)), (), True),
        ("https://corp.example/x", (("https",), ("corp",), ("example",), ("x",)), (), False),
        ("from: alice", (("from",), ("alice",)), (), True),
        ("#réunion", (("reunion",),), (), True),
        ('"" - + ""', (), (), False),
    ],
)
def test_words_phrases_and_what_must_not_be_there(
    text: str, with_: tuple[tuple[str, ...]], without: tuple[tuple[str, ...]], begins: bool
) -> None:
    assert read_query(text) == Query(with_, without, begins)


def test_authors() -> None:
    found = read_query("from:me -from:@nils@Oslo.corp.example from:ami from:ME")
    assert found.authors == (
        Author("", None, excluded=False),
        Author("nils", "oslo.corp.example", excluded=True),
        Author("ami", None, excluded=False),
        Author("", None, excluded=False),
    )
    assert read_query("in:library").library


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("before:2026-01-15", 0, day(2026, 1, 15)),
        ("after:2026-01-15", day(2026, 1, 16), NEWEST),
        ("during:2026-01-15", day(2026, 1, 15), day(2026, 1, 16)),
        ("during:2026-12", day(2026, 12, 1), day(2027, 1, 1)),
        ("during:2024-2", day(2024, 2, 1), day(2024, 3, 1)),
        ("during:2025", day(2025, 1, 1), day(2026, 1, 1)),
        ("-before:2026-01-15", day(2026, 1, 15), NEWEST),
        ("-after:2026-01-15", 0, day(2026, 1, 16)),
        ("after:2026-01-01 before:2026-01-05", day(2026, 1, 2), day(2026, 1, 5)),
        ("during:2026 before:2026-02", day(2026, 1, 1), day(2026, 2, 1)),
        ('before:"2026-01-15"', 0, day(2026, 1, 15)),
        ("after:0001-01-01", 0, NEWEST),
        ("before:9999-12-30", 0, NEWEST),
    ],
)
def test_dates(text: str, low: int, high: int) -> None:
    found = read_query(text)
    assert (found.low, found.high, found.nothing) == (low, high, False)
    assert is_dated(text)


def test_days_begin_where_the_person_is() -> None:
    found = read_query("during:2026-01-15", "Europe/Paris")
    assert (found.low, found.high) == (day(2026, 1, 14, 23), day(2026, 1, 15, 23))
    summer = read_query("before:2026-07-01", "America/New_York")
    assert summer.high == day(2026, 7, 1, 4)


def test_days_to_leave_out() -> None:
    assert read_query("-during:2026-01-15").gap == (day(2026, 1, 15), day(2026, 1, 16))
    assert read_query("-during:2026-01-15").asks


@pytest.mark.parametrize(
    "text",
    [
        *("has:wings", "is:unknown", "language:x", "in:nowhere", "-in:public"),
        *("before:yesterday", "during:2026-13", "after:2026-02-30", "during:0000", "before:-5"),
        *("during:9999-12-31",),
    ],
)
def test_what_no_post_can_be(text: str) -> None:
    assert read_query(text).nothing
    assert read_query(text + " mot").nothing


def test_bounds() -> None:
    assert len(read_query("a " * 100).with_) == MOST_TERMS
    assert len(read_query('"' + "a " * 100).with_[0]) == MOST_TERMS
    assert read_query("x" * 600 + " y").with_ == (("x" * LONGEST_WORD,),)


def test_texts_for_both_databases() -> None:
    query = read_query('"une phrase" été -"pas cela" -mot has:media nim')
    readable = ("_o", "_a7")
    assert sqlite_match(query, readable) == (
        '(("_hmedia" AND "une phrase" AND "ete" AND "nim"* AND ("_o" OR "_a7"))'
        ' NOT "pas cela") NOT "mot"'
    )
    assert postgres_match(query, readable) == (
        "'_hmedia' & ('une' <-> 'phrase') & 'ete' & 'nim':* & ('_o' | '_a7')"
        " & !('pas' <-> 'cela') & !'mot'"
    )
    nothing_but = read_query("-mot")
    assert sqlite_match(nothing_but, readable) == '("_p" AND ("_o" OR "_a7")) NOT "mot"'
    assert postgres_match(nothing_but, readable) == "('_o' | '_a7') & !'mot'"


@given(text=st.text())
def test_any_text_is_understood(text: str) -> None:
    query = read_query(text)
    words = [word for run in query.with_ + query.without for word in run]
    assert not any(set(word) & set("'\"*&|!():<>\\ ") for word in words)
    assert all(word.startswith("_") or "_" not in word for word in words)


@pytest.mark.parametrize(
    ("text", "prefix"),
    [("#Réu", "reu"), (" ＃R_ ", "r_"), ("r s", ""), ("#", ""), ("", "")],
)
def test_beginnings_of_tags(text: str, prefix: str) -> None:
    assert tag_prefix(text) == prefix


def test_what_is_indexed_is_not_taken_for_a_change_of_anything_else() -> None:
    """All that is remembered for people would be forgotten after each new post."""
    for statement in (queries.FORGET_WORDS["sqlite"], queries.ADD_WORDS["sqlite"]):
        assert statement.compiled("sqlite").table == "post_words"
