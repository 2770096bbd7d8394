"""Announcements as values. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from msgspec import Struct, json

from fedrse.core.clock import DAY
from fedrse.core.errors import Invalid
from fedrse.core.text import clean_text, count_graphemes
from fedrse.features.profiles.model import unit_key

LONGEST: Final = 5000
MOST_REACTIONS: Final = 8  # different ones
_SHORTCODE = re.compile(r"[a-zA-Z0-9_]{2,64}")


class Announcement(Struct, frozen=True):
    """A row of ``announcement``; times in milliseconds.

    It is shown from ``starts_at`` to ``ends_at``, where they are set. ``told_at`` is when open apps
    heard of this version; ``deleted_at``: it goes as soon as they heard of that. ``must_read``: it
    stays before people's eyes until they say that they have read it. ``hosts`` and ``units`` are
    JSON; ``host``, ``uri`` and ``html`` belong to those of other sites. ``here``: the people of
    this site are meant, too.
    """

    id: int
    text: str
    starts_at: int | None
    ends_at: int | None
    all_day: bool
    published_at: int
    updated_at: int
    told_at: int | None
    deleted_at: int | None
    must_read: bool = False
    hosts: str = "[]"
    host: str | None = None
    uri: str | None = None
    html: str = ""
    here: bool = True
    units: str = "[]"

    @property
    def for_units(self) -> list[str]:
        """The units whose people are meant, as written; none: everybody."""
        return json.decode(self.units, type=list[str])

    @property
    def unit_keys(self) -> frozenset[str]:
        """What makes a unit one of those that are meant."""
        return frozenset(map(unit_key, self.for_units))

    @property
    def facts(self) -> dict[str, object]:
        """What the audit log keeps of it."""
        return {
            "text": self.text,
            "must_read": self.must_read,
            "hosts": self.targets,
            "here": self.here,
            "units": self.for_units,
        }

    @property
    def targets(self) -> list[str]:
        """The other sites at which it is shown, too."""
        return json.decode(self.hosts, type=list[str])

    def is_shown(self, now: int) -> bool:
        """Whether people see it at that moment; an end without a time is the end of its day."""
        if self.deleted_at is not None or self.published_at > now:
            return False
        ends = self.ends_at
        if ends is not None and self.all_day:
            ends = ends - ends % DAY + DAY
        return ends is None or now < ends


class Totals(Struct, frozen=True):
    """Numbers only, never names: people who were here since, and those who read it.

    Of what must be read those count who said so, of the rest those who put it away.
    """

    delivered: int
    read: int


def checked_text(text: str) -> str:
    """The text of an announcement. Raises Invalid."""
    text = clean_text(text).strip()
    if not text:
        raise Invalid("text_missing", "Validation failed: Text can't be blank")
    if len(text) > LONGEST:
        raise Invalid(
            "text_too_long",
            f"Validation failed: Text is too long (maximum is {LONGEST} characters)",
        )
    return text


def is_shortcode(name: str) -> bool:
    """Whether a reaction names a custom emoji."""
    return _SHORTCODE.fullmatch(name) is not None


def is_emoji(name: str) -> bool:
    """Whether a reaction is one emoji of Unicode, with its modifiers."""
    if not 0 < len(name) <= 32 or count_graphemes(name) != 1:
        return False
    # Pictures are "other symbols"; flags are pairs of them, keycaps end with an enclosing mark.
    return any(unicodedata.category(one) in {"So", "Me"} for one in name)
