"""What parsers of TOML, JSON and CSV say, in sentences that are in the catalogue. Pure.

They speak English only. What they say most often is told in the language of who reads it; the
rest in one sentence, with their words behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fedrse.features.policy.model_fields import Said
from fedrse.web.languages import translatable

NO_TOML: Final = translatable("this is not TOML: %(why)s")
NO_JSON: Final = translatable("this is not JSON: %(why)s")
NO_CSV: Final = translatable("this is not CSV: %(why)s")

_Known = Sequence[tuple[str, str]]

_VALUE: Final = translatable("this is not TOML: a value is missing or cannot be read")
_STRING: Final = translatable("this is not TOML: a text does not end, or not on its line")
_ESCAPE: Final = translatable("this is not TOML: after \\ stands what does not belong there")
_TWICE: Final = translatable("this is not TOML: the same name stands here twice")
_TOML: Final[_Known] = (
    ("Invalid value", _VALUE),
    ("Expected '=' after a key", translatable("this is not TOML: a name is followed by =")),
    ("Expected newline or end", translatable("this is not TOML: something follows the value")),
    ("Unclosed array", translatable("this is not TOML: a list does not end with ]")),
    ("Unclosed inline table", translatable("this is not TOML: a table does not end with }")),
    ("Expected ']", translatable("this is not TOML: the head of a table does not end with ]")),
    ("Invalid statement", translatable("this is not TOML: a line begins with name = or [[rule]]")),
    ("Invalid initial character", translatable("this is not TOML: a name is missing")),
    ("Unterminated string", _STRING),
    ("Illegal character '\\n'", _STRING),
    ("Expected \"'", _STRING),
    ('Expected \'"""\'', _STRING),
    ("Unescaped '\\'", _ESCAPE),
    ("Invalid escape", _ESCAPE),
    ("Illegal character", translatable("this is not TOML: a character is not permitted here")),
    ("Cannot overwrite", _TWICE),
    ("Cannot declare", _TWICE),
    ("Duplicate inline table key", _TWICE),
    ("Invalid date", translatable("this is not TOML: there is no such day or time")),
)
_JSON: Final[_Known] = (
    ("Expecting value", translatable("this is not JSON: a value is missing or cannot be read")),
    ("Expecting property name", translatable('this is not JSON: a name in "quotes" is expected')),
    ("Expecting ':'", translatable("this is not JSON: a name is followed by :")),
    ("Expecting ','", translatable("this is not JSON: a comma is missing")),
    ("Illegal trailing comma", translatable("this is not JSON: there is a comma too many")),
    ("Unterminated string", translatable("this is not JSON: a text does not end")),
    ("Invalid control character", translatable("this is not JSON: a text goes on over a line end")),
    ("Invalid \\", translatable("this is not JSON: after \\ stands what does not belong there")),
)
_CSV: Final[_Known] = (
    ("unexpected end of data", translatable("this is not CSV: a text in quotes does not end")),
    ("field larger than", translatable("this is not CSV: a cell is too large")),
    ("',' expected after", translatable("this is not CSV: something follows a text in quotes")),
)
SENTENCES: Final = (
    *dict.fromkeys(words for known in (_TOML, _JSON, _CSV) for _, words in known),
    *(NO_TOML, NO_JSON, NO_CSV),
)
"""All of them, the general ones last."""


def toml_words(message: str) -> Said:
    """What ``tomllib`` said."""
    return _said(message, _TOML, NO_TOML)


def json_words(message: str) -> Said:
    """What ``json`` said."""
    return _said(message, _JSON, NO_JSON)


def csv_words(message: str) -> Said:
    """What ``csv`` said."""
    return _said(message, _CSV, NO_CSV)


def _said(message: str, known: _Known, general: str) -> Said:
    for beginning, words in known:
        if message.startswith(beginning):
            return Said(words)
    return Said(general, {"why": message[:200]})
