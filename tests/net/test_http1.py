"""Requests that cannot be split, answers of every kind, and bytes that are no answer."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fedrse.core.clock import ManualClock
from fedrse.net.errors import BadResponse, ConnectionLost, NetworkFailure, ResponseTooLarge
from fedrse.net.http1 import (
    MAX_DRAIN,
    MAX_EXCERPT,
    MAX_HEAD,
    MAX_RETRY_AFTER,
    Answer,
    AnswerReader,
    parse_retry_after,
    write_request,
)

OK = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok"


def read(data: bytes) -> Answer:
    """The answer that needs no closing."""
    answer = AnswerReader().feed(data)
    assert answer is not None
    return answer


def outcome(pieces: list[bytes]) -> Answer | str:
    """The answer or the code of the failure, with the connection closed at the end."""
    reader = AnswerReader()
    try:
        for piece in pieces:
            answer = reader.feed(piece)
            if answer is not None:
                return answer
        return reader.close()
    except NetworkFailure as failure:
        return failure.code


def test_a_request_is_written_exactly() -> None:
    headers = {"Date": "Thu, 15 Jan 2026 09:00:00 GMT", "host": "other.example", "Digest": "x"}
    assert write_request("POST", "/inbox?a", "oslo.example:8443", headers, b"{}") == (
        b"POST /inbox?a HTTP/1.1\r\nHost: oslo.example:8443\r\n"
        b"Date: Thu, 15 Jan 2026 09:00:00 GMT\r\nDigest: x\r\nContent-Length: 2\r\n\r\n{}"
    )


@pytest.mark.parametrize(
    ("target", "name", "value"),
    [
        ("/", "X", "a\r\nEvil: 1"),
        ("/", "X", "a\nEvil: 1"),
        ("/", "X", "a\rEvil: 1"),
        ("/", "X\r\nEvil", "1"),
        ("/", "X", "a\0"),
        ("/ HTTP/1.1\r\nEvil: 1", "X", "1"),
    ],
)
def test_no_header_is_smuggled_into_a_request(target: str, name: str, value: str) -> None:
    with pytest.raises(ValueError, match="line breaks"):
        write_request("POST", target, "h.example", {name: value}, b"")


def test_an_answer_with_a_length() -> None:
    answer = read(OK)
    assert (answer.status, answer.excerpt, answer.reusable) == (202, b"ok", True)
    assert answer.headers == {"content-length": "2"}


def test_an_answer_in_chunks_with_extensions_and_trailers() -> None:
    answer = read(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
        b"3;x=y\r\nabc\r\n0A\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n"
    )
    assert (answer.excerpt, answer.reusable) == (b"abc0123456789", True)


def test_interim_answers_are_skipped() -> None:
    answer = read(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" + OK)
    assert (answer.status, answer.headers.get("link")) == (202, None)


def test_an_answer_without_length_ends_with_the_connection() -> None:
    reader = AnswerReader()
    assert reader.feed(b"HTTP/1.0 500 Oops\r\nX: a\r\nX:  b \r\n\r\nbroken") is None
    answer = reader.close()
    assert (answer.status, answer.excerpt, answer.reusable) == (500, b"broken", False)
    assert answer.headers == {"x": "a, b"}


@pytest.mark.parametrize(
    ("head", "reusable"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", True),
        (b"HTTP/1.1 304\r\nContent-Length: 9\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: Keep-Alive, Close\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n", False),
    ],
)
def test_when_a_connection_is_used_again(head: bytes, reusable: bool) -> None:
    assert read(head).reusable is reusable


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "connection_lost"),
        (b"HTTP/1.1 200 OK\r\n", "connection_lost"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", "connection_lost"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", "connection_lost"),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "bad_status_line"),
        (b"HTTP/2 200\r\n\r\n", "bad_status_line"),
        (b"HTTP/1.1 2000 OK\r\n\r\n", "bad_status_line"),
        (b"HTTP/1.1  200 OK\r\n\r\n", "bad_status_line"),
        (b"HTTP/1.1 000 OK\r\n\r\n", "bad_status_line"),
        (b"\r\n\r\n", "bad_status_line"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "bad_status"),
        (b"HTTP/1.1 100 C\r\n\r\n" * 9, "bad_status"),
        (b"HTTP/1.1 200 OK\r\nNo colon\r\n\r\n", "bad_header"),
        (b"HTTP/1.1 200 OK\r\nName : x\r\n\r\n", "bad_header"),
        (b"HTTP/1.1 200 OK\r\nA: x\r\n folded\r\n\r\n", "bad_header"),
        (b"HTTP/1.1 200 OK\r\nA: x\nB: y\r\n\r\n", "bad_header"),
        (b"HTTP/1.1 200 OK\r\nA: \0\r\n\r\n", "bad_header"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "bad_length"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n", "bad_length"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: \xb2\r\n\r\n", "bad_length"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "bad_length"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9" + b"9" * 5000 + b"\r\n\r\n", "bad_length"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "bad_length"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
            "bad_length",
        ),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "bad_chunk"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n", "bad_chunk"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"0" * 300, "bad_chunk"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n", "bad_chunk"),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 2000, "head_too_large"),
        (b"x" * MAX_HEAD, "head_too_large"),
    ],
)
def test_what_is_no_answer(data: bytes, code: str) -> None:
    assert outcome([data]) == code


def test_long_bodies_are_left_unread() -> None:
    sized = read(b"HTTP/1.1 500 X\r\nContent-Length: 999999999\r\n\r\nabc")
    assert (sized.status, sized.excerpt, sized.reusable) == (500, b"abc", False)
    piece = b"x" * MAX_DRAIN
    unsized = read(b"HTTP/1.1 500 X\r\n\r\n" + piece + b"y")
    assert (unsized.excerpt, unsized.reusable) == (b"x" * MAX_EXCERPT, False)
    chunk = b"fffff\r\n" + piece + b"y"
    chunked = read(b"HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk)
    assert (chunked.excerpt, chunked.reusable) == (b"x" * MAX_EXCERPT, False)


def test_tiny_chunks_and_trailers_are_bounded_too() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert not read(head + b"1;" + b"e" * 200 + b"\r\n.\r\n" + b"1\r\n.\r\n" * 40_000).reusable
    assert not read(head + b"0\r\n" + b"Trailer: x\r\n" * 10_000).reusable


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", None),
        ("-5", None),
        ("soon", None),
        ("120", 120),
        (" 120 ", 120),
        ("9" * 400, MAX_RETRY_AFTER),
        ("Thu, 15 Jan 2026 09:01:30 GMT", 90),
        ("Thu, 15 Jan 2026 09:01:30 -0000", 90),
        ("Thu, 15 Jan 2026 08:00:00 GMT", None),
        ("Fri, 15 Jan 2027 09:00:00 GMT", MAX_RETRY_AFTER),
        ("Thu, 99 Foo 2026 09:01:30 GMT", None),
        ("Thu, 15 Jan 2026 09:01:30 +9999999999", None),
    ],
)
def test_how_long_to_wait(value: str | None, seconds: int | None) -> None:
    assert parse_retry_after(value, ManualClock().now()) == seconds


@given(st.text(max_size=60))
def test_any_retry_after_is_read_or_ignored(value: str) -> None:
    seconds = parse_retry_after(value, ManualClock().now())
    assert seconds is None or 0 < seconds <= MAX_RETRY_AFTER


FRAGMENTS = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.0 404 \r\n",
        b"HTTP/1.1 100 C\r\n\r\n",
        b"Content-Length: 3\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Connection: close\r\n",
        b"\r\n",
        b"3\r\nabc\r\n",
        b"0\r\n\r\n",
        b"abc",
        b"\n",
        b":",
    ]
)


@given(st.lists(FRAGMENTS | st.binary(max_size=12), max_size=12), st.data())
@example(
    [b"HTTP/1.1 200 OK\r\n", b"Transfer-Encoding: chunked\r\n", b"\r\n", b"3\r\nabc\r\n"], None
)
def test_the_outcome_does_not_depend_on_how_bytes_arrive(
    parts: list[bytes], data: st.DataObject | None
) -> None:
    stream = b"".join(parts)
    whole = outcome([stream])
    step = 1 if data is None else data.draw(st.integers(1, max(1, len(stream))))
    pieces = [stream[start : start + step] for start in range(0, len(stream), step)]
    split = outcome(pieces)
    if isinstance(whole, Answer) and isinstance(split, Answer):
        # Bytes after the end are seen only if they come together with it.
        assert (split.status, split.headers, split.excerpt) == (
            whole.status,
            whole.headers,
            whole.excerpt,
        )
    else:
        assert split == whole


@given(st.binary(max_size=200))
def test_any_bytes_give_an_answer_or_a_typed_failure(data: bytes) -> None:
    known = {"connection_lost", "bad_status_line", "bad_status", "bad_header", "bad_length"}
    known |= {"bad_chunk", "head_too_large"}
    for stream in (data, b"HTTP/1.1 200 OK\r\n" + data):
        result = outcome([stream])
        assert isinstance(result, Answer) or result in known


def test_failures_have_types() -> None:
    with pytest.raises(ConnectionLost):
        AnswerReader().close()
    with pytest.raises(BadResponse):
        AnswerReader().feed(b"\r\n\r\n")
    with pytest.raises(ResponseTooLarge):
        AnswerReader().feed(b"x" * MAX_HEAD)
