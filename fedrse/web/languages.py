"""Catalogues: English is the language of the source, the others are gettext files in ``locales``.

The ``.po`` files themselves are package data and are read at start (some tens of milliseconds), so
there is nothing to compile and nothing that can be out of date.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Callable
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from markupsafe import Markup, escape

SOURCE_LANGUAGE = "en"
NAMES = {"en": "English", "fr": "Français"}
"""What languages call themselves; of others the tag is shown."""
LOCALES = Path(__file__).parent / "locales"


def translatable(message: str) -> str:
    """Marks a sentence in Python code that a template translates later: ``_(value)``."""
    return message


class Languages:
    """All languages of the interface, by primary subtag (``fr``)."""

    def __init__(self, folder: Path = LOCALES) -> None:
        """Raises OSError or ValueError where a catalogue cannot be read."""
        self._catalogues: dict[str, gettext.NullTranslations] = {
            SOURCE_LANGUAGE: gettext.NullTranslations()
        }
        for path in sorted(folder.glob("*.po")):
            self._catalogues[path.stem] = read_catalogue(path)

    @property
    def available(self) -> tuple[str, ...]:
        return tuple(self._catalogues)

    def catalogue(self, language: str) -> gettext.NullTranslations:
        """The catalogue of a language; that of the source for one that there is not."""
        return self._catalogues.get(language, self._catalogues[SOURCE_LANGUAGE])

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


def read_catalogue(path: Path) -> gettext.GNUTranslations:
    """One ``.po`` file, compiled in memory. Raises OSError, or ValueError for a broken file."""
    with path.open("rb") as file:
        try:
            catalogue = read_po(file, locale=path.stem, abort_invalid=True)
        except PoFileError as error:
            raise ValueError(f"{path}: {error}") from error
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
