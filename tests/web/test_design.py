"""The design system keeps its promises: contrast, no inline code, icons that exist."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.core.colour import contrast
from fedrse.core.settings_look import DEFAULT_ACCENT
from fedrse.web.assets import STATIC, STYLE_PARTS
from fedrse.web.palette import _BLOCKS, Palette

PACKAGE = Path(__file__).parents[2] / "fedrse"
ACCENTS = ("#0b5d5b", "#ff7900", "#e2001a", "#ffff00", "#000000", "#ffffff", "#3300ff", "#7f7f7f")
colours_of_any_site = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")

TEXT_PAIRS = [
    ("text", "canvas"),
    ("text", "surface"),
    ("text", "sunken"),
    ("soft", "canvas"),
    ("soft", "surface"),
    ("soft", "sunken"),
    ("accent", "canvas"),
    ("accent", "surface"),
    ("accent", "accent-soft"),
    ("accent-hover", "accent-soft"),
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    ("text", "raised"),
    ("text", "accent-soft"),
    ("canvas", "text"),
    ("danger", "surface"),
    ("danger", "raised"),
    ("danger", "danger-soft"),
    ("on-danger", "danger"),
    ("on-danger", "danger-hover"),
    ("danger-hover", "danger-soft"),
    ("like", "surface"),
    ("boost", "surface"),
    ("bookmark", "surface"),
    *((kind, f"{kind}-soft") for kind in ("info", "success", "warning", "danger")),
]
SHAPE_PAIRS = [("control-line", "surface"), ("control-line", "canvas"), ("focus", "canvas"),
               ("focus", "surface"), ("accent", "surface")]  # fmt: skip


THEMES = list(Palette(DEFAULT_ACCENT).themes)


def weak_pairs(palette: Palette) -> list[str]:
    """Pairs whose contrast is too low in some theme."""
    weak = []
    for name, colours in palette.themes.items():
        enhanced = ("text", "soft", "accent", "on-accent") if name.endswith("-more") else ()
        for text, background in TEXT_PAIRS:
            enough = 7 if text in enhanced else 4.5
            found = contrast(colours[text], colours[background])
            if found < enough:
                weak.append(f"{name}: {text} on {background}: {found:.2f}")
        for line, background in SHAPE_PAIRS:
            if contrast(colours[line], colours[background]) < 3:
                weak.append(f"{name}: {line} on {background}")
    return weak


@pytest.mark.parametrize("accent", ACCENTS)
def test_text_and_controls_have_contrast(accent: str) -> None:
    assert weak_pairs(Palette(accent)) == []


@given(colours_of_any_site)
def test_shades_of_any_accent_have_contrast(accent: str) -> None:
    assert weak_pairs(Palette(accent)) == []


def test_weak_pairs_are_found() -> None:
    palette = Palette(DEFAULT_ACCENT)
    palette.themes["dark-more"] = {**palette.themes["dark-more"], "soft": "#777777"}
    assert any(found.startswith("dark-more: soft on surface") for found in weak_pairs(palette))


def applied(*, dark: bool, contrast_more: bool, scheme: str = "", choice: str = "") -> str:
    """The theme that the cascade ends with: all blocks count the same, so the last one wins."""
    last = ""
    for media, selector, theme in _BLOCKS:
        wrong_media = ("dark" in media and not dark) or ("contrast" in media and not contrast_more)
        refused = (':not([data-scheme="light"])' in selector and scheme == "light") or (
            '[data-scheme="dark"]' in selector and scheme != "dark"
        )
        chosen = '[data-contrast="more"]' not in selector or choice == "more"
        if chosen and not wrong_media and not refused:
            last = theme
    return last


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("contrast_more", [False, True])
@pytest.mark.parametrize("scheme", ["", "light", "dark"])
@pytest.mark.parametrize("choice", ["", "more"])
def test_themes_follow_the_device_unless_the_person_chose(
    dark: bool, contrast_more: bool, scheme: str, choice: str
) -> None:
    expected = scheme or ("dark" if dark else "light")
    if contrast_more or choice:
        expected += "-more"
    found = applied(dark=dark, contrast_more=contrast_more, scheme=scheme, choice=choice)
    assert found == expected


def test_initials_have_contrast() -> None:
    tones = re.findall(
        r"\.tone-\d \{\s*color: (#\w{6});\s*background: (#\w{6})",
        (STATIC / "css" / "cards.css").read_text(),
    )
    assert len(tones) == 6
    assert all(contrast(text, background) >= 7 for text, background in tones)


def test_colours_live_in_the_tokens() -> None:
    for part in STYLE_PARTS:
        text = (STATIC / "css" / f"{part}.css").read_text()
        text = re.sub(r"\.tone-\d \{[^}]*\}", "", text)
        assert not re.findall(r"#[0-9a-fA-F]{3,8}\b|rgb\(|hsl\(", text), part


def test_every_variable_exists() -> None:
    parts = ((STATIC / "css" / f"{part}.css").read_text() for part in STYLE_PARTS)
    text = "".join((Palette(DEFAULT_ACCENT).style(), *parts))
    used = set(re.findall(r"var\((--[\w-]+)", text))
    declared = set(re.findall(r"^\s*(--[\w-]+):", text, re.MULTILINE))
    assert used <= declared
    assert declared <= used, "a token that nothing uses"


def templates() -> list[Path]:
    return [*PACKAGE.glob("**/templates/**/*.html")]


def test_templates_have_nothing_inline() -> None:
    for path in templates():
        text = path.read_text()
        if path.name.startswith("letter"):  # mail programs read no style sheets
            continue
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|<script(?![^>]*src=)", text), (
            path
        )


def test_every_icon_exists() -> None:
    sprite = ElementTree.fromstring((STATIC / "icons.svg").read_text())
    names = {symbol.get("id") for symbol in sprite}
    used = set()
    for path in templates():
        used |= set(re.findall(r"\bicon\(\"([\w-]+)\"", path.read_text()))
    assert used
    assert used <= names
