"""The colours of the interface: four themes, with shades of the site's accent colour in each.

Only this file and the tones behind initials name colours. Pairs that carry text have a contrast of
at least 4.5:1, with more contrast 7:1; borders of controls and icons at least 3:1 (WCAG 2.2 AA).
Tests compute it for the default and for accents of any hue.
"""

from __future__ import annotations

from collections.abc import Mapping

from fedrse.core.colour import ENHANCED_CONTRAST, TEXT_CONTRAST, Shade, readable
from fedrse.core.settings_look import LIGHT_GROUNDS

Colours = Mapping[str, str]

_LIGHT = {
    "canvas": LIGHT_GROUNDS[1],
    "surface": LIGHT_GROUNDS[0],
    "sunken": LIGHT_GROUNDS[2],
    "raised": "#ffffff",
    "line": "#dedad2",
    "control-line": "#827c72",
    "text": "#1b2120",
    "soft": "#565d5b",
    "focus": "#1b59c4",
    "like": "#b0213f",
    "boost": "#1a6b3a",
    "bookmark": "#855000",
    "info": "#1d4f8a",
    "info-soft": "#e3edf9",
    "success": "#1a6438",
    "success-soft": "#e0f1e5",
    "warning": "#774700",
    "warning-soft": "#fbeed2",
    "danger": "#a8231b",
    "danger-hover": "#8a1a14",
    "danger-soft": "#fbe7e4",
    "on-danger": "#ffffff",
    "veil": "rgb(22 28 27 / 45%)",
    "shadow": "0 1px 2px rgb(29 35 34 / 5%), 0 3px 12px rgb(29 35 34 / 4%)",
    "shadow-high": "0 2px 6px rgb(29 35 34 / 8%), 0 12px 36px rgb(29 35 34 / 16%)",
}
_DARK = {
    "canvas": "#121618",
    "surface": "#1a2023",
    "sunken": "#0e1214",
    "raised": "#232b2e",
    "line": "#2f383b",
    "control-line": "#7f8c8c",
    "text": "#e9eceb",
    "soft": "#a6b1ae",
    "focus": "#8ab4ff",
    "like": "#ff8ba0",
    "boost": "#7fd49a",
    "bookmark": "#f0bd60",
    "info": "#9cc6f7",
    "info-soft": "#1a2c40",
    "success": "#8bd6a4",
    "success-soft": "#163122",
    "warning": "#f0c36d",
    "warning-soft": "#392c12",
    "danger": "#ff9d92",
    "danger-hover": "#ffbab2",
    "danger-soft": "#43201d",
    "on-danger": "#3a0906",
    "veil": "rgb(0 0 0 / 60%)",
    "shadow": "0 0 0 rgb(0 0 0 / 0%)",
    "shadow-high": "0 12px 36px rgb(0 0 0 / 55%)",
}
_LIGHT_MORE = _LIGHT | {
    "canvas": "#ffffff",
    "sunken": "#f0f0f0",
    "line": "#3d4442",
    "control-line": "#1d2322",
    "text": "#000000",
    "soft": "#2b3130",
    "focus": "#0037a3",
}
_DARK_MORE = _DARK | {
    "canvas": "#000000",
    "surface": "#0b0f10",
    "sunken": "#000000",
    "raised": "#0b0f10",
    "line": "#b6c1be",
    "control-line": "#e9eceb",
    "text": "#ffffff",
    "soft": "#dde3e1",
    "focus": "#b9d2ff",
}

# Every selector counts the same: the later block wins. Attributes are the person's own choice.
_BLOCKS = (
    ("", ":root", "light"),
    ("(prefers-contrast: more)", ":root", "light-more"),
    ("", ':root:where([data-contrast="more"])', "light-more"),
    ("(prefers-color-scheme: dark)", ':root:where(:not([data-scheme="light"]))', "dark"),
    ("", ':root:where([data-scheme="dark"])', "dark"),
    (
        "(prefers-contrast: more) and (prefers-color-scheme: dark)",
        ':root:where(:not([data-scheme="light"]))',
        "dark-more",
    ),
    ("(prefers-contrast: more)", ':root:where([data-scheme="dark"])', "dark-more"),
    (
        "(prefers-color-scheme: dark)",
        ':root:where([data-contrast="more"]:not([data-scheme="light"]))',
        "dark-more",
    ),
    ("", ':root:where([data-contrast="more"][data-scheme="dark"])', "dark-more"),
)


class Palette:
    """All themes for one accent colour."""

    def __init__(self, accent: str) -> None:
        """``accent`` is the site's; it is made darker or lighter as far as text in it needs."""
        self.themes: dict[str, Colours] = {
            "light": _LIGHT | _light_accent(_LIGHT, accent, TEXT_CONTRAST),
            "dark": _DARK | _dark_accent(_DARK, accent, TEXT_CONTRAST),
            "light-more": _LIGHT_MORE | _light_accent(_LIGHT_MORE, accent, ENHANCED_CONTRAST),
            "dark-more": _DARK_MORE | _dark_accent(_DARK_MORE, accent, ENHANCED_CONTRAST),
        }

    def style(self) -> str:
        """The part of the style sheet with all colours."""
        return "\n".join(self._block(*block) for block in _BLOCKS)

    def _block(self, media: str, selector: str, name: str) -> str:
        scheme, _, more = name.partition("-")
        lines = [f"  color-scheme: {scheme};", f"  --border: {2 if more else 1}px;"]
        lines += [f"  --{key}: {value};" for key, value in self.themes[name].items()]
        body = f"{selector} {{\n" + "\n".join(lines) + "\n}"
        return f"@media {media} {{\n{body}\n}}" if media else body


def _light_accent(theme: Colours, accent: str, least: float) -> dict[str, str]:
    shade = Shade.of(accent)
    soft = shade.at(0.945, 0.022)
    grounds = (theme["surface"], theme["canvas"], theme["sunken"], soft)
    colour = readable(accent, grounds, least, darker=True)
    lightness = Shade.of(colour).lightness
    return {
        "accent": colour,
        "accent-hover": shade.at(lightness - 0.07),
        "accent-soft": soft,
        "on-accent": "#ffffff",
    }


def _dark_accent(theme: Colours, accent: str, least: float) -> dict[str, str]:
    shade = Shade.of(accent)
    soft = shade.at(0.3, 0.05)
    grounds = (theme["surface"], theme["canvas"], theme["sunken"], theme["raised"], soft)
    colour = readable(shade.at(0.79, 0.11), grounds, least, darker=False)
    lightness = Shade.of(colour).lightness
    return {
        "accent": colour,
        "accent-hover": shade.at(lightness + 0.06, 0.09),
        "accent-soft": soft,
        "on-accent": readable(shade.at(0.27, 0.06), (colour,), least, darker=True),
    }
