"""Spans of days that are measured, and which measures there are. Pure. Days are days of UTC."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from msgspec import Struct

from fedrse.core.clock import DAY
from fedrse.core.errors import Invalid
from fedrse.core.ids import first_of

LONGEST: Final = 366  # days
_YEARS: Final = range(1990, 2200)
_EPOCH: Final = date(1970, 1, 1)


class Measure(StrEnum):
    """What can be measured day by day; the names of the Mastodon admin API."""

    ACTIVE_USERS = "active_users"
    NEW_USERS = "new_users"
    INTERACTIONS = "interactions"
    OPENED_REPORTS = "opened_reports"
    RESOLVED_REPORTS = "resolved_reports"
    TAG_ACCOUNTS = "tag_accounts"
    TAG_USES = "tag_uses"
    TAG_SERVERS = "tag_servers"
    INSTANCE_ACCOUNTS = "instance_accounts"
    INSTANCE_MEDIA_ATTACHMENTS = "instance_media_attachments"
    INSTANCE_REPORTS = "instance_reports"
    INSTANCE_STATUSES = "instance_statuses"
    INSTANCE_FOLLOWS = "instance_follows"
    INSTANCE_FOLLOWERS = "instance_followers"


class Span(Struct, frozen=True):
    """Days from ``first`` to ``last``, both included, as numbers since 1970."""

    first: int
    last: int

    @property
    def days(self) -> range:
        return range(self.first, self.last + 1)

    @property
    def before(self) -> Span:
        """As many days, up to the day before the first."""
        return Span(self.first - len(self.days), self.first - 1)

    @property
    def begins(self) -> int:
        """Milliseconds."""
        return self.first * DAY

    @property
    def ends(self) -> int:
        """Milliseconds; the first moment after."""
        return (self.last + 1) * DAY

    @property
    def ids(self) -> dict[str, int]:
        """The ids that were made in this time and that before it, as parameters of statements."""
        return {
            "since_id": first_of(max(self.before.begins, 0)),
            "from_id": first_of(self.begins),
            "until_id": first_of(self.ends),
        }

    @property
    def times(self) -> dict[str, int]:
        """The same as milliseconds."""
        return {"since": self.before.begins, "until": self.ends}


class Measured(Struct, frozen=True):
    """A measure: in the whole span, in as many days before, and by day."""

    total: int
    before: int
    by_day: Mapping[int, int]


def span_of(start: str, end: str, *, most: int = LONGEST) -> Span:
    """The days between two dates or moments, whose time of day is ignored. Raises Invalid."""
    span = Span(day_of(start, "start_at"), day_of(end, "end_at"))
    if span.last < span.first:
        raise Invalid("range_backwards", "Validation failed: end_at is before start_at")
    if len(span.days) > most:
        raise Invalid(
            "range_too_long", f"Validation failed: at most {most} days can be asked for at once"
        )
    return span


def day_of(text: str, name: str) -> int:
    """The day that an ISO 8601 date or moment names, as it is written. Raises Invalid."""
    try:
        day = datetime.fromisoformat(text.strip()).date()
    except ValueError as error:
        raise Invalid(
            "date_invalid", f"Validation failed: {name} is not a date such as 2026-01-15"
        ) from error
    if day.year not in _YEARS:
        raise Invalid("date_invalid", f"Validation failed: {name} is too far away")
    return (day - _EPOCH).days


def summed(span: Span, rows: Mapping[int, int]) -> Measured:
    """A measure that adds up, from its values by day."""
    return Measured(
        total=sum(rows.get(day, 0) for day in span.days),
        before=sum(rows.get(day, 0) for day in span.before.days),
        by_day=rows,
    )


def different(span: Span, rows: Iterable[tuple[int, Hashable]]) -> Measured:
    """How many different things there were, from (day, thing)."""
    now: set[Hashable] = set()
    before: set[Hashable] = set()
    by_day: defaultdict[int, set[Hashable]] = defaultdict(set)
    for day, thing in rows:
        (now if day in span.days else before).add(thing)
        by_day[day].add(thing)
    counted = {day: len(things) for day, things in by_day.items()}
    return Measured(len(now), len(before), counted)


def visitors(span: Span, rows: Sequence[tuple[int, int, int]]) -> Measured:
    """How many different people came, from (day, day of the visit before, people).

    Whoever came several times is counted on the first of these days: then the visit before was
    before all of them.
    """

    def came(of: Span) -> int:
        return sum(people for day, seen, people in rows if day in of.days and seen < of.first)

    by_day: dict[int, int] = {}
    for day, _, people in rows:
        by_day[day] = by_day.get(day, 0) + people
    return Measured(came(span), came(span.before), by_day)
