"""Languages of the interface: English, in which its sentences are written, and each catalogue."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

SOURCE_LANGUAGE: Final = "en"
LOCALES: Final = Path(__file__).parents[1] / "web" / "locales"
AVAILABLE: Final = SOURCE_LANGUAGE, *sorted(path.stem for path in LOCALES.glob("*.po"))
"""Primary subtags (``fr``); a catalogue is all that one more needs."""

if TYPE_CHECKING:

    class InterfaceLanguage(StrEnum):
        """What ``site.language`` can be; checkers know those that are always there."""

        ENGLISH = "en"
        FRENCH = "fr"

else:
    _ALWAYS = {"en": "ENGLISH", "fr": "FRENCH"}
    InterfaceLanguage = StrEnum(
        "InterfaceLanguage", {_ALWAYS.get(one, one.upper()): one for one in AVAILABLE}
    )
