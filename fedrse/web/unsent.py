"""What was typed into a form that could not be taken because the session is over."""

from __future__ import annotations

from dataclasses import dataclass

from fedrse.core.errors import FedrseError
from fedrse.http.csrf import FIELD
from fedrse.http.parameters import parse_urlencoded
from fedrse.http.request import Request

AGAIN = {"/compose": "/compose/again", "/compose/again": "/compose/again"}
"""Where forms are drawn again, by where they were sent."""
_NOT_KEPT = {FIELD, "text", "confirmed", "undoable", "attach", "preview", "save", "add_option"}


@dataclass(frozen=True, slots=True)
class Unsent:
    """``text`` as it was typed, all other ``fields``, and the address that draws the form again.

    ``again`` is empty where there is none: then the text can only be copied.
    """

    text: str
    fields: tuple[tuple[str, str], ...]
    again: str


def find_unsent(request: Request) -> Unsent | None:
    """The text of a form that keeps it; None where nothing was typed."""
    if request.route is None or not request.route.keeps_text:
        return None
    text = request.text("text") or ""
    if not text.strip():
        return None
    given = request.form or _pairs(request)
    fields = [
        (name, value)
        for name, value in given
        if isinstance(value, str) and value and name not in _NOT_KEPT
    ]
    return Unsent(text, tuple(fields), AGAIN.get(request.path, ""))


def _pairs(request: Request) -> list[tuple[str, str]]:
    try:
        return list(parse_urlencoded(request.body.decode()))
    except (UnicodeDecodeError, FedrseError):
        return []
