"""Reasons that are kept as English sentences, told in the language of who reads them. Pure.

What a list is held back for is noted when it is fetched, by a job, for everybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from fedrse.features.policy.model_fields import NO_HOST, Said
from fedrse.features.policy.model_files import OF_ANY_FILE
from fedrse.features.policy.model_lists import OF_LISTS
from fedrse.features.policy.model_syntax import SENTENCES
from fedrse.features.sites.model_health import plain_error
from fedrse.web.languages import translatable

_TEMPLATES: Final = (
    translatable("it would deny %(host)s, a member of the network"),
    translatable("it would deny %(hosts)s: %(number)s members of the network"),
    # The sign is a value, as "%" alone would begin a placeholder.
    translatable("it would deny %(number)s of %(all)s known sites, more than %(most)s: %(hosts)s"),
    translatable("it has %(number)s entries instead of %(before)s"),
    translatable("it is empty; it had %(before)s entries"),
    translatable("it says something else about %(number)s of %(all)s hosts"),
)
_WRONG: Final = (*OF_LISTS, NO_HOST, *OF_ANY_FILE, *SENTENCES)
_PLACE: Final = re.compile(r"%\\\((\w+)\\\)s")
_PATTERNS: Final = tuple(
    (template, re.compile(_PLACE.sub(r"(?P<\1>.+?)", re.escape(template)), re.DOTALL))
    for template in (*_TEMPLATES, *_WRONG)
)
_LINE: Final = re.compile(r"line (\d+): (.*)")


def said(text: str) -> Said:
    """A sentence that this package wrote, taken apart; any other as it is."""
    for template, pattern in _PATTERNS:
        found = pattern.fullmatch(text)
        if found is not None:
            return Said(template, found.groupdict())
    return Said("%(text)s", {"text": text})


def about_failure(text: str) -> tuple[Said, Iterable[tuple[str, Said]]]:
    """Why a list could not be read: what it means, and the lines that are wrong in it."""
    lines = [found.groups() for found in map(_LINE.fullmatch, text.split("\n")) if found]
    if lines:
        wrong = translatable("Lines of it are wrong; nothing of it was taken.")
        return Said(wrong), [(str(number), said(str(words))) for number, words in lines]
    plain = plain_error(text)
    return (Said(plain) if plain else said(text)), ()
