"""Name, colour and texts that somebody tries for the site, and whether they can be read. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from fedrse.core.colour import (
    ENHANCED_CONTRAST,
    TEXT_CONTRAST,
    contrast,
    least_contrast,
    read_colour,
    readable,
)
from fedrse.core.settings import SiteSettings
from fedrse.core.settings_look import LIGHT_GROUNDS, read_accent
from fedrse.core.settings_reference import toml_value
from fedrse.core.text import clean_line, clean_text
from fedrse.web.languages import translatable
from fedrse.web.palette import Palette

LONGEST_NAME: Final = 80
LONGEST_TEXT: Final = 2000
KEYS: Final = ("name", "description", "welcome", "accent_colour", "logo")
"""The settings in question, in the order of the file."""

_THEMES: Final = {
    "light": (translatable("Light"), TEXT_CONTRAST),
    "dark": (translatable("Dark"), TEXT_CONTRAST),
    "light-more": (translatable("Light, more contrast"), ENHANCED_CONTRAST),
    "dark-more": (translatable("Dark, more contrast"), ENHANCED_CONTRAST),
}
_GROUNDS: Final = ("surface", "canvas", "sunken", "accent-soft")


class Identity(Struct, frozen=True, kw_only=True):
    """What is tried; ``accent_colour`` as it was typed."""

    name: str
    description: str
    welcome: str
    accent_colour: str


class Flaw(Struct, frozen=True):
    """Why a colour is refused. ``found`` is its contrast with white where it is too pale, and
    ``better`` the nearest that passes; None and "" for what is no colour.
    """

    found: float | None = None
    better: str = ""


class ThemeCheck(Struct, frozen=True, kw_only=True):
    """A theme with the colour: ``accent`` is its shade there, ``needed`` the least contrast.

    ``button`` is the contrast of words on main buttons, ``links`` that of links with the worst of
    the grounds on which they stand; both rounded down to a tenth.
    """

    theme: str
    label: str
    accent: str
    button: float
    links: float
    needed: float


def tried(site: SiteSettings, given: Mapping[str, str | None]) -> Identity:
    """What was typed, and where nothing was, what the site has."""

    def text(name: str, length: int) -> str:
        typed = given.get(name)
        return getattr(site, name) if typed is None else clean_text(typed[:length]).strip()

    name = given.get("name")
    return Identity(
        name=site.name if name is None else clean_line(name, LONGEST_NAME) or site.name,
        description=text("description", LONGEST_TEXT),
        welcome=text("welcome", LONGEST_TEXT),
        accent_colour=text("accent_colour", 20),
    )


def checked(accent: str) -> tuple[str, Flaw | None]:
    """The colour that can be used, and what is wrong with the one that was typed.

    The first is "" where the text is no colour.
    """
    try:
        colour = read_colour(accent)
    except ValueError:
        return "", Flaw()
    try:
        return read_accent(colour), None
    except ValueError:
        better = readable(colour, LIGHT_GROUNDS[:1], TEXT_CONTRAST, darker=True)
        return better, Flaw(_tenths(contrast(colour, LIGHT_GROUNDS[0])), better)


def themes(accent: str) -> list[ThemeCheck]:
    """What becomes of a colour in each theme of the interface."""
    found = []
    for theme, colours in Palette(accent).themes.items():
        label, needed = _THEMES[theme]
        grounds = [colours[name] for name in _GROUNDS]
        found.append(
            ThemeCheck(
                theme=theme,
                label=label,
                accent=colours["accent"],
                button=_tenths(contrast(colours["on-accent"], colours["accent"])),
                links=_tenths(least_contrast(colours["accent"], grounds)),
                needed=needed,
            )
        )
    return found


def style(accent: str) -> str:
    """The style sheet of the previews: all colours of each theme, inside its frame only."""
    blocks = []
    for theme, colours in Palette(accent).themes.items():
        lines = [f"  color-scheme: {theme.partition('-')[0]};"]
        lines += [f"  --{key}: {value};" for key, value in colours.items()]
        blocks.append(f'[data-preview="{theme}"] {{\n' + "\n".join(lines) + "\n}")
    return "\n".join(blocks)


def lines(identity: Identity, accent: str, logo: str | None) -> str:
    """What stands in the file of the site then."""
    values = {
        "name": identity.name,
        "description": identity.description,
        "welcome": identity.welcome,
        "accent_colour": accent,
        "logo": logo,
    }
    written = [f"{key} = {toml_value(value)}" for key, value in values.items() if value]
    if not logo:
        written.append('# logo = "logo.svg"')
    return "\n".join(["[site]", *written])


def _tenths(ratio: float) -> float:
    """Rounded down: what is shown as enough is enough."""
    return math.floor(ratio * 10) / 10
