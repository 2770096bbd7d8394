"""Outlines: what changes is put between what stays, and nothing comes from somebody else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from fedrse.http.pieces import Piece
from fedrse.web import outlines as module
from fedrse.web.outlines import FORMS, TARGET, AnyReader, Outline, Outlines, places, plain_piece


def text_of(pieces: list[Piece]) -> str:
    return b"".join(piece.plain for piece in pieces).decode()


def test_parts_stand_where_the_template_names_them() -> None:
    anybody = AnyReader().at("/here")
    named = places(anybody, ["feed", "feed_end"])
    text = f"é{named['feed']}-{anybody.csrf_token()}|{anybody.target}{named['feed_end']}."
    marks = {name: anybody.place_of(name) for name in ("feed", "feed_end", FORMS, TARGET)}
    outline = Outline(text, marks, {})
    filled = outline.filled(
        {
            "feed": [Piece(b"one"), Piece(b"two")],
            "feed_end": [],
            FORMS: [plain_piece('"secret"')],
            TARGET: [plain_piece("/?a=1&b")],
        }
    )
    assert text_of(filled) == "éonetwo-&#34;secret&#34;|/?a=1&amp;b."
    assert anybody.path == "/here"


def test_a_place_may_be_there_twice_or_not_at_all() -> None:
    outline = Outline("[A]-[A]", {"a": "[A]", "b": "[B]"}, {})
    assert text_of(outline.filled({"a": [Piece(b"x")], "b": [Piece(b"y")]})) == "x-x"


def test_nobody_guesses_a_mark() -> None:
    assert AnyReader().mark != AnyReader().mark
    one = AnyReader()
    assert one.at("/a").mark == one.at("/b").mark == one.mark


class Drawing:
    def __init__(self) -> None:
        self.drawn = 0

    def __call__(self, values: Mapping[str, Any]) -> Outline:
        self.drawn += 1
        return Outline(str(values), {}, values)


def test_it_is_drawn_anew_when_a_value_differs() -> None:
    outlines, draw = Outlines(), Drawing()

    def shown(reader: int, **values: Any) -> str:
        return text_of(outlines.get((reader,), values, lambda: draw(values)).filled({}))

    assert shown(1, name="Amina") == shown(1, name="Amina")
    assert draw.drawn == 1
    assert "Bruno" in shown(2, name="Bruno")
    assert "Amina" in shown(1, name="Amina")
    assert draw.drawn == 2
    assert "Claire" in shown(1, name="Claire")
    assert draw.drawn == 3


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    outlines, draw = Outlines(), Drawing()
    for reader in (1, 2, 1, 3, 1, 2):
        outlines.get((reader,), {}, lambda: draw({}))
    assert draw.drawn == 4, "the one that was not asked for longest went"
