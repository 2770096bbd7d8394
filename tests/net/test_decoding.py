"""Decompression in pieces: the same document whatever the pieces, and an end to every bomb."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.net.decoding import FREE_BYTES, MAX_RATIO, decoder_for
from fedrse.net.errors import BadResponse, NetworkFailure, ResponseTooLarge

LIMIT = 1_048_576


def decode(data: bytes, encoding: str, *, step: int = 1000, limit: int = LIMIT) -> bytes:
    decoder = decoder_for(encoding, limit)
    parts: list[bytes] = []
    for start in range(0, len(data), step):
        parts += decoder.feed(data[start : start + step])
    decoder.finish()
    return b"".join(parts)


def bare_deflate(document: bytes) -> bytes:
    squeezer = zlib.compressobj(wbits=-15)
    return squeezer.compress(document) + squeezer.flush()


@given(st.binary(max_size=5000), st.integers(1, 6000))
def test_documents_survive(document: bytes, step: int) -> None:
    assert decode(document, "identity", step=step) == document
    assert decode(gzip.compress(document), "GZIP", step=step) == document
    assert decode(zlib.compress(document), "deflate", step=step) == document
    assert decode(gzip.compress(document) * 2, "x-gzip", step=step) == document * 2


def test_deflate_without_its_wrapping() -> None:
    document = b"Bonjour " * 40
    assert decode(bare_deflate(document), "deflate", step=7) == document


def test_the_ratio_matters_beyond_the_free_bytes_only() -> None:
    small = b"\0" * FREE_BYTES
    assert len(gzip.compress(small)) * MAX_RATIO < len(small)
    assert decode(gzip.compress(small), "gzip") == small
    for step in (1, 1000, LIMIT):
        with pytest.raises(ResponseTooLarge) as caught:
            decode(gzip.compress(b"\0" * (FREE_BYTES + 1)), "gzip", step=step)
        assert caught.value.code == "compression_bomb"


def test_both_sides_are_limited() -> None:
    with pytest.raises(ResponseTooLarge):
        decode(gzip.compress(b"x" * 101), "gzip", limit=100)
    empty_blocks = gzip.compress(b"")[:10] + b"\x00\x00\x00\xff\xff" * 1000
    with pytest.raises(ResponseTooLarge):
        decode(empty_blocks, "gzip", limit=1000)


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, gzip", "gzip,identity", "x"])
def test_codings_that_were_not_asked_for(encoding: str) -> None:
    with pytest.raises(BadResponse):
        decoder_for(encoding, LIMIT)


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (gzip.compress(b"x" * 500, mtime=0)[:-1], "gzip"),
        (gzip.compress(b"x", mtime=0) + b"trailing", "gzip"),
        (zlib.compress(b"x") + b"trailing", "deflate"),
        (gzip.compress(b"", mtime=0) * 17, "gzip"),
        (b"{}", "gzip"),
        (b"\xff" * 20, "deflate"),
    ],
)
def test_damaged_data(data: bytes, encoding: str) -> None:
    with pytest.raises(BadResponse):
        decode(data, encoding)


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate"]), st.integers(1, 50))
def test_any_bytes_are_decoded_or_refused(data: bytes, encoding: str, step: int) -> None:
    prefix = b"" if encoding == "deflate" else gzip.compress(b"")[:10]
    for stream in (data, prefix + data):
        try:
            document = decode(stream, encoding, step=step)
        except NetworkFailure:
            continue
        assert len(document) <= max(FREE_BYTES, MAX_RATIO * len(stream))
