"""HTTP/1.1 as a delivery needs it (RFC 9112): write one request, read one answer. No I/O.

Answers come from strangers, so the reader is strict and bounded: what is ambiguous (two lengths,
folded lines, a bare line feed) ends the exchange instead of being guessed at.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from fedrse.net.errors import BadResponse, ConnectionLost, ResponseTooLarge

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_HEAD: Final = 8192
"""Bytes of the status line and all headers of an answer."""

MAX_DRAIN: Final = 65_536
"""Bytes of a body that are read so that the connection can be used again."""

MAX_EXCERPT: Final = 2048
"""Bytes of a body that are kept: enough to see why a delivery was refused."""

MAX_RETRY_AFTER: Final = 86_400
"""Seconds; a server that asks for a longer rest is asked again after a day."""

_MAX_INTERIM = 8
_MAX_CHUNK_LINE = 256
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9]{2})(?: [^\r\n\x00]*)?")
_HEADER_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\x00]*?)[ \t]*")
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?")


class Answer(Struct, frozen=True):
    """What came back. ``headers`` have lower-case names; repeated ones are joined by a comma.

    ``excerpt`` is the beginning of the body as sent; ``reusable``: the connection can carry the
    next request.
    """

    status: int
    headers: Mapping[str, str]
    excerpt: bytes
    reusable: bool


def write_request(
    method: str, target: str, host: str, headers: Mapping[str, str], body: bytes
) -> bytes:
    """The bytes of a request; ``Host`` and ``Content-Length`` are added here.

    Raises ValueError for a line break in a header: nothing can be smuggled in through a value.
    """
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}"]
    lines += [
        f"{name}: {value}"
        for name, value in headers.items()
        if name.lower() not in {"host", "content-length"}
    ]
    lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join(lines)
    if head.count("\n") != len(lines) - 1 or head.count("\r") != len(lines) - 1 or "\0" in head:
        raise ValueError("a header must not contain line breaks")
    return head.encode("utf-8") + b"\r\n\r\n" + body


class AnswerReader:
    """Reads one answer from pieces of any size.

    ``feed`` and ``close`` give the Answer once it is complete, else None. Both raise BadResponse,
    ResponseTooLarge or ConnectionLost; after that the connection is of no use.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._status = 0
        self._headers: dict[str, str] = {}
        self._body: _Body | None = None
        self._keep_alive = False
        self._interim = 0
        self.started = False

    def feed(self, data: bytes) -> Answer | None:
        """Take the next bytes from the connection."""
        self.started = True
        self._buffer += data
        while self._body is None:
            if not self._read_head():
                return None
        complete = self._body.read(self._buffer)
        return self._answer(complete=True) if complete else None

    def close(self) -> Answer:
        """The other side has closed: an answer without a length is complete now."""
        if self._body is None or not self._body.ends_with_connection:
            raise ConnectionLost("connection_lost", "The other side closed the connection")
        return self._answer(complete=False)

    def _answer(self, *, complete: bool) -> Answer:
        assert self._body is not None  # noqa: S101  (callers have read the head)
        # Bytes after the answer belong to no request of ours.
        reusable = complete and self._keep_alive and not self._body.cut and not self._buffer
        return Answer(self._status, self._headers, bytes(self._body.excerpt), reusable)

    def _read_head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n", 0, MAX_HEAD)
        if end < 0:
            if len(self._buffer) >= MAX_HEAD:
                raise ResponseTooLarge(
                    "head_too_large", "The answer has more than 8 KiB of headers"
                )
            return False
        head = bytes(self._buffer[:end])
        del self._buffer[: end + 4]
        lines = head.split(b"\r\n")
        match = _STATUS_LINE.fullmatch(lines[0])
        if match is None:
            raise BadResponse("bad_status_line", "The answer is not HTTP")
        status = int(match[2])
        headers = _parse_headers(lines[1:])
        if status < 200:
            self._interim += 1
            if status == 101 or self._interim > _MAX_INTERIM:
                raise BadResponse("bad_status", "The answer is not one to this request")
            return True
        self._status, self._headers = status, headers
        self._keep_alive = _keeps_alive(match[1], headers)
        self._body = _body_of(status, headers)
        return True


class _Body(ABC):
    """The part of a body that is kept and how much of it was seen. ``cut``: the rest is left."""

    ends_with_connection = False

    def __init__(self) -> None:
        self.excerpt = bytearray()
        self.seen = 0
        self.cut = False

    @abstractmethod
    def read(self, buffer: bytearray) -> bool:
        """Take what is there; True when the end, or the limit, has been reached."""

    def take(self, buffer: bytearray, count: int) -> None:
        if len(self.excerpt) < MAX_EXCERPT:
            self.excerpt += buffer[: min(count, MAX_EXCERPT - len(self.excerpt))]
        del buffer[:count]
        self.seen += count
        self.cut = self.cut or self.seen > MAX_DRAIN


class _SizedBody(_Body):
    def __init__(self, length: int) -> None:
        super().__init__()
        self.left = length

    def read(self, buffer: bytearray) -> bool:
        count = min(self.left, len(buffer))
        self.take(buffer, count)
        self.left -= count
        self.cut = self.cut or self.left > MAX_DRAIN
        return self.left == 0 or self.cut


class _UnsizedBody(_Body):
    ends_with_connection = True

    def read(self, buffer: bytearray) -> bool:
        self.take(buffer, len(buffer))
        return self.cut


class _ChunkedBody(_Body):
    """RFC 9112, section 7.1. Extensions and trailers are skipped, with a bound."""

    def __init__(self) -> None:
        super().__init__()
        self.left = 0
        self.in_trailer = False
        self.after_chunk = False
        self.overhead = 0

    def read(self, buffer: bytearray) -> bool:
        while not self.cut:
            if self.left:
                count = min(self.left, len(buffer))
                self.take(buffer, count)
                self.left -= count
                if self.left:
                    return self.cut
                self.after_chunk = True
            line = self._line(buffer)
            if line is None:
                return False
            if self._take_line(line):
                return True
        return True

    def _line(self, buffer: bytearray) -> bytes | None:
        end = buffer.find(b"\r\n", 0, _MAX_CHUNK_LINE)
        if end < 0:
            if len(buffer) >= _MAX_CHUNK_LINE:
                raise BadResponse("bad_chunk", "The chunks of the answer cannot be read")
            return None
        line = bytes(buffer[:end])
        del buffer[: end + 2]
        # Tiny chunks and endless trailers are work, too.
        self.overhead += end + 2
        self.cut = self.cut or self.overhead > MAX_DRAIN
        return line

    def _take_line(self, line: bytes) -> bool:
        """One line between the data; True after the last."""
        if self.in_trailer:
            return not line
        if self.after_chunk:
            if line:
                raise BadResponse("bad_chunk", "The chunks of the answer cannot be read")
            self.after_chunk = False
            return False
        match = _CHUNK_LINE.fullmatch(line)
        if match is None:
            raise BadResponse("bad_chunk", "The chunks of the answer cannot be read")
        self.left = int(match[1], 16)
        self.in_trailer = self.left == 0
        return False


def _parse_headers(lines: list[bytes]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        match = _HEADER_LINE.fullmatch(line)
        if match is None:
            raise BadResponse("bad_header", "A header of the answer cannot be read")
        name, value = match[1].decode("ascii").lower(), match[2].decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _keeps_alive(minor: bytes, headers: Mapping[str, str]) -> bool:
    options = {option.strip().lower() for option in headers.get("connection", "").split(",")}
    if "close" in options:
        return False
    return minor == b"1" or "keep-alive" in options


def _body_of(status: int, headers: Mapping[str, str]) -> _Body:
    coding = headers.get("transfer-encoding")
    length = headers.get("content-length")
    if status in {204, 304}:
        return _SizedBody(0)
    if coding is not None:
        if length is not None or coding.lower() != "chunked":
            raise BadResponse("bad_length", "The length of the answer is ambiguous")
        return _ChunkedBody()
    if length is None:
        return _UnsizedBody()
    if not length.isascii() or not length.isdigit() or len(length) > 15:
        raise BadResponse("bad_length", "The length of the answer is not a number")
    return _SizedBody(int(length))


def parse_retry_after(value: str | None, now: int) -> int | None:
    """Seconds to wait from a ``Retry-After`` header (RFC 9110, section 10.2.3), at most a day.

    None if it is absent, malformed or in the past; ``now`` in milliseconds.
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), MAX_RETRY_AFTER) or None
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:  # "-0000": UTC, without a word about the sender's zone
            moment = moment.replace(tzinfo=UTC)
        seconds = int(moment.timestamp()) - now // 1000
    except (ValueError, OverflowError):
        return None
    return min(seconds, MAX_RETRY_AFTER) if seconds > 0 else None
