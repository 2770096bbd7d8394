"""For whom an announcement is: everybody, or the people of some units. Pure.

Each site decides about its own people, so no names travel: only the units as they are written.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from fedrse.core.errors import Invalid
from fedrse.core.text import clean_line
from fedrse.features.profiles.model import unit_key

MOST_UNITS: Final = 20
LONGEST_UNIT: Final = 120


def checked_units(names: Iterable[str]) -> tuple[str, ...]:
    """Units as written, each once; none of them: everybody is meant. Raises Invalid."""
    found: dict[str, str] = {}
    for name in names:
        line = clean_line(name, LONGEST_UNIT + 1)
        if len(line) > LONGEST_UNIT:
            raise Invalid(
                "unit_too_long",
                f"Validation failed: Unit is too long (maximum is {LONGEST_UNIT} characters)",
            )
        if key := unit_key(line):
            found.setdefault(key, line)
        if len(found) > MOST_UNITS:
            raise Invalid(
                "too_many_units", f"Validation failed: Too many units (maximum is {MOST_UNITS})"
            )
    return tuple(found.values())


def read_units(value: Any) -> tuple[str, ...] | None:
    """The units in the ``readers`` of a document of another site; None: for nobody here.

    Who does not understand every word of it cannot tell whom it leaves out. So anything but
    ``units`` with names is refused, never shown to more people than were meant.
    """
    if not isinstance(value, dict) or value.keys() != {"units"}:
        return None
    names = value["units"] if isinstance(value["units"], list) else [value["units"]]
    if len(names) > MOST_UNITS or not all(isinstance(one, str) for one in names):
        return None
    try:
        return checked_units(names) or None
    except Invalid:
        return None
