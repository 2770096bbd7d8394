"""Small values that others write: dates, ids, pages, addresses to listen on."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fedrse.core.clock import from_iso, to_iso
from fedrse.core.errors import BadRequest, FedrseError
from fedrse.core.ids import parse_id
from fedrse.core.listen import MAX_SOCKET_PATH, UnixAddress, parse_listen
from fedrse.core.paging import parse_page

FIRST, LAST = (
    int(datetime(year, 1, 1, tzinfo=UTC).timestamp() * 1000) - (year == 9999) for year in (1, 9999)
)
DATE_LIKE = st.from_regex(
    r"[0-9]{1,5}-[0-9]{1,2}-[0-9]{1,2}([T ][0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?)?",
    fullmatch=True,
)


@given(st.one_of(st.text(max_size=40), DATE_LIKE))
@example("0001-01-01T00:00:00+23:59")
@example("9999-12-31T23:59:59-23:59")
@example("2026-01-15T09:00:60Z")
@example("2026-W01-1")
@example("٢٠٢٦-01-15")
def test_any_text_is_a_date_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        assert isinstance(from_iso(text), int)


@given(st.integers(FIRST, LAST))
def test_dates_come_back(milliseconds: int) -> None:
    written = to_iso(milliseconds)
    if len(written) == 24:  # years below 1000 have fewer digits, and are nobody's
        assert from_iso(written) == milliseconds


@given(st.one_of(st.none(), st.text(max_size=30), st.integers().map(str)))
@example("٣")
@example("²")
@example("9223372036854775808")
@example(" 1")
@example("1_0")
def test_any_text_is_an_id_or_none(text: str | None) -> None:
    found = parse_id(text)
    assert found is None or 0 <= found < 1 << 63


@given(
    st.dictionaries(
        st.sampled_from(["limit", "max_id", "min_id", "since_id", "offset"]),
        st.one_of(
            st.none(),
            st.text(max_size=25),
            st.integers(),
            st.floats(),
            st.booleans(),
            st.lists(st.text(max_size=3), max_size=2),
            st.dictionaries(st.text(max_size=2), st.text(max_size=2), max_size=2),
        ),
    )
)
def test_any_parameters_are_a_page_or_refused(values: dict[str, object]) -> None:
    try:
        page = parse_page(values)
    except BadRequest:
        return
    assert 1 <= page.limit <= 40
    for bound in (page.max_id, page.min_id, page.since_id):
        assert bound is None or 0 <= bound < 1 << 63


@given(
    st.one_of(
        st.text(max_size=130),
        st.text(max_size=120).map(lambda path: f"unix:{path}"),
        st.tuples(st.text(max_size=30), st.integers(-1, 100_000)).map(lambda p: f"{p[0]}:{p[1]}"),
    )
)
@example("unix:" + "é" * 60)
@example("unix:\ud800")
@example("[::1%eth0]:80")
@example("[]:1")
def test_any_text_is_an_address_to_listen_on_or_refused(text: str) -> None:
    with suppress(ValueError, FedrseError):
        found = parse_listen(text, Path("/srv"))
        if isinstance(found, UnixAddress):
            assert len(bytes(found.path)) <= MAX_SOCKET_PATH
        else:
            assert 0 <= found.port <= 65535
            assert parse_listen(str(found), Path("/srv")) == found


@pytest.mark.parametrize("text", ["127.0.0.1:8401", "[::1]:0", "unix:/run/x.sock"])
def test_good_addresses_are_taken(text: str) -> None:
    assert str(parse_listen(text, Path("/srv"))) == text
