"""Cards of posts that were drawn already: most are the same for the next reader.

What a card shows is in its ``Post``; beside that it depends on the language (each has a cache of
its own), the time zone, how long ago it was, and the secret of the reader's forms, put in last.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Protocol

import msgspec
from markupsafe import Markup, escape

from fedrse.core.clock import DAY, HOUR, MINUTE, Clock
from fedrse.web.formats import zone_name
from fedrse.web.views import Post

MOST = 1000  # about six kilobytes each
WEEK = 7 * DAY


class Forms(Protocol):
    """A request, as cards see it."""

    def csrf_token(self) -> str: ...


class _AnyForms:
    """Stands for the request of whoever will read the card.

    Nobody can guess the mark of the place: a text with it would be given the secret of its reader.
    """

    def __init__(self) -> None:
        self.mark = secrets.token_hex(20)

    def csrf_token(self) -> str:
        return self.mark


class DrawnCards:
    """Draws a card with its macro, or takes it from memory."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._anybody = _AnyForms()
        self._contents: dict[int, tuple[Post, bytes]] = {}
        self._known: OrderedDict[tuple[bytes, str, str, int, int], str] = OrderedDict()

    def __call__(
        self, macro: Callable[..., str], post: Post, request: Forms, heading: str
    ) -> Markup:
        """The HTML of a card; a poll is drawn anew, as its end comes nearer."""
        if post.poll is not None:
            return Markup(macro(post, request, heading))  # noqa: S704  (drawn by a template)
        now = self._clock.now()
        key = (self._content(post), heading, zone_name(), *_age(now - post.published, now))
        text = self._known.get(key)
        if text is None:
            text = str(macro(post, self._anybody, heading))
            if len(self._known) >= MOST:
                self._known.popitem(last=False)
            self._known[key] = text
        else:
            self._known.move_to_end(key)
        mark = self._anybody.mark
        secret = str(escape(request.csrf_token())) if mark in text else ""
        return Markup(text.replace(mark, secret))  # noqa: S704  (likewise)

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


def _age(passed: int, now: int) -> tuple[int, int]:
    """The same as long as ``Formats.ago`` says the same."""
    for unit, largest in ((MINUTE, HOUR), (HOUR, DAY), (DAY, WEEK)):
        if passed < largest:
            return unit, passed // unit
    return WEEK, now // DAY


def _plain(value: Any) -> str:
    return str(value)


_key = msgspec.msgpack.Encoder(enc_hook=_plain).encode
