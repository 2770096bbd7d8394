"""Dates in HTTP headers."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.activitypub.http_dates import from_http_date, to_http_date

NOW = 1_768_467_600_000


def test_written() -> None:
    assert to_http_date(NOW + 999) == "Thu, 15 Jan 2026 09:00:00 GMT"


@pytest.mark.parametrize(
    "text",
    [
        "Thu, 15 Jan 2026 09:00:00 GMT",
        "Thu, 15 Jan 2026 09:00:00 UTC",
        "Thu, 15 Jan 2026 10:00:00 +0100",
        "Thu, 15 Jan 2026 09:00:00 -0000",
        "15 Jan 2026 09:00:00 GMT",
    ],
)
def test_read(text: str) -> None:
    assert from_http_date(text) == NOW


@pytest.mark.parametrize(
    "text", ["", "now", "2026-01-15T09:00:00Z", "Thu, 45 Jan 2026 09:00:00 GMT", "x" * 100]
)
def test_refused(text: str) -> None:
    with pytest.raises(ValueError):
        from_http_date(text)


@given(st.integers(0, 253402300799))
def test_round_trip(seconds: int) -> None:
    assert from_http_date(to_http_date(seconds * 1000)) == seconds * 1000


@given(st.text(max_size=70) | st.text("ThuJan 0123456789,:+-GMT", max_size=64))
def test_any_text(text: str) -> None:
    with suppress(ValueError):
        assert isinstance(from_http_date(text), int)
