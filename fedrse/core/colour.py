"""Colours: contrast as WCAG 2.2 computes it, and shades of one hue that the eye sees as such.

Lightness and chroma are those of OKLCH (Björn Ottosson, "A perceptual color space for image
processing", 2020; CSS Color 4, section 9). Colours are written ``#rrggbb``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from msgspec import Struct

TEXT_CONTRAST = 4.5
ENHANCED_CONTRAST = 7.0
_FORM = re.compile(r"#[0-9a-fA-F]{6}")
_STEP = 0.005

Triple = tuple[float, float, float]


def read_colour(text: str) -> str:
    """The colour in lower case. Raises ValueError for anything but ``#rrggbb``."""
    if _FORM.fullmatch(text) is None:
        raise ValueError("is not a colour of the form #rrggbb")
    return text.lower()


def luminance(colour: str) -> float:
    """Relative luminance, 0 (black) to 1 (white)."""
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def least_contrast(colour: str, others: Iterable[str]) -> float:
    """The worst contrast with any of several colours."""
    return min(contrast(colour, other) for other in others)


class Shade(Struct, frozen=True):
    """A colour by lightness (0 to 1), chroma (0 to about 0.37) and hue (radians)."""

    lightness: float
    chroma: float
    hue: float

    @classmethod
    def of(cls, colour: str) -> Shade:
        """The same colour seen as a shade."""
        red, green, blue = _linear(colour)
        long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
        medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
        short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
        light = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
        a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
        b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
        return cls(light, math.hypot(a, b), math.atan2(b, a))

    def colour(self) -> str:
        """The nearest colour of this lightness and hue that a screen can show."""
        chroma = self.chroma
        while chroma > 0:
            channels = _screen(self.lightness, chroma, self.hue)
            if all(-0.0005 <= channel <= 1.0005 for channel in channels):
                return _written(channels)
            chroma -= _STEP
        return _written(_screen(self.lightness, 0.0, self.hue))

    def at(self, lightness: float, most_chroma: float = 1.0) -> str:
        """This hue at another lightness, with at most so much chroma."""
        lightness = min(1.0, max(0.0, lightness))
        return Shade(lightness, min(self.chroma, most_chroma), self.hue).colour()


def readable(colour: str, grounds: Iterable[str], least: float, *, darker: bool) -> str:
    """The nearest shade of a colour that has at least this contrast with all grounds.

    ``darker`` says in which direction to look; black or white is the end.
    """
    grounds = tuple(grounds)
    shade, found = Shade.of(colour), colour
    lightness = shade.lightness
    end = 0.0 if darker else 1.0
    while least_contrast(found, grounds) < least and lightness != end:
        lightness = max(end, lightness - _STEP) if darker else min(end, lightness + _STEP)
        found = shade.at(lightness)
    return found


def _linear(colour: str) -> Triple:
    red, green, blue = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return _to_linear(red), _to_linear(green), _to_linear(blue)


def _to_linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _to_screen(channel: float) -> float:
    if channel <= 0.0031308:
        return channel * 12.92
    return float(1.055 * channel ** (1 / 2.4)) - 0.055


def _screen(lightness: float, chroma: float, hue: float) -> Triple:
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _to_screen(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
        _to_screen(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
        _to_screen(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short),
    )


def _written(channels: Triple) -> str:
    numbers = (round(min(1.0, max(0.0, channel)) * 255) for channel in channels)
    return "#" + "".join(f"{number:02x}" for number in numbers)
