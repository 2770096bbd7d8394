"""Spans, different people and cohorts, compared with counting them one by one."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.core.clock import DAY, to_date
from fedrse.core.errors import Invalid
from fedrse.features.insights.model_dimensions import size_shown
from fedrse.features.insights.model_measures import (
    LONGEST,
    Span,
    day_of,
    different,
    span_of,
    summed,
    visitors,
)
from fedrse.features.insights.model_retention import (
    NEVER,
    Frequency,
    Newcomers,
    cohorts,
    end_of,
    start_of,
    starts,
)

DAYS = st.integers(100, 140)
spans = st.builds(lambda first, more: Span(first, first + more), DAYS, st.integers(0, 12))
visits = st.lists(st.tuples(st.integers(1, 5), DAYS), max_size=40)  # who, and on which day


@given(visits, spans)
def test_people_are_counted_once_in_any_span(seen: list[tuple[int, int]], span: Span) -> None:
    counted: Counter[tuple[int, int]] = Counter()
    last: dict[int, int] = {}
    for who, day in sorted(set(seen), key=lambda one: one[1]):
        counted[day, last.get(who, -1)] += 1
        last[who] = day
    found = visitors(span, [(day, before, people) for (day, before), people in counted.items()])
    assert found.total == len({who for who, day in seen if day in span.days})
    assert found.before == len({who for who, day in seen if day in span.before.days})
    for day in span.days:
        assert found.by_day.get(day, 0) == len({who for who, at in seen if at == day})


@given(visits, spans)
def test_different_and_summed(seen: list[tuple[int, int]], span: Span) -> None:
    inside = [one for one in seen if one[1] in span.days or one[1] in span.before.days]
    found = different(span, [(day, who) for who, day in inside])
    assert found.total == len({who for who, day in inside if day in span.days})
    assert found.before == len({who for who, day in inside if day not in span.days})
    added = summed(span, Counter(day for _, day in seen))
    assert added.total == sum(day in span.days for _, day in seen)
    assert added.before == sum(day in span.before.days for _, day in seen)


@given(
    st.lists(st.tuples(st.integers(20_000, 20_200), st.integers(0, 250)), max_size=30),
    st.integers(20_000, 20_150),
    st.integers(0, 60),
    st.sampled_from(list(Frequency)),
)
def test_cohorts(
    people: list[tuple[int, int]], first: int, more: int, frequency: Frequency
) -> None:
    periods = starts(Span(first, first + more), frequency)
    assert periods[0] == start_of(first, frequency)
    inside = [
        (joined, joined + stays if stays % 5 else NEVER)
        for joined, stays in people
        if periods[0] <= joined <= end_of(periods[-1], frequency)
    ]
    rows = [Newcomers(joined, last, count) for (joined, last), count in Counter(inside).items()]
    for number, cohort in enumerate(cohorts(periods, frequency, rows)):
        start = periods[number]
        mine = [last for joined, last in inside if start_of(joined, frequency) == start]
        assert cohort.begins == start * DAY
        assert len(cohort.points) == len(periods) - number
        for period, point in zip(periods[number:], cohort.points, strict=True):
            stayed = sum(last >= period for last in mine)
            assert (point.begins, point.people) == (period * DAY, stayed)
            assert point.rate == (round(stayed / len(mine), 4) if mine else 0)


@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_is_typed_is_read_or_refused(start: str, end: str) -> None:
    with suppress(Invalid):
        assert 0 < len(span_of(start, end).days) <= LONGEST


@given(st.integers(8_000, 80_000), st.integers(0, LONGEST - 1))
def test_dates_are_days_and_ids_fit(first: int, more: int) -> None:
    span = span_of(to_date(first * DAY), f"{to_date((first + more) * DAY)}T23:59:59-11:00")
    assert span == Span(first, first + more)
    assert all(0 <= one < 1 << 63 for one in span.ids.values())
    assert len(span.before.days) == len(span.days)
    assert span.before.last + 1 == span.first


@pytest.mark.parametrize("text", ["1989-12-31", "2200-01-01", "2026-13-01", "", "now"])
def test_days_that_there_are_not(text: str) -> None:
    with pytest.raises(Invalid):
        day_of(text, "start_at")


def test_sizes() -> None:
    assert [size_shown(size) for size in (0, 1023, 1536, 49_581_359_907, 1 << 50)] == [
        *("0 Bytes", "1023 Bytes", "1.5 KB", "46.2 GB", "1024.0 TB"),
    ]
