"""The accessors for documents: nothing that JSON can say breaks them."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from fedrse.activitypub.local_ids import KINDS, LocalIds
from fedrse.activitypub.vocabulary import (
    LONGEST_ID,
    MOST_ITEMS,
    as_bool,
    as_int,
    as_list,
    first_str,
    id_of,
    ids_of,
    is_public,
    type_of,
)

ORIGIN = "https://lyon.corp.example"
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just("x" * 3000)
)
NAMES = st.sampled_from(["id", "href", "type", "name", "x"])
JSON = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=15,
)


@given(JSON)
def test_any_value_is_read_as_something_of_the_kind(value: Any) -> None:
    assert isinstance(as_list(value), list)
    found = id_of(value)
    assert found is None or 0 < len(found) <= LONGEST_ID
    every = ids_of(value)
    assert len(every) == len(set(every))
    assert all(isinstance(one, str) and one for one in every)
    assert isinstance(is_public(every), bool)
    assert isinstance(type_of(value), str)
    assert isinstance(first_str(value), str)
    assert isinstance(as_bool(value), bool)
    number = as_int(value)
    assert number is None or 0 <= number < 1 << 53


def test_long_lists_are_cut() -> None:
    many = [f"https://a.example/{number}" for number in range(MOST_ITEMS + 50)]
    assert len(as_list(many)) == len(ids_of(many)) == MOST_ITEMS


@given(st.sampled_from(sorted(KINDS.values())), st.integers(0, (1 << 63) - 1))
def test_own_addresses_come_back(kind: str, identifier: int) -> None:
    local = LocalIds(ORIGIN)
    found = local.parse(local.uri(kind, identifier))
    assert found is not None
    assert (found.kind, found.id, found.part) == (kind, identifier, "")


@given(st.text(max_size=60))
@example("/ap/u/٣")
@example("/ap/u/1\n")
@example("/ap/u/1/../2")
@example("/ap/u/" + "9" * 30)
@example("/ap/u/-1")
@example("/ap/u/1?x=y")
@example("/ap/u/1#main-key")
def test_any_path_is_ours_or_not(path: str) -> None:
    local = LocalIds(ORIGIN)
    found = local.parse(ORIGIN + path)
    if found is not None:
        assert 0 <= found.id < 1 << 63
        named = (ORIGIN + path).partition("#")[0]
        assert local.uri(*found) == named, "one address for each thing"
    assert local.parse(f"https://evil.example{path}") is None
