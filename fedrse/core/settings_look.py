"""Identity of a site: what its logo may be, and the check of its accent colour."""

from __future__ import annotations

from fedrse.core.colour import TEXT_CONTRAST, contrast, read_colour, readable

DEFAULT_ACCENT = "#0b5d5b"
LOGO_TYPES = (".svg", ".png", ".webp")
LARGEST_LOGO = 256 * 1024
LIGHT_GROUNDS = ("#ffffff", "#f5f4f0", "#ebe9e3")
"""Surfaces, page and sunken parts of the light theme: links in the accent colour stand on them."""


def read_accent(text: str) -> str:
    """The accent colour. Raises ValueError where text in it could not be read, with the nearest
    colour that can.
    """
    colour = read_colour(text)
    found = contrast(colour, LIGHT_GROUNDS[0])
    if found < TEXT_CONTRAST:
        better = readable(colour, LIGHT_GROUNDS[:1], TEXT_CONTRAST, darker=True)
        raise ValueError(
            f"is too pale for text: its contrast with white is {found:.1f}, at least"
            f" {TEXT_CONTRAST} is needed (WCAG 2.2 AA). The nearest colour that passes is {better}"
        )
    return colour
