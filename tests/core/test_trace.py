"""Trace ids: the same at every site, and headers of others read with care."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.core.trace import read_traceparent, trace_of, traceparent

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"


@given(st.text(max_size=60))
def test_what_is_written_is_read_again(identifier: str) -> None:
    trace = trace_of(identifier)
    header = traceparent(trace)
    assert read_traceparent(header) == trace == trace_of(identifier)
    assert header != traceparent(trace), "each request is a span of its own"


def test_the_example_of_the_specification() -> None:
    assert read_traceparent(f"00-{TRACE}-{SPAN}-01") == TRACE
    assert read_traceparent(f" 00-{TRACE}-{SPAN}-00 ") == TRACE
    assert read_traceparent(f"01-{TRACE}-{SPAN}-01-more") == TRACE, "a later version"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-01-more",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE[:-1]}-{SPAN}-01x",
        f"01-{TRACE}-{SPAN}-01-" + "x" * 500,
    ],
)
def test_what_is_wrong_is_no_trace(header: str | None) -> None:
    assert read_traceparent(header) == ""


@given(st.text(max_size=300))
def test_no_header_breaks_anything(header: str) -> None:
    assert len(read_traceparent(header)) in (0, 32)
