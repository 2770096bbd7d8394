"""Dates and numbers in two languages."""

from __future__ import annotations

import pytest

from fedrse.core.clock import DAY, HOUR, MINUTE, SECOND, ManualClock
from fedrse.web.formats import Formats
from fedrse.web.languages import Languages

NOW = 1_768_467_600_000  # 2026-01-15T09:00:00Z


def formats(language: str) -> Formats:
    return Formats(language, Languages().catalogue(language), ManualClock(NOW))


@pytest.mark.parametrize(
    ("value", "english", "french"),
    [
        (0, "0", "0"),
        (999, "999", "999"),
        (1234, "1,234", "1\u202f234"),
        (12_345, "12.3K", "12,3\xa0k"),
        (2_000_000, "2M", "2\xa0M"),
    ],
)
def test_numbers(value: int, english: str, french: str) -> None:
    assert formats("en").number(value) == english
    assert formats("fr").number(value) == french


@pytest.mark.parametrize(
    ("passed", "english", "french"),
    [
        (-5 * SECOND, "now", "à l’instant"),
        (59 * SECOND, "now", "à l’instant"),
        (MINUTE, "1 min", "1 min"),
        (HOUR - 1, "59 min", "59 min"),
        (23 * HOUR, "23 h", "23 h"),
        (2 * DAY, "2 d", "2 j"),
        (8 * DAY, "7 Jan", "7 janv."),
        (40 * DAY, "6 Dec 2025", "6 déc. 2025"),
    ],
)
def test_how_long_ago(passed: int, english: str, french: str) -> None:
    assert formats("en").ago(NOW - passed) == english
    assert formats("fr").ago(NOW - passed) == french


def test_moments() -> None:
    assert formats("en").moment(NOW) == "15 January 2026 at 09:00 UTC"
    assert formats("fr").moment(NOW) == "15 janvier 2026 à 09:00 UTC"
    assert formats("fr").iso(NOW) == "2026-01-15T09:00:00Z"
