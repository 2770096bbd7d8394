"""Answers made of pieces: one stream of gzip, whatever the pieces are."""

from __future__ import annotations

import gzip
import zlib

from hypothesis import given
from hypothesis import strategies as st

from fedrse.http.pieces import SMALLEST, Piece, PiecedReply, gzip_of

_SOME = st.one_of(st.binary(max_size=SMALLEST + 2), st.binary(min_size=500, max_size=2000))


@given(st.lists(_SOME, max_size=12))
def test_pieces_are_one_file(parts: list[bytes]) -> None:
    whole = b"".join(parts)
    packed = gzip_of([Piece(part) for part in parts])
    assert gzip.decompress(packed) == whole
    one = zlib.decompressobj(16 + zlib.MAX_WBITS)
    assert one.decompress(packed) == whole, "one member, as browsers read it"
    assert one.eof
    assert one.unused_data == b""


@given(st.lists(_SOME, min_size=2, max_size=6))
def test_pieces_are_used_in_any_order(parts: list[bytes]) -> None:
    pieces = [Piece(part) for part in parts]
    assert gzip.decompress(gzip_of(pieces)) == b"".join(parts)
    turned = pieces[::-1]
    assert gzip.decompress(gzip_of(turned)) == b"".join(parts[::-1])


def test_what_repeats_in_a_piece_is_small() -> None:
    card = Piece(b"<p>words</p>" * 100)
    assert len(gzip_of([card, card])) < 200


def test_the_body_is_what_the_client_reads() -> None:
    plain = PiecedReply([Piece(b"<p>"), Piece(b"words"), Piece(b"</p>")])
    plain.write(gzipped=False)
    assert plain.body == b"<p>words</p>"
    assert "Content-Encoding" not in plain.headers
    packed = PiecedReply([Piece(b"<p>"), Piece(b"words"), Piece(b"</p>")])
    packed.write(gzipped=True)
    assert gzip.decompress(packed.body) == b"<p>words</p>"
    assert packed.headers == {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
