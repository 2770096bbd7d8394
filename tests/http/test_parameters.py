"""Parameters of queries, forms and JSON as one nested structure."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.core.errors import BadRequest, FedrseError, TooLarge
from fedrse.http.parameters import (
    MAX_PARAMETERS,
    Repeated,
    nest,
    parse_json,
    parse_urlencoded,
)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {}),
        ("a=1&b=&c", {"a": "1", "b": "", "c": ""}),
        ("&&a=1&", {"a": "1"}),
        ("a=x+y%26&%C3%A9=%3D", {"a": "x y&", "é": "="}),
        ("a=1&a=2&a=3", {"a": Repeated(["1", "2", "3"])}),
        ("media_ids[]=1&media_ids[]=2", {"media_ids": ["1", "2"]}),
        ("media_ids%5B%5D=1", {"media_ids": ["1"]}),
        ("poll[options][]=a&poll[options][]=b&poll[multiple]=on",
         {"poll": {"options": ["a", "b"], "multiple": "on"}}),
        ("k[][x]=1&k[][y]=2&k[][x]=3", {"k": [{"x": "1", "y": "2"}, {"x": "3"}]}),
        ("f[0][name]=a&f[0][value]=b&f[1][name]=c",
         {"f": {"0": {"name": "a", "value": "b"}, "1": {"name": "c"}}}),
        ("a[b]=1&a[b]=2", {"a": {"b": "2"}}),
        ("k[][x][]=1&k[][x][]=2", {"k": [{"x": ["1", "2"]}]}),
        ("a[][]=1&a[][]=2", {"a": [["1", "2"]]}),
        ("a[=1&[b]=2&c]=3&d[[e]]=4", {"a[": "1", "[b]": "2", "c]": "3", "d[[e]]": "4"}),
    ],
)  # fmt: skip
def test_names_with_brackets_nest(query: str, expected: dict[str, Any]) -> None:
    assert nest(parse_urlencoded(query)) == expected


@pytest.mark.parametrize(
    "query",
    [
        "a=1&a[]=2",
        "a[]=1&a=2",
        "a[]=1&a[b]=2",
        "a[b]=1&a[]=2",
        "a[b]=1&a[b][c]=2",
        "a[]=1&a[][x]=2",
    ],
)
def test_one_name_used_in_two_ways_is_refused(query: str) -> None:
    with pytest.raises(BadRequest):
        nest(parse_urlencoded(query))


@pytest.mark.parametrize("query", ["a=%ff", "a=%00", "%00=1", "a=%ed%a0%80", "a=\udcff"])
def test_what_is_no_text_is_refused(query: str) -> None:
    with pytest.raises(BadRequest):
        parse_urlencoded(query)


@pytest.mark.parametrize(
    "query",
    ["&".join(["a=1"] * (MAX_PARAMETERS + 1)), "a" + "[b]" * 9 + "=1", "a[" + "b" * 300 + "]=1"],
)
def test_too_much_is_refused(query: str) -> None:
    with pytest.raises(TooLarge):
        nest(parse_urlencoded(query))


WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


@given(st.dictionaries(WORDS.filter(lambda name: name and "[" not in name), WORDS, max_size=8))
def test_plain_parameters_survive(values: dict[str, str]) -> None:
    assert nest(parse_urlencoded(urlencode(values))) == values


@given(st.lists(st.text("ab[]=&%0+1é\0", max_size=20), max_size=8).map("&".join))
def test_no_query_breaks_the_parser(query: str) -> None:
    try:
        nested = nest(parse_urlencoded(query))
    except (BadRequest, TooLarge):
        return
    assert isinstance(nested, dict)


def test_json_members() -> None:
    assert parse_json(b'{"status": "x", "poll": {"options": ["a"]}}') == {
        "status": "x",
        "poll": {"options": ["a"]},
    }
    assert parse_json(b" ") == parse_json(b"") == parse_json(b"null") == {}


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b'"x"',
        b"{",
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"a": "\xff"}',
        b'{"a": "\\u0000"}',
        b'{"\\u0000": 1}',
        b'{"a": "\\ud800"}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a":' * 20 + b"1" + b"}" * 20,
    ],
)
def test_json_that_is_refused(body: bytes) -> None:
    with pytest.raises(FedrseError) as caught:
        parse_json(body)
    assert caught.value.status in (400, 413)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(WORDS, JSON, max_size=4))
def test_json_survives(value: dict[str, Any]) -> None:
    try:
        assert parse_json(msgspec.json.encode(value)) == value
    except TooLarge:
        assert "[[[" in repr(value) or "{" in repr(value)


@given(st.binary(max_size=200))
def test_no_body_breaks_the_json_parser(body: bytes) -> None:
    try:
        assert isinstance(parse_json(body), dict)
    except (BadRequest, TooLarge):
        return
