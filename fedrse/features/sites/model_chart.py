"""Small charts of traffic: bars as numbers that a template draws as SVG. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from fedrse.core.clock import DAY, HOUR

HOURS: Final = 24
DAYS: Final = 14
HEIGHT: Final = 40


class Hour(Struct, frozen=True):
    """An hour of traffic with one peer; ``at`` is its first millisecond."""

    at: int
    received: int
    sent: int


class Bar(Struct, frozen=True):
    """One step of time: heights of what came and what went, in units of the chart."""

    at: int
    received: int
    sent: int
    received_height: int
    sent_height: int


class Chart(Struct, frozen=True):
    """``bars`` from the oldest; ``most`` is the largest number, ``received`` and ``sent`` sums."""

    bars: tuple[Bar, ...]
    most: int
    received: int
    sent: int


def by_hour(hours: Sequence[Hour], now: int) -> Chart:
    """The last day, an hour each."""
    return _chart(hours, now, HOUR, HOURS)


def by_day(hours: Sequence[Hour], now: int) -> Chart:
    """The last two weeks, a day (UTC) each."""
    return _chart(hours, now, DAY, DAYS)


def _chart(hours: Sequence[Hour], now: int, step: int, count: int) -> Chart:
    first = now - now % step - (count - 1) * step
    sums = [[0, 0] for _ in range(count)]
    for one in hours:
        place = (one.at - first) // step
        if 0 <= place < count:
            sums[place][0] += one.received
            sums[place][1] += one.sent
    most = max((max(pair) for pair in sums), default=0)
    bars = tuple(
        Bar(
            first + place * step,
            received,
            sent,
            _height(received, most),
            _height(sent, most),
        )
        for place, (received, sent) in enumerate(sums)
    )
    return Chart(bars, most, sum(one.received for one in bars), sum(one.sent for one in bars))


def _height(value: int, most: int) -> int:
    """What is there at all can be seen."""
    return 0 if not value else max(1, round(value * HEIGHT / most))
