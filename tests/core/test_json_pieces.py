"""Lists and objects that are joined from pieces are what they would be as a whole."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from fedrse.core.json_pieces import JsonPieces, json_list, json_lists, list_of, list_of_pieces

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
LISTS = st.lists(st.tuples(VALUES, st.integers(0, 40)))


def in_pieces(value: Any, at: int) -> JsonPieces:
    """Its JSON, cut somewhere."""
    text = json.dumps(value).encode()
    return text[:at], Raw(text[at:])


@given(LISTS)
def test_a_list(given_items: list[tuple[Any, int]]) -> None:
    joined = json_list(in_pieces(*item) for item in given_items)
    assert json.loads(joined) == [value for value, _ in given_items]


@given(st.dictionaries(st.text(), LISTS, max_size=4))
def test_an_object_of_lists(given_lists: dict[str, list[tuple[Any, int]]]) -> None:
    parts = {
        name: list_of_pieces(in_pieces(*item) for item in found)
        for name, found in given_lists.items()
    }
    wanted = {name: [value for value, _ in found] for name, found in given_lists.items()}
    assert json.loads(json_lists(parts)) == wanted
    whole = {
        name: list_of(json.dumps(value).encode() for value, _ in found)
        for name, found in given_lists.items()
    }
    assert json.loads(json_lists(whole)) == wanted
