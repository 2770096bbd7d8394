"""How pages appear to one person: what they chose instead of what their device says."""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct

SCHEMES = ("light", "dark")
TEXT_SIZES = ("large", "largest")


class Look(Struct, frozen=True, kw_only=True):
    """Choices; empty means as the device says."""

    scheme: str = ""
    contrast: str = ""
    text: str = ""
    motion: str = ""

    def words(self) -> str:
        """One line that ``read_look`` reads again: ``dark more large reduce``."""
        return " ".join(filter(None, (self.scheme, self.contrast, self.text, self.motion)))

    def attributes(self) -> list[tuple[str, str]]:
        """What the style sheet looks at on the root element."""
        chosen = (
            ("data-scheme", self.scheme),
            ("data-contrast", self.contrast),
            ("data-text", self.text),
            ("data-motion", self.motion),
        )
        return [(name, value) for name, value in chosen if value]


@lru_cache(maxsize=64)
def read_look(words: str) -> Look:
    """The look that was stored; what is not known any more counts as not chosen."""
    known = words.split()

    def one_of(*values: str) -> str:
        return next((value for value in values if value in known), "")

    return Look(
        scheme=one_of(*SCHEMES),
        contrast=one_of("more"),
        text=one_of(*TEXT_SIZES),
        motion=one_of("reduce"),
    )
