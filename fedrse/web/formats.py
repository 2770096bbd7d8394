"""Dates and numbers as people of a language write them; the filters of templates.

Times are shown in the zone of the person for whom a page is drawn. Of visitors it is not known:
they see UTC, and a script changes that to the time of their device.
"""

from __future__ import annotations

from contextvars import ContextVar
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from gettext import NullTranslations
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fedrse.core.clock import DAY, HOUR, MINUTE, Clock, to_iso_seconds
from fedrse.web import cldr

COMPACT_FROM = 10_000
_zone: ContextVar[tzinfo | None] = ContextVar("zone", default=None)


@lru_cache(maxsize=256)
def find_zone(name: str) -> ZoneInfo | None:
    """A zone of the tz database, None for a name that it does not have."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def show_times_of(name: str | None) -> None:
    """From now on, in this task, times are those of this zone; None: UTC, and said to be."""
    _zone.set(None if name is None else find_zone(name))


def zone_name() -> str:
    """The zone in which times are shown now; empty where it is not known."""
    return str(_zone.get() or "")


class Formats:
    """Formats for one language."""

    def __init__(self, language: str, catalogue: NullTranslations, clock: Clock) -> None:
        self.language = language
        self._gettext = catalogue.gettext
        self._clock = clock

    def number(self, value: int) -> str:
        """``1 234``; from ten thousand on short: ``12 k``."""
        if value >= COMPACT_FROM:
            return cldr.write_number_short(value, self.language)
        return cldr.write_number(value, self.language)

    def moment(self, milliseconds: int) -> str:
        """Day and time in full: ``22 November 2026 at 14:05``."""
        _, zone, value = self._gettext, _zone.get(), _local(milliseconds)
        day = cldr.write_date(value, "d MMMM y", self.language)
        pattern = "HH:mm 'UTC'" if zone is None else "HH:mm"
        time = cldr.write_moment(value, pattern, zone or UTC, self.language)
        return _("{day} at {time}").format(day=day, time=time)

    def day(self, milliseconds: int) -> str:
        """The day, short; the year only where it is another one."""
        value = _local(milliseconds)
        same_year = value.year == _local(self._clock.now()).year
        pattern = "d MMM" if same_year else "d MMM y"
        return cldr.write_date(value, pattern, self.language)

    def ago(self, milliseconds: int) -> str:
        """How long ago, in one short word; from a week on the day."""
        _ = self._gettext
        passed = self._clock.now() - milliseconds
        if passed < MINUTE:
            return _("now")
        if passed < HOUR:
            return _("{count} min").format(count=passed // MINUTE)
        if passed < DAY:
            return _("{count} h").format(count=passed // HOUR)
        if passed < 7 * DAY:
            return _("{count} d").format(count=passed // DAY)
        return self.day(milliseconds)

    def iso(self, milliseconds: int) -> str:
        """RFC 3339 for the ``datetime`` attribute."""
        return to_iso_seconds(milliseconds)


def _local(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, _zone.get() or UTC)
