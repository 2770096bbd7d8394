"""How text becomes words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.features.search.model import (
    LONGEST_WORD,
    MOST_CHARACTERS,
    MOST_WORDS,
    fold,
    postgres_document,
    sqlite_document,
    words_of,
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Électricité", ["electricite"]),
        ("l'été à Nîmes", ["l", "ete", "a", "nimes"]),
        ("Œuvre ŒUVRE", ["œuvre", "œuvre"]),
        ("Straße STRASSE", ["strasse", "strasse"]),
        ("ＦＵＬＬ ﬁn", ["full", "fin"]),
        ("İstanbul", ["istanbul"]),
        ("foo_bar-baz.qux", ["foo", "bar", "baz", "qux"]),
        ("C++ & C#", ["c", "c"]),
        ("2026-01-15", ["2026", "01", "15"]),
        ("x² ①", ["x2", "1"]),
        ("Ελλάδα Привет", ["ελλαδα", "привет"]),
        ("日本語", ["日本語"]),
        ("", []),
        ("  \n\t!?", []),
        ("_ __", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def test_bounds() -> None:
    assert words_of("a" * 500) == ["a" * LONGEST_WORD]
    assert len(words_of("a " * 20_000)) == MOST_WORDS
    # A character that becomes eighteen.
    assert sum(map(len, words_of("\ufdfa" * MOST_CHARACTERS))) <= MOST_CHARACTERS


@given(text=st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(text=st.text())
def test_words_are_found_by_any_spelling(text: str) -> None:
    words = words_of(text)
    assert words_of(" ".join(words)) == words
    assert all(word and not set(word) & set("'\"*&|!():<>\\ _") for word in words)


def test_documents_for_both_databases() -> None:
    assert sqlite_document(["ete", "nim", "ete"], ["_p"]) == "ete nim ete _p"
    assert postgres_document(["ete", "nim", "ete"], ["_p"]) == "ete:1 nim:2 ete:3 _p"
