"""Bodies while they arrive: decompressed piece by piece, within limits at every step."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from fedrse.core.ports import Protocol
from fedrse.net.errors import BadResponse, ResponseTooLarge

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_RATIO = 20
"""How many times larger than its compressed form a body may be."""

FREE_BYTES = 65_536
"""Up to here the ratio does not matter: short repetitive documents compress very well."""

_MAX_MEMBERS = 16
_STEP = 65_536
_GZIP = 16 + zlib.MAX_WBITS


class BodyDecoder(Protocol):
    """Takes the bytes from the wire, gives the bytes of the document."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Raises ResponseTooLarge as soon as a limit is passed, BadResponse for broken data."""

    def finish(self) -> None:
        """The wire has no more; raises BadResponse if the compressed data is cut off."""


def decoder_for(encoding: str, limit: int) -> BodyDecoder:
    """A decoder for a ``Content-Encoding``; ``limit`` bounds both sides of it, in bytes.

    Raises BadResponse for codings that were not asked for (br, zstd) and for chains of codings.
    """
    coding = encoding.strip().lower()
    if coding in {"", "identity"}:
        return PlainDecoder(limit)
    if coding in {"gzip", "x-gzip", "deflate"}:
        return InflatingDecoder(limit, gzip=coding != "deflate")
    raise BadResponse(
        "unknown_encoding", "The answer is compressed in a way that was not asked for"
    )


class PlainDecoder:
    """Counts only."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._seen = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._seen += len(data)
        if self._seen > self._limit:
            raise body_too_large(self._limit)
        yield data

    def finish(self) -> None:
        return


class InflatingDecoder:
    """gzip (RFC 1952) and deflate (RFC 1950, and RFC 1951 bare as some servers send it)."""

    def __init__(self, limit: int, *, gzip: bool) -> None:
        self._limit = limit
        self._gzip = gzip
        self._inflater: zlib._Decompress | None = None
        self._members = 0
        self._taken = 0
        self._given = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._taken += len(data)
        # Input is bounded, too: empty blocks can go on for ever without giving a byte.
        if self._taken > self._limit:
            raise body_too_large(self._limit)
        while data:
            inflater = self._current(data)
            try:
                piece = inflater.decompress(data, _STEP)
            except zlib.error as error:
                raise BadResponse("bad_encoding", "The compressed answer is damaged") from error
            data = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
            self._count(len(piece), self._taken - len(data))
            if piece:
                yield piece

    def finish(self) -> None:
        if self._inflater is not None and not self._inflater.eof:
            raise BadResponse("bad_encoding", "The compressed answer is cut off")

    def _current(self, data: bytes) -> zlib._Decompress:
        if self._inflater is None or self._inflater.eof:
            self._members += 1
            if self._members > (_MAX_MEMBERS if self._gzip else 1):
                raise BadResponse("bad_encoding", "Something follows the compressed answer")
            # RFC 1950, section 2.2: the low four bits of the first byte are 8 for zlib data.
            wrapped = zlib.MAX_WBITS if data[0] & 0x0F == 8 else -zlib.MAX_WBITS
            self._inflater = zlib.decompressobj(_GZIP if self._gzip else wrapped)
        return self._inflater

    def _count(self, given: int, used: int) -> None:
        self._given += given
        if self._given > self._limit:
            raise body_too_large(self._limit)
        if self._given > FREE_BYTES and self._given > MAX_RATIO * used:
            raise ResponseTooLarge(
                "compression_bomb", f"The answer grows more than {MAX_RATIO} times when unpacked"
            )


def body_too_large(limit: int) -> ResponseTooLarge:
    """The outcome for a body over its limit in bytes."""
    return ResponseTooLarge(
        "body_too_large", f"The answer is larger than {limit / 1_048_576:.1f} MiB", limit=limit
    )
