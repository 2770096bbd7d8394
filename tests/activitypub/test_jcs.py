"""JSON Canonicalization Scheme, with the samples of RFC 8785."""

from __future__ import annotations

import hashlib
import json
import math
import struct
from typing import Any

import jcs as oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.activitypub.jcs import canonicalize
from fedrse.core.errors import BadRequest

# RFC 8785, appendix B: the bits of a double and how it is written.
NUMBERS = [
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("ffefffffffffffff", "-1.7976931348623157e+308"),
    ("4340000000000000", "9007199254740992"),
    ("c340000000000000", "-9007199254740992"),
    ("4430000000000000", "295147905179352830000"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"),
    ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef4f", "999999999999999900000"),
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"),
    ("41b3de4355555554", "333333333.33333325"),
    ("41b3de4355555555", "333333333.3333333"),
    ("41b3de4355555556", "333333333.3333334"),
    ("41b3de4355555557", "333333333.33333343"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
]


@pytest.mark.parametrize(("bits", "written"), NUMBERS)
def test_numbers_of_the_rfc(bits: str, written: str) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonicalize(number) == written.encode()


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (1e21, "1e+21"),
        (1e20, "100000000000000000000"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (-0.0, "0"),
        (1.0, "1"),
        (4.50, "4.5"),
        (2e-3, "0.002"),
        (123456.789, "123456.789"),
        (1.5e-9, "1.5e-9"),
        (0, "0"),
        (-7, "-7"),
        (2**53, "9007199254740992"),
    ],
)
def test_numbers(number: float, written: str) -> None:
    assert canonicalize(number) == written.encode()


def test_sorting_of_the_rfc() -> None:
    # RFC 8785, section 3.2.3: by UTF-16 code units, so U+1F600 comes before U+FB33.
    value = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    assert list(json.loads(canonicalize(value))) == [
        "\r",
        "1",
        "\u0080",
        "\u00f6",
        "\u20ac",
        "\U0001f600",
        "\ufb33",
    ]


def test_sample_of_the_rfc() -> None:
    value = json.loads(
        r"""{
          "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
          "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
          "literals": [null, true, false]
        }"""
    )
    assert canonicalize(value) == (
        b'{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        b'"string":"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_document_of_the_reference() -> None:
    document = {
        "type": "Note",
        "@context": [
            "https://www.w3.org/ns/activitystreams",
            "https://w3id.org/security/data-integrity/v2",
        ],
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
        "attributedTo": "https://lyon.corp.example/ap/u/1",
        "content": "Bonjour",
        "id": "https://lyon.corp.example/ap/n/7",
    }
    assert (
        hashlib.sha256(canonicalize(document)).hexdigest()
        == "d28cdf404c1c2de7134a8161b076920a1e0ece604f89764cb90dfa2bd8002707"
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({}, "{}"),
        ([], "[]"),
        ([[], {}], "[[],{}]"),
        ({"b": [1, {"d": None, "c": True}], "a": "é"}, '{"a":"é","b":[1,{"c":true,"d":null}]}'),
        ("\x7f\x00\x1f\b\t\n\f\r/<\u2028", '"\x7f\\u0000\\u001f\\b\\t\\n\\f\\r/<\u2028"'),
    ],
)
def test_values(value: Any, written: str) -> None:
    assert canonicalize(value) == written.encode()


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (math.nan, "jcs_number"),
        ([-math.inf], "jcs_number"),
        ({"a": 2**53 + 1}, "jcs_number"),
        (-(2**53) - 1, "jcs_number"),
        ("\ud800", "jcs_string"),
        ({"\udc00": 1}, "jcs_string"),
    ],
)
def test_refuses(value: Any, code: str) -> None:
    with pytest.raises(BadRequest) as caught:
        canonicalize(value)
    assert caught.value.code == code


def test_refuses_depth() -> None:
    value: list[Any] = []
    for _ in range(200):
        value = [value]
    with pytest.raises(BadRequest) as caught:
        canonicalize(value)
    assert caught.value.code == "jcs_too_deep"


@pytest.mark.parametrize("value", [{1: 2}, {1: 2, "a": 3}, {"a": b"x"}, object(), {1, 2}])
def test_what_is_not_json(value: Any) -> None:
    with pytest.raises(TypeError):
        canonicalize(value)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=15,
)


@given(JSON)
def test_agrees_with_the_oracle(value: Any) -> None:
    assert canonicalize(value) == oracle.canonicalize(value)


@given(JSON)
def test_is_a_fixed_point(value: Any) -> None:
    written = canonicalize(value)
    assert canonicalize(json.loads(written, parse_int=float)) == written
