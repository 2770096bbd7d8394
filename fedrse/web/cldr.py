"""How languages write things (Unicode CLDR, by Babel), loaded when something is first written.

Babel and its data take three megabytes. A site nobody looks at, or whose people all use apps,
does without them.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from gettext import GNUTranslations
from importlib import import_module
from pathlib import Path

_BEFORE_THIN = re.compile(r" (?=[;!?](?:\s|$|[)»]))")
_BEFORE_WIDE = re.compile(r" (?=[:»](?:\s|$|[)»,.]))|(?<=«) ")


def write_date(value: datetime, pattern: str, language: str) -> str:
    """A day in a pattern of CLDR."""
    text: str = import_module("babel.dates").format_date(value, pattern, locale=language)
    return text


def write_moment(value: datetime, pattern: str, zone: tzinfo, language: str) -> str:
    """Day and time in a pattern of CLDR, as it is in a zone."""
    dates = import_module("babel.dates")
    text: str = dates.format_datetime(value, pattern, tzinfo=zone, locale=language)
    return text


def write_number(value: int, language: str) -> str:
    """``1 234``."""
    text: str = import_module("babel.numbers").format_decimal(value, locale=language)
    return text


def write_number_short(value: int, language: str) -> str:
    """``12.3 k``."""
    numbers = import_module("babel.numbers")
    text: str = numbers.format_compact_decimal(value, locale=language, fraction_digits=1)
    return text


def write_list(parts: Sequence[str], language: str) -> str:
    """``a, b and c``."""
    text: str = import_module("babel.lists").format_list(parts, locale=language)
    return text


def language_names(language: str) -> Mapping[str, str]:
    """What languages are called in this one, by code."""
    names: Mapping[str, str] = import_module("babel").Locale(language).languages
    return names


def french_spaces(text: str) -> str:
    """No line of French ends before ``; : ! ? »`` or after ``«``: these spaces do not break.

    Catalogues have plain spaces there, because nobody sees which kind they typed. Source: Lexique
    des règles typographiques en usage à l'Imprimerie nationale.
    """
    text = _BEFORE_THIN.sub("\u202f", text)
    return _BEFORE_WIDE.sub("\u00a0", text)


def read_catalogue(path: Path) -> GNUTranslations:
    """One ``.po`` file, compiled in memory. Raises OSError, or ValueError for a broken file."""
    catalogues = import_module("babel.messages.pofile")
    with path.open("rb") as file:
        try:
            catalogue = catalogues.read_po(file, locale=path.stem, abort_invalid=True)
        except catalogues.PoFileError as error:
            raise ValueError(f"{path}: {error}") from error
    if catalogue.locale is not None and catalogue.locale.language == "fr":
        for message in catalogue:
            several = isinstance(message.string, tuple)
            texts = [french_spaces(text) for text in message.string] if several else ()
            message.string = tuple(texts) if several else french_spaces(message.string)
    compiled = io.BytesIO()
    import_module("babel.messages.mofile").write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)
