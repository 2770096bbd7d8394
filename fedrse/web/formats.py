"""Dates and numbers as people of a language write them; the filters of templates."""

from __future__ import annotations

from datetime import UTC, datetime
from gettext import NullTranslations

from babel.dates import format_date, format_datetime
from babel.numbers import format_compact_decimal, format_decimal

from fedrse.core.clock import DAY, HOUR, MINUTE, Clock, to_iso_seconds

COMPACT_FROM = 10_000


class Formats:
    """Formats for one language. Times are shown in UTC; a script changes them to local time."""

    def __init__(self, language: str, catalogue: NullTranslations, clock: Clock) -> None:
        self.language = language
        self._gettext = catalogue.gettext
        self._clock = clock

    def number(self, value: int) -> str:
        """``1 234``; from ten thousand on short: ``12 k``."""
        if value >= COMPACT_FROM:
            return format_compact_decimal(value, locale=self.language, fraction_digits=1)
        return format_decimal(value, locale=self.language)

    def moment(self, milliseconds: int) -> str:
        """Day and time in full."""
        value = datetime.fromtimestamp(milliseconds / 1000, UTC)
        return format_datetime(value, "d MMMM y HH:mm 'UTC'", locale=self.language)

    def day(self, milliseconds: int) -> str:
        """The day, short; the year only where it is another one."""
        value = datetime.fromtimestamp(milliseconds / 1000, UTC)
        same_year = value.year == datetime.fromtimestamp(self._clock.now() / 1000, UTC).year
        pattern = "d MMM" if same_year else "d MMM y"
        return format_date(value, pattern, locale=self.language)

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
