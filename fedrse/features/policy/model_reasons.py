"""Reasons that are kept as English sentences, told in the language of who reads them. Pure.

What a list is held back for is noted when it is fetched, by a job, for everybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from fedrse.features.policy.model_fields import Said
from fedrse.features.sites.model_health import plain_error
from fedrse.web.languages import translatable

_TEMPLATES: Final = (
    translatable("it would deny %(host)s, a member of the network"),
    translatable("it would deny %(hosts)s: %(number)s members of the network"),
    # The sign is a value, as "%" alone would begin a placeholder.
    translatable("it would deny %(number)s of %(all)s known sites, more than %(most)s: %(hosts)s"),
    translatable("it has %(number)s entries instead of %(before)s"),
)
_PLACE: Final = re.compile(r"%\\\((\w+)\\\)s")
_PATTERNS: Final = tuple(
    (template, re.compile(_PLACE.sub(r"(?P<\1>.+?)", re.escape(template))))
    for template in _TEMPLATES
)
_LINE: Final = re.compile(r"line (\d+): (.*)")


def said(text: str) -> Said:
    """A sentence that this package wrote, taken apart; any other as it is."""
    for template, pattern in _PATTERNS:
        found = pattern.fullmatch(text)
        if found is not None:
            return Said(template, found.groupdict())
    return Said("%(text)s", {"text": text})


def about_failure(text: str) -> tuple[Said, Iterable[tuple[str, str]]]:
    """Why a list could not be read: what it means, and the lines that are wrong in it."""
    lines = [found.groups() for found in map(_LINE.fullmatch, text.split("\n")) if found]
    if lines:
        wrong = translatable("Lines of it are wrong; nothing of it was taken.")
        return Said(wrong), [(str(number), str(words)) for number, words in lines]
    plain = plain_error(text)
    return (Said(plain) if plain else said(text)), ()
