"""Colours: contrast against the figures of the standard, shades that keep their hue."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.core.colour import Shade, contrast, luminance, read_colour, readable
from fedrse.core.settings_look import read_accent

colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def test_contrast_is_computed_as_the_standard_says() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert luminance("#ff0000") == pytest.approx(0.2126)


@given(colours)
def test_a_colour_survives_being_a_shade(colour: str) -> None:
    back = Shade.of(colour).colour()
    channels = zip(bytes.fromhex(colour[1:]), bytes.fromhex(back[1:]), strict=True)
    assert all(abs(one - other) <= 2 for one, other in channels)


def test_known_shades() -> None:
    """CSS Color 4, section 9: white, and red as oklch(62.8% 0.25768 29.234)."""
    assert Shade.of("#ffffff").lightness == pytest.approx(1, abs=1e-4)
    red = Shade.of("#ff0000")
    assert (red.lightness, red.chroma) == pytest.approx((0.628, 0.2577), abs=1e-3)


@given(colours, st.sampled_from([4.5, 7.0]))
def test_readable_shades_are_reached_in_both_directions(colour: str, least: float) -> None:
    assert contrast(readable(colour, ["#ffffff"], least, darker=True), "#ffffff") >= least
    assert contrast(readable(colour, ["#000000"], least, darker=False), "#000000") >= least


def test_what_can_be_read_is_left_as_it_is() -> None:
    assert readable("#0b5d5b", ["#ffffff"], 4.5, darker=True) == "#0b5d5b"


@pytest.mark.parametrize("text", ["", "red", "#fff", "#12345g", "#1234567", "0b5d5b"])
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="#rrggbb"):
        read_colour(text)


def test_a_pale_accent_is_refused_with_the_nearest_that_passes() -> None:
    assert read_accent("#0B5D5B") == "#0b5d5b"
    with pytest.raises(ValueError, match=r"2\.6.*(#[0-9a-f]{6})") as refused:
        read_accent("#ff7900")
    better = str(refused.value)[-7:]
    assert contrast(better, "#ffffff") >= 4.5
    assert read_accent(better) == better
