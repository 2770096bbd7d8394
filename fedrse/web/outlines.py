"""Pages that are asked for all the time: what stands around their changing parts is drawn once.

A home page differs from the one a minute ago in its posts and in a few numbers. What stands around
them depends on whom it is for, and is remembered as long as all of that is the same.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from markupsafe import Markup, escape

from fedrse.http.pieces import Piece

MOST: Final = 300  # of about twelve kilobytes each
FORMS: Final = "forms"
TARGET: Final = "target"


class AnyReader:
    """Stands for the request of whoever will read what is drawn.

    Nobody can guess the marks: a text with one of them would be given the secret of its reader.
    """

    def __init__(self, path: str = "", secret: str = "") -> None:
        self.path = path
        self._secret = secret or secrets.token_hex(20)
        self.mark = self.place_of(FORMS)

    def csrf_token(self) -> str:
        """The place of the secret of the reader's forms."""
        return self.mark

    @property
    def target(self) -> str:
        """The place of path and query."""
        return self.place_of(TARGET)

    def at(self, path: str) -> AnyReader:
        """Somebody who reads the page at this path."""
        return AnyReader(path, self._secret)

    def place_of(self, name: str) -> str:
        """What stands where a part with this name belongs."""
        return f"part-{name}-{self._secret}"


class Outline:
    """A page in pieces: text that stays, and names of what goes between."""

    __slots__ = ("_pieces", "values")

    def __init__(self, text: str, places: Mapping[str, str], values: Mapping[str, Any]) -> None:
        """``places`` are marks in the text, by the name of what belongs there."""
        self.values = values
        found: list[tuple[int, str, str]] = []
        for name, mark in places.items():
            start = text.find(mark)
            while start >= 0:
                found.append((start, name, mark))
                start = text.find(mark, start + len(mark))
        self._pieces: list[Piece | str] = []
        at = 0
        for start, name, mark in sorted(found):
            self._pieces += (Piece(text[at:start].encode()), name)
            at = start + len(mark)
        self._pieces.append(Piece(text[at:].encode()))

    def filled(self, parts: Mapping[str, Sequence[Piece]]) -> list[Piece]:
        """The whole page."""
        found: list[Piece] = []
        for one in self._pieces:
            if isinstance(one, str):
                found += parts[one]
            else:
                found.append(one)
        return found


class Outlines:
    """Remembers the last outline of each reader and template."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[object, ...], Outline] = OrderedDict()

    def get(
        self,
        key: tuple[object, ...],
        values: Mapping[str, Any],
        draw: Callable[[], Outline],
    ) -> Outline:
        """The outline under this key; drawn anew where a value differs from the last time."""
        known = self._known.get(key)
        if known is not None and known.values == values:
            self._known.move_to_end(key)
            return known
        made = self._known[key] = draw()
        self._known.move_to_end(key)
        if len(self._known) > MOST:
            self._known.popitem(last=False)
        return made


def plain_piece(text: str) -> Piece:
    """Text as it stands in HTML and in attributes."""
    return Piece(str(escape(text)).encode())


def places(reader: AnyReader, names: Iterable[str]) -> dict[str, Markup]:
    """What a template puts where these parts belong."""
    return {name: Markup(reader.place_of(name)) for name in names}  # noqa: S704  (our own mark)
