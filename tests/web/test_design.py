"""The design system keeps its promises: contrast, no inline code, icons that exist."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from fedrse.web.assets import STATIC, STYLE_PARTS

TOKENS = (STATIC / "css" / "tokens.css").read_text()
PACKAGE = Path(__file__).parents[2] / "fedrse"
BLOCK = re.compile(r"(?:@media ([^{]+)\{\s*)?:root \{(.*?)\}", re.DOTALL)
COLOUR = re.compile(r"--([\w-]+): (#[0-9a-f]{6});")

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
    ("danger", "surface"),
    ("danger-hover", "danger-soft"),
    ("like", "surface"),
    ("boost", "surface"),
    ("bookmark", "surface"),
    *((kind, f"{kind}-soft") for kind in ("info", "success", "warning", "danger")),
]
SHAPE_PAIRS = [("control-line", "surface"), ("control-line", "canvas"), ("focus", "canvas"),
               ("focus", "surface"), ("accent", "surface")]  # fmt: skip


def themes() -> dict[str, dict[str, str]]:
    """Colours by theme, as the cascade of the style sheet makes them."""
    blocks = [(media or "", dict(COLOUR.findall(body))) for media, body in BLOCK.findall(TOKENS)]
    wanted = {
        "light": (False, False),
        "dark": (True, False),
        "light, more contrast": (False, True),
        "dark, more contrast": (True, True),
    }
    result = {}
    for name, (dark, contrast) in wanted.items():
        colours: dict[str, str] = {}
        for media, values in blocks:
            if ("dark" not in media or dark) and ("contrast" not in media or contrast):
                colours |= values
        result[name] = colours
    return result


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_computed_as_the_standard_says() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", themes())
def test_text_has_contrast(theme: str) -> None:
    colours = themes()[theme]
    least = 7 if "more contrast" in theme else 4.5
    for text, background in TEXT_PAIRS:
        enough = least if text in ("text", "soft", "accent", "on-accent") else 4.5
        found = contrast(colours[text], colours[background])
        assert found >= enough, f"{text} on {background}: {found:.2f}"


@pytest.mark.parametrize("theme", themes())
def test_controls_have_contrast(theme: str) -> None:
    colours = themes()[theme]
    for line, background in SHAPE_PAIRS:
        assert contrast(colours[line], colours[background]) >= 3, f"{line} on {background}"


def test_initials_have_contrast() -> None:
    tones = re.findall(
        r"\.tone-\d \{\s*color: (#\w{6});\s*background: (#\w{6})",
        (STATIC / "css" / "cards.css").read_text(),
    )
    assert len(tones) == 6
    assert all(contrast(text, background) >= 7 for text, background in tones)


def test_colours_live_in_the_tokens() -> None:
    for part in STYLE_PARTS:
        if part == "tokens":
            continue
        text = (STATIC / "css" / f"{part}.css").read_text()
        text = re.sub(r"\.tone-\d \{[^}]*\}", "", text)
        assert not re.findall(r"#[0-9a-fA-F]{3,8}\b|rgb\(|hsl\(", text), part


def test_every_variable_exists() -> None:
    text = "".join((STATIC / "css" / f"{part}.css").read_text() for part in STYLE_PARTS)
    used = set(re.findall(r"var\((--[\w-]+)", text))
    declared = set(re.findall(r"^\s*(--[\w-]+):", text, re.MULTILINE))
    assert used <= declared
    assert declared <= used, "a token that nothing uses"


def templates() -> list[Path]:
    return [*PACKAGE.glob("**/templates/**/*.html")]


def test_templates_have_nothing_inline() -> None:
    for path in templates():
        text = path.read_text()
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
