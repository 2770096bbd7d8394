"""Who stays: people who began in the same day or month, and how many of them came later. Pure.

As in Mastodon somebody has stayed until their last visit: there is no record of who came when.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from msgspec import Struct

from fedrse.core.clock import DAY
from fedrse.core.errors import Invalid
from fedrse.features.insights.model_measures import Span

_EPOCH: Final = date(1970, 1, 1)
NEVER: Final = -1


class Frequency(StrEnum):
    """How long the periods are."""

    DAY = "day"
    MONTH = "month"


MOST: Final = {Frequency.DAY: 92, Frequency.MONTH: 36}
"""Periods that can be asked for at once."""


class Newcomers(Struct, frozen=True):
    """People by the day on which they began and that of their last visit (NEVER: none)."""

    joined: int
    last: int
    people: int


class Point(Struct, frozen=True):
    """How many of a cohort came in a period or later; ``begins`` in milliseconds."""

    begins: int
    rate: float
    people: int


class Cohort(Struct, frozen=True):
    """Those who began in the period that begins then."""

    begins: int
    points: tuple[Point, ...]


def start_of(day: int, frequency: Frequency) -> int:
    """The first day of the period in which a day is."""
    if frequency is Frequency.DAY:
        return day
    return (_date(day).replace(day=1) - _EPOCH).days


def starts(span: Span, frequency: Frequency) -> list[int]:
    """The first days of all periods of a span. Raises Invalid for too many."""
    found, day = [], start_of(span.first, frequency)
    while day <= span.last:
        found.append(day)
        day = _next(day, frequency)
    if len(found) > MOST[frequency]:
        raise Invalid(
            "range_too_long",
            f"Validation failed: at most {MOST[frequency]} periods can be asked for at once",
        )
    return found


def end_of(start: int, frequency: Frequency) -> int:
    """The last day of the period that begins then."""
    return _next(start, frequency) - 1


def cohorts(
    periods: Sequence[int], frequency: Frequency, rows: Iterable[Newcomers]
) -> list[Cohort]:
    """For each period how many of those who began in it came in this and each later one."""
    sizes: Counter[int] = Counter()
    last: Counter[tuple[int, int]] = Counter()
    for row in rows:
        joined = start_of(row.joined, frequency)
        sizes[joined] += row.people
        if row.last != NEVER:
            last[joined, min(start_of(row.last, frequency), periods[-1])] += row.people
    return [
        Cohort(start * DAY, tuple(_points(start, periods[number:], sizes[start], last)))
        for number, start in enumerate(periods)
    ]


def _points(
    start: int, periods: Sequence[int], size: int, last: Counter[tuple[int, int]]
) -> list[Point]:
    found, people = [], 0
    for period in reversed(periods):
        people += last[start, period]
        found.append(Point(period * DAY, round(people / size, 4) if size else 0.0, people))
    return found[::-1]


def _next(day: int, frequency: Frequency) -> int:
    if frequency is Frequency.DAY:
        return day + 1
    return ((_date(day).replace(day=1) + timedelta(days=32)).replace(day=1) - _EPOCH).days


def _date(day: int) -> date:
    return _EPOCH + timedelta(days=day)
