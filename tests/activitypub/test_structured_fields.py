"""The structured fields that signatures use."""

from __future__ import annotations

import http_sf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.activitypub.structured_fields import (
    InnerList,
    Item,
    Token,
    decode_base64,
    parse_dictionary,
    quote,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", {}),
        ("  ", {}),
        ("a=1", {"a": Item(1, {})}),
        ("a=-12.5, b=?0,c", {"a": Item(-12.5, {}), "b": Item(False, {}), "c": Item(True, {})}),
        ("sig1=:AQID:", {"sig1": Item(b"\1\2\3", {})}),
        ("a=:AQI:", {"a": Item(b"\1\2", {})}),
        ("a=::", {"a": Item(b"", {})}),
        (
            " a=:AQID:;x=1 \t,\t b=tok/en:*",
            {"a": Item(b"\1\2\3", {"x": 1}), "b": Item("tok/en:*", {})},
        ),
        (r'a="q\"\\";b; c=*t', {"a": Item('q"\\', {"b": True, "c": "*t"})}),
        ("a=();x=1", {"a": InnerList((), {"x": 1}, "();x=1")}),
        (
            's=( "@method"  "x";req );created=1;keyid="k"',
            {
                "s": InnerList(
                    (Item("@method", {}), Item("x", {"req": True})),
                    {"created": 1, "keyid": "k"},
                    '( "@method"  "x";req );created=1;keyid="k"',
                )
            },
        ),
    ],
)
def test_reads(text: str, value: object) -> None:
    assert parse_dictionary(text) == value


def test_tokens_are_not_strings() -> None:
    members = parse_dictionary('a=x, b="x"')
    assert isinstance(members["a"], Item)
    assert isinstance(members["a"].value, Token)
    assert isinstance(members["b"], Item)
    assert not isinstance(members["b"].value, Token)


@pytest.mark.parametrize(
    "text",
    [
        "a=1,",
        ",a",
        "a b",
        "A=1",
        "a=1 a=2",
        "a=1, a=2",
        "a=:AQID",
        "a=:A:",
        "a=:A=B=:",
        "a=:AQ ID:",
        'a="x',
        'a="é"',
        'a="\\x"',
        'a="\n"',
        "a=1.",
        "a=1.2345",
        "a=1234567890123456",
        "a=1234567890123.5",
        "a=--1",
        "a=?2",
        "a=@1659578233",
        'a=%"x"',
        "a=(1",
        "a=(1 2",
        'a=("x""y")',
        "a=((1))",
        "a=1;",
        "a=1;X=2",
        "a=1;x=2;x=3",
        "=1",
        "a=",
        "a=(1)x",
        "a=\t1",
        "\ta=1",
    ],
)
def test_refuses(text: str) -> None:
    with pytest.raises(ValueError):
        parse_dictionary(text)


def test_bounds() -> None:
    assert len(parse_dictionary(",".join(f"k{n}" for n in range(16)))) == 16
    for text in (
        ",".join(f"k{n}" for n in range(17)),
        f"a=({' '.join(['1'] * 65)})",
        "a=1" + "".join(f";p{n}" for n in range(17)),
        'a="' + "x" * 8190 + '"',
        "a=:" + "A" * 8192 + ":",
    ):
        with pytest.raises(ValueError):
            parse_dictionary(text)


def test_quote() -> None:
    assert quote('a"b\\c') == '"a\\"b\\\\c"'
    for text in ("é", "a\nb", "\x7f"):
        with pytest.raises(ValueError):
            quote(text)


def test_base64() -> None:
    assert decode_base64("AQI=") == decode_base64("AQI") == b"\1\2"
    for text in ("A", "AQI==", "A Q", "-_", "é"):
        with pytest.raises(ValueError):
            decode_base64(text)


TEXT = st.text('ab*1-.?:;=,()" \\\tAé', max_size=40)


@given(TEXT)
def test_agrees_with_http_sf(text: str) -> None:
    try:
        mine = parse_dictionary(text)
    except ValueError:
        return
    # Stricter than the oracle is allowed (repeated keys), laxer is not.
    theirs = http_sf.parse(text.encode(), tltype="dictionary")
    assert list(mine) == list(theirs)
    for key, member in mine.items():
        value, parameters = theirs[key]
        assert dict(parameters) == member.parameters
        if isinstance(member, InnerList):
            assert [(item.value, item.parameters) for item in member.items] == [
                (item, dict(inner)) for item, inner in value
            ]
            assert member.text in text
        else:
            assert member.value == value


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40))
def test_quoted_text_reads_back(text: str) -> None:
    member = parse_dictionary(f"a={quote(text)}")["a"]
    assert isinstance(member, Item)
    assert member.value == text
