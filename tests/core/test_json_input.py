"""Strict JSON from outside."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.core.errors import BadRequest, TooLarge
from fedrse.core.json_input import load_json, load_json_object, reload_json_object

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\0", codec="utf-8")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abé😀\\u0"), inner),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'{"a":[1,2.5,-0,true,null,"x"]}', {"a": [1, 2.5, 0, True, None, "x"]}),
        (b" [ ] ", []),
        (b"9007199254740992", 2**53),
        (b"-9007199254740992", -(2**53)),
        (b"1e300", 1e300),
        ('"é"'.encode(), "é"),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"\\\\u0000 \\\\ud800"', "\\u0000 \\ud800"),
        (b'"\\u00e9\\u003c"', "é<"),
    ],
)
def test_reads(data: bytes, value: Any) -> None:
    assert load_json(data) == value


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "json_syntax"),
        (b"{", "json_syntax"),
        (b"{'a':1}", "json_syntax"),
        (b'{"a":1,}', "json_syntax"),
        (b"[1] x", "json_syntax"),
        (b'"a\nb"', "json_syntax"),
        (b"01", "json_syntax"),
        (b'"\\x"', "json_syntax"),
        (b'{"a":1,"a":1}', "json_duplicate_key"),
        (b'{"b":{"a":1,"\\u0061":2}}', "json_duplicate_key"),
        (b"NaN", "json_number"),
        (b"[Infinity]", "json_number"),
        (b"-Infinity", "json_number"),
        (b"1e400", "json_number"),
        (b"-1e400", "json_number"),
        (b"9007199254740993", "json_number"),
        (b"-9007199254740993", "json_number"),
        (b"1" * 5000, "json_number"),
        (b'"\xff"', "json_encoding"),
        (b'"\xed\xa0\x80"', "json_encoding"),
        (b"\xef\xbb\xbf{}", "json_encoding"),
        ('{"a":1}'.encode("utf-16"), "json_encoding"),
        (b'"\\ud800"', "json_string"),
        (b'{"\\uDC00":1}', "json_string"),
        (b'"\\ude00\\ud83d"', "json_string"),
        (b'"\\u0000"', "json_string"),
        (b'{"a\\\\\\u0000":1}', "json_string"),
        (b"[" * 33 + b"]" * 33, "json_too_deep"),
        (b'{"a":' * 33 + b"1" + b"}" * 33, "json_too_deep"),
        (b"[" * 100_000 + b"]" * 100_000, "json_too_deep"),
        (b'{"a":' * 100_000, "json_too_deep"),
    ],
)
def test_refuses(data: bytes, code: str) -> None:
    with pytest.raises(BadRequest) as caught:
        load_json(data)
    assert caught.value.code == code


def test_depth_at_the_limit() -> None:
    data = b"[" * 32 + b"]" * 32
    assert load_json(data) == json.loads(data)
    # Many brackets side by side are not deep.
    assert len(load_json(b"[" + b"[{}]," * 500 + b"[]]")) == 501
    with pytest.raises(BadRequest, match="3 levels"):
        load_json(b"[[[{}]]]", max_depth=3)
    assert load_json(b"[[[{}]]]", max_depth=4) == [[[{}]]]


def test_size() -> None:
    assert load_json(b"[1]", max_bytes=3) == [1]
    with pytest.raises(TooLarge) as caught:
        load_json(b"[12]", max_bytes=3)
    assert caught.value.code == "json_too_large"


def test_object() -> None:
    assert load_json_object(b'{"a":1}') == {"a": 1}
    for data in (b"[]", b"1", b'"x"', b"null"):
        with pytest.raises(BadRequest) as caught:
            load_json_object(data)
        assert caught.value.code == "json_not_object"


@given(VALUES, st.booleans())
def test_reads_what_json_writes(value: Any, ascii_only: bool) -> None:
    written = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert load_json(written) == value


@given(st.binary(max_size=60) | st.text('{}[]",:\\u0d8e1-.eN', max_size=60).map(str.encode))
def test_refuses_only_with_our_errors(data: bytes) -> None:
    try:
        value = load_json(data)
    except BadRequest:
        return
    assert json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    assert value == json.loads(data)


@given(st.dictionaries(st.text(), VALUES))
def test_what_was_read_is_read_again_alike(value: dict[str, Any]) -> None:
    data = json.dumps(value).encode()
    try:
        read = load_json_object(data)
    except BadRequest:
        return
    assert repr(reload_json_object(data)) == repr(read)


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"\xff", b'{"a":NaN}'])
def test_what_was_never_read_is_refused(data: bytes) -> None:
    with pytest.raises(BadRequest):
        reload_json_object(data)
