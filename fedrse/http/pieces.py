"""Answers put together of pieces that were made, and compressed, before.

A page of posts is mostly cards that others got already. Each piece is compressed once, by itself:
its blocks of deflate (RFC 1951) end at a byte and refer to nothing before them, so pieces in any
order are one stream of gzip (RFC 1952). That is larger than what one run over the whole would give,
about two and a half times for a page of posts, and costs nearly nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Final

from fedrse.http.reply import HTML, Reply

SMALLEST: Final = 64  # bytes: less is stored as it is
_LEVEL: Final = 9
_HEADER: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_LAST_BLOCK: Final = b"\x03\x00"
_MOST: Final = 0xFFFF_FFFF


class Piece:
    """Bytes, and what they are when compressed."""

    __slots__ = ("_packed", "plain")

    def __init__(self, plain: bytes) -> None:
        self.plain = plain
        self._packed: bytes | None = None

    @property
    def packed(self) -> bytes:
        """Whole blocks of deflate, none of them the last."""
        if self._packed is None:
            self._packed = _pack(self.plain)
        return self._packed


class PiecedReply(Reply):
    """A page made of pieces; its body is written when it is known what the client reads."""

    __slots__ = ("_pieces",)

    def __init__(self, pieces: Sequence[Piece]) -> None:
        super().__init__(media_type=HTML)
        self._pieces = pieces

    def write(self, *, gzipped: bool) -> None:
        """Puts the pieces together."""
        if gzipped:
            self.body = gzip_of(self._pieces)
            self.headers["Content-Encoding"] = "gzip"
            self.headers["Vary"] = "Accept-Encoding"
        else:
            self.body = b"".join([piece.plain for piece in self._pieces])


def gzip_of(pieces: Sequence[Piece]) -> bytes:
    """A whole file of gzip."""
    check, size, found = 0, 0, [_HEADER]
    for piece in pieces:
        plain = piece.plain
        check = zlib.crc32(plain, check)
        size += len(plain)
        found.append(piece.packed)
    found.append(_LAST_BLOCK + check.to_bytes(4, "little") + (size & _MOST).to_bytes(4, "little"))
    return b"".join(found)


def _pack(plain: bytes) -> bytes:
    if not plain:
        return b""
    if len(plain) < SMALLEST:
        size = len(plain)
        return b"\0" + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + plain
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(plain) + packer.flush(zlib.Z_SYNC_FLUSH)
