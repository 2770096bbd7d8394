"""Cards of posts that were drawn already: most are the same for the next reader.

What a card shows is in its ``Post``; beside that it depends on the language (each has a cache of
its own), the time zone, how long ago it was, and the secret of the reader's forms, put in last.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import msgspec
from markupsafe import Markup, escape

from fedrse.core.clock import DAY, HOUR, MINUTE, Clock
from fedrse.core.ports import Protocol
from fedrse.http.pieces import Piece
from fedrse.web.formats import zone_name
from fedrse.web.outlines import AnyReader
from fedrse.web.views import Post

MOST = 1000  # about five kilobytes each
WEEK = 7 * DAY


class Forms(Protocol):
    """A request, as cards see it."""

    def csrf_token(self) -> str: ...


class _Drawn:
    """A card, with the mark where secrets belong."""

    __slots__ = ("pieces", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.pieces: list[Piece] | None = None


class DrawnCards:
    """Draws a card with its macro, or takes it from memory."""

    def __init__(self, clock: Clock, anybody: AnyReader | None = None) -> None:
        self._clock = clock
        self._anybody = anybody or AnyReader()
        self._contents: dict[int, tuple[Post, bytes]] = {}
        self._known: OrderedDict[tuple[bytes, str, str, int, int], _Drawn] = OrderedDict()

    def __call__(
        self, macro: Callable[..., str], post: Post, request: Forms, heading: str
    ) -> Markup:
        """The HTML of a card."""
        text, mark = self._drawn(macro, post, heading).text, self._anybody.mark
        secret = str(escape(request.csrf_token())) if mark in text else ""
        return Markup(text.replace(mark, secret))  # noqa: S704  (drawn by a template)

    def pieces(self, macro: Callable[..., str], post: Post, heading: str) -> list[Piece]:
        """The same in pieces, between which the secret of the reader's forms belongs."""
        drawn = self._drawn(macro, post, heading)
        if drawn.pieces is None:
            texts = drawn.text.split(self._anybody.mark)
            drawn.pieces = [Piece(text.encode()) for text in texts]
        return drawn.pieces

    def _drawn(self, macro: Callable[..., str], post: Post, heading: str) -> _Drawn:
        now = self._clock.now()
        key = (self._content(post), heading, zone_name(), *age_of(post.published, now))
        drawn = self._known.get(key)
        if drawn is None:
            drawn = self._known[key] = _Drawn(str(macro(post, self._anybody, heading)))
            if len(self._known) > MOST:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(key)
        return drawn

    def _content(self, post: Post) -> bytes:
        """All that a post says; of the same object it is the same."""
        known = self._contents.get(id(post))
        if known is not None and known[0] is post:
            return known[1]
        content = _key(post)
        if len(self._contents) >= MOST:
            self._contents.clear()
        self._contents[id(post)] = post, content
        return content


def age_of(published: int, now: int) -> tuple[int, int]:
    """The same as long as ``Formats.ago`` says the same of this time (milliseconds)."""
    passed = now - published
    for unit, largest in ((MINUTE, HOUR), (HOUR, DAY), (DAY, WEEK)):
        if passed < largest:
            return unit, passed // unit
    return WEEK, now // DAY


def _plain(value: Any) -> str:
    return str(value)


_key = msgspec.msgpack.Encoder(enc_hook=_plain).encode
