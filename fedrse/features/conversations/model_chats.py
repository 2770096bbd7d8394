"""A chat: all conversations of somebody with the same people, one after the other. Pure.

Apps see each thread as a conversation of its own (Mastodon API); people think of whom they talk to.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct, json

from fedrse.core.html import html_to_text
from fedrse.core.text import fold_hashtag

MOST_PEOPLE: Final = 20
"""Of a chat that is begun on a page, besides oneself."""
_SPACE = r"(?:\s|&nbsp;|<br ?/?>)*"
_NAMED = re.compile(
    rf"^(<p>)?(?:{_SPACE}(?:<span class=\"h-card\"[^>]*>)?"
    r"<a [^>]*\bclass=\"[^\"]*\bmention\b[^\"]*\"[^>]*>@<span>[^<]*</span></a>(?:</span>)?)+"
    rf"{_SPACE}"
)
_EMPTY = re.compile(r"^<p></p>")


class Chat(Struct, frozen=True):
    """One chat of somebody: ``key`` is the id of its oldest conversation."""

    key: int
    participants: str
    last_post_id: int
    unread: bool
    muted: bool

    @property
    def people(self) -> list[int]:
        """Ids of the others; nobody: notes to oneself."""
        return json.decode(self.participants, type=list[int])


def participants_of(people: set[int], me: int) -> str:
    """``Chat.participants`` of a chat with these people."""
    return json.encode(sorted(people - {me})).decode()


def without_names(html: str) -> str:
    """The HTML of a message without the names at its beginning, which only address it."""
    rest = _EMPTY.sub("", _NAMED.sub(r"\1", html, count=1))
    return rest if html_to_text(rest) else html


def addressed(names: list[str], text: str) -> str:
    """What is published so that exactly these people get it, wherever they are."""
    return " ".join([*(f"@{name}" for name in names), text])


def fits(html: str, words: list[str]) -> bool:
    """Whether all of these folded words are in a message."""
    text = folded(html_to_text(html))
    return all(word in text for word in words)


def folded(text: str) -> str:
    """For comparison: without case and accents."""
    return fold_hashtag(text)
