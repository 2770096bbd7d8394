"""Pictures that the people of the demo attach: charts and a map, drawn here.

Drawn at twice the size and made smaller, so that edges are smooth.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

from msgspec import Struct
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT, SCALE = 1200, 675, 2
PAPER, INK, SOFT, LINE = "#fbfaf7", "#16292b", "#5d6b6c", "#dcdcd4"
COLOUR, HIGHLIGHT = "#0f5d5b", "#e0a03b"


class Bar(Struct, frozen=True, forbid_unknown_fields=True):
    """A bar of a chart; ``shown`` is what stands at its end."""

    name: str
    value: float
    shown: str


class Place(Struct, frozen=True, forbid_unknown_fields=True):
    """A place of a map: parts of width and height from the upper left corner."""

    name: str
    x: float
    y: float


class Picture(Struct, frozen=True, forbid_unknown_fields=True):
    """A chart of ``bars``, or a map of ``places`` that are joined in their order.

    What is drawn is ASCII: the font that comes with the library has no more.
    """

    title: str
    description: str
    bars: list[Bar] = []
    places: list[Place] = []


def draw(picture: Picture) -> bytes:
    """The picture as PNG."""
    image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), PAPER)
    pen = _Pen(ImageDraw.Draw(image))
    pen.text(60, 44, picture.title, 44)
    if picture.bars:
        _bars(pen, picture.bars)
    if picture.places:
        _map(pen, picture.places)
    made = io.BytesIO()
    image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).save(made, "PNG", optimize=True)
    return made.getvalue()


class _Pen:
    """Draws in the pixels of the finished picture."""

    def __init__(self, canvas: ImageDraw.ImageDraw) -> None:
        self._canvas = canvas

    def text(self, x: float, y: float, words: str, size: int, colour: str = INK) -> None:
        font = ImageFont.load_default(size * SCALE)
        self._canvas.text((x * SCALE, y * SCALE), words, fill=colour, font=font)

    def box(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        corners = (x * SCALE, y * SCALE, (x + width) * SCALE, (y + height) * SCALE)
        self._canvas.rounded_rectangle(corners, radius=10 * SCALE, fill=colour)

    def line(self, points: Sequence[tuple[float, float]], width: int, colour: str) -> None:
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        self._canvas.line(scaled, fill=colour, width=width * SCALE, joint="curve")

    def dot(self, x: float, y: float, radius: float, colour: str) -> None:
        self._canvas.circle((x * SCALE, y * SCALE), radius * SCALE, fill=colour)


def _bars(pen: _Pen, bars: Sequence[Bar]) -> None:
    top, left, widest = 140, 230, 780
    step = (HEIGHT - top - 50) / len(bars)
    most = max(bar.value for bar in bars)
    for number, bar in enumerate(bars):
        y = top + number * step
        pen.text(60, y + step / 2 - 20, bar.name, 32, SOFT)
        pen.box(left, y + 8, widest, step - 22, LINE)
        width = max(widest * bar.value / most, 24)
        pen.box(left, y + 8, width, step - 22, HIGHLIGHT if bar is bars[-1] else COLOUR)
        pen.text(left + widest + 24, y + step / 2 - 20, bar.shown, 32)


def _map(pen: _Pen, places: Sequence[Place]) -> None:
    points = [(place.x * WIDTH, place.y * HEIGHT) for place in places]
    pen.line(points, 8, HIGHLIGHT)
    for place, (x, y) in zip(places, points, strict=True):
        pen.dot(x, y, 26, COLOUR)
        pen.dot(x, y, 11, PAPER)
        pen.text(x + 40, y - 22, place.name, 36)
