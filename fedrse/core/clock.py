"""Time: integer milliseconds since 1970 in UTC, from a clock that tests can control."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from fedrse.core.ports import Protocol

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Clock(Protocol):
    """Tells the time in milliseconds since 1970."""

    def now(self) -> int: ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> int:
        return time.time_ns() // 1_000_000


class ManualClock:
    """A clock that stands still until told otherwise; for tests and simulations."""

    def __init__(self, now: int = 1_768_467_600_000) -> None:
        self.time = now

    def now(self) -> int:
        return self.time

    def advance(self, milliseconds: int) -> None:
        self.time += milliseconds


def to_iso(milliseconds: int) -> str:
    """RFC 3339 in UTC with milliseconds, as Mastodon writes it: ``2026-01-15T09:00:00.000Z``."""
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC).isoformat()
    return f"{moment[:19]}.{milliseconds % 1000:03d}Z"


def to_iso_seconds(milliseconds: int) -> str:
    """RFC 3339 in UTC with whole seconds: ``2026-01-15T09:00:00Z``."""
    return f"{datetime.fromtimestamp(milliseconds // 1000, UTC).isoformat()[:19]}Z"


def to_date(milliseconds: int) -> str:
    """The calendar day in UTC: ``2026-01-15``."""
    return f"{datetime.fromtimestamp(milliseconds // 1000, UTC):%Y-%m-%d}"


def from_iso(text: str) -> int:
    """Milliseconds of an RFC 3339 or ISO 8601 date-time; UTC where no zone is given.

    Raises ValueError for anything else, also for years outside 1..9999.
    """
    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    except OverflowError as error:
        raise ValueError("date out of range") from error
