"""Catalogues: English is the language of the source, the others are gettext files in ``locales``.

The ``.po`` files themselves are package data, each read when its language is first used (ten
milliseconds), so there is nothing to compile and nothing that can be out of date.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable
from pathlib import Path

from markupsafe import Markup, escape

from fedrse.core.languages import LOCALES, SOURCE_LANGUAGE
from fedrse.web.cldr import read_catalogue

NAMES = {"en": "English", "fr": "Français"}
"""What languages call themselves; of others the tag is shown."""


def translatable(message: str) -> str:
    """Marks a sentence in Python code that a template translates later: ``_(value)``."""
    return message


class Languages:
    """All languages of the interface, by primary subtag (``fr``)."""

    def __init__(self, folder: Path = LOCALES) -> None:
        self._files = {path.stem: path for path in sorted(folder.glob("*.po"))}
        self._catalogues: dict[str, gettext.NullTranslations] = {
            SOURCE_LANGUAGE: gettext.NullTranslations()
        }

    @property
    def available(self) -> tuple[str, ...]:
        return SOURCE_LANGUAGE, *self._files

    def catalogue(self, language: str) -> gettext.NullTranslations:
        """The catalogue of a language; that of the source for one that there is not.

        Raises OSError or ValueError where it cannot be read.
        """
        if language not in self._files:
            language = SOURCE_LANGUAGE
        found = self._catalogues.get(language)
        if found is None:
            found = self._catalogues[language] = read_catalogue(self._files[language])
        return found

    def gettext(self, language: str, message: str) -> str:
        """The sentence in this language, or as it is where the catalogue lacks it."""
        return self.catalogue(language).gettext(message)

    def knows(self, language: str, message: str) -> bool:
        """Whether this sentence can be shown in this language."""
        return language == SOURCE_LANGUAGE or self.gettext(language, message) != message


def safe_gettext(catalogue: gettext.NullTranslations) -> Callable[..., Markup]:
    """The function ``_`` of templates: translates, escapes, then fills in ``%(name)s``.

    That of Jinja trusts the sentence; here it may be a value, such as the message of an error.
    """

    def translate(message: str, **values: object) -> Markup:
        text = escape(catalogue.gettext(message))
        return text % values if values else text

    return translate
