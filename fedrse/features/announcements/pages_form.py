"""The form that announces something: what was typed, and at which field it is wrong."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from msgspec import Struct

from fedrse.core.errors import Invalid
from fedrse.features.announcements.model_units import LONGEST_UNIT, MOST_UNITS, checked_units
from fedrse.http.request import Request
from fedrse.web.languages import translatable

LASTING: Final = {"0": None, "1": 1, "7": 7, "30": 30}
"""Days that an announcement is shown, by what the form says."""

# Where a refusal stands, and what it says.
_SENTENCES: Final = {
    "text_missing": ("text", translatable("Write what you want to announce.")),
    "text_too_long": ("text", translatable("This text is too long.")),
    "nobody_meant": ("elsewhere_only", translatable("Choose at least one of these sites.")),
    "unit_too_long": ("more_units", translatable("The name of a unit is too long.")),
    "too_many_units": ("more_units", translatable("These are too many units.")),
}


class NoticeForm(Struct, frozen=True, kw_only=True):
    """What was typed. ``more_units`` are separated by commas; ``errors`` stand at their fields."""

    text: str = ""
    must_read: bool = False
    days: str = "7"
    hosts: tuple[str, ...] = ()
    elsewhere_only: bool = False
    units: tuple[str, ...] = ()
    more_units: str = ""
    errors: Mapping[str, str] = {}

    @property
    def named(self) -> tuple[str, ...]:
        """All units that are meant, each once; none: everybody. Raises Invalid."""
        return checked_units([*self.units, *self.more_units.replace(";", ",").split(",")])


def read_form(request: Request, known: Collection[str]) -> NoticeForm:
    """What was sent; sites as far as they belong to the network."""
    ticked = _several(request, "hosts")
    return NoticeForm(
        text=(request.text("text") or "").replace("\r\n", "\n"),
        must_read=bool(request.text("must_read")),
        days=request.text("days") or "7",
        hosts=tuple(one for one in sorted(known) if one in ticked),
        elsewhere_only=bool(request.text("elsewhere_only")),
        units=tuple(_several(request, "units")[: MOST_UNITS + 1]),
        more_units=(request.text("more_units") or "")[: 2 * MOST_UNITS * LONGEST_UNIT],
    )


def sentences(error: Invalid) -> dict[str, str]:
    """What a refusal says, at its field."""
    field, said = _SENTENCES.get(error.code, ("text", error.message))
    return {field: said}


def _several(request: Request, name: str) -> list[str]:
    given: Any = request.params.get(name)
    return [one for one in given if isinstance(one, str)] if isinstance(given, list) else []
