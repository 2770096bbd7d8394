"""How pages appear to one person: what they chose instead of what their device says."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from msgspec import Struct

SCHEMES = ("light", "dark")
TEXT_SIZES = ("large", "largest")
MEDIA = ("media-show", "media-hide")


class Reading(NamedTuple):
    """What of a post one person sees without asking for it.

    ``media``: ``default`` covers what is sensitive, ``show_all`` nothing, ``hide_all`` everything
    (words of the Mastodon API, ``reading:expand:media``). ``opens_warnings``: what stands behind a
    warning is open. ``plays_pictures``: moving pictures move by themselves.
    """

    media: str = "default"
    opens_warnings: bool = False
    plays_pictures: bool = False


class Look(Struct, frozen=True, kw_only=True):
    """Choices; empty means as the device says."""

    scheme: str = ""
    contrast: str = ""
    text: str = ""
    motion: str = ""
    media: str = ""
    warnings: str = ""
    pictures: str = ""

    def words(self) -> str:
        """One line that ``read_look`` reads again: ``dark more large reduce``."""
        chosen = (getattr(self, name) for name in self.__struct_fields__)
        return " ".join(filter(None, chosen))

    @property
    def reading(self) -> Reading:
        """What the choices say about posts."""
        return Reading(_SHOWN.get(self.media, "default"), bool(self.warnings), bool(self.pictures))

    def attributes(self) -> list[tuple[str, str]]:
        """What the style sheet looks at on the root element."""
        chosen = (
            ("data-scheme", self.scheme),
            ("data-contrast", self.contrast),
            ("data-text", self.text),
            ("data-motion", self.motion),
        )
        return [(name, value) for name, value in chosen if value]


_SHOWN = {"media-show": "show_all", "media-hide": "hide_all"}


@lru_cache(maxsize=256)
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
        media=one_of(*MEDIA),
        warnings=one_of("warnings-open"),
        pictures=one_of("pictures-play"),
    )
