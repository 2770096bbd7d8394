"""base58btc."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multiformats import multibase

from fedrse.activitypub.multibase import decode_base58btc, encode_base58btc


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "z"),
        (b"\0", "z1"),
        (b"Hello World!", "z2NEpo7TZRRrLZSi2U"),
        (bytes.fromhex("0000287fb4cd"), "z11233QC4"),
    ],
)
def test_vectors(data: bytes, text: str) -> None:
    assert encode_base58btc(data) == text
    assert decode_base58btc(text) == data


@given(st.binary(max_size=80))
def test_agrees_with_multiformats(data: bytes) -> None:
    text = encode_base58btc(data)
    assert text == multibase.encode(data, "base58btc")
    assert decode_base58btc(text) == data


@pytest.mark.parametrize("text", ["", "2NEpo", "z0", "zO", "zI", "zl", "z é", "mYQ==", "z" * 1025])
def test_refuses(text: str) -> None:
    with pytest.raises(ValueError):
        decode_base58btc(text)


@given(st.text(max_size=100).map("z".__add__))
def test_any_text(text: str) -> None:
    try:
        data = decode_base58btc(text)
    except ValueError:
        return
    assert encode_base58btc(data) == text
