"""Reactions: a plain like, or one grapheme or custom emoji (FEP-c0e0)."""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct

from fedrse.activitypub.vocabulary import Json, as_list, first_str, id_of, type_of
from fedrse.core.text import clean_line, count_graphemes

LIKE = ""
LONGEST_CONTENT = 100
_CODE = re.compile(r":[\w.+-]{1,60}(?:@[\w.:-]{1,200})?:")
# What software sends that has only likes of one look.
_HEARTS = frozenset({"❤", "❤️", "♥", "♥️", "⭐", "👍", ""})


class Reaction(Struct, frozen=True, gc=False):
    """A row of ``reaction``: same names, same order. ``content`` is "" for a like."""

    id: int
    account_id: int
    post_id: int
    content: str
    emoji: str | None
    uri: str
    created_at: int


class ReceivedReaction(Struct, frozen=True):
    """What a Like or EmojiReact says; ``emoji`` is the tag of a custom one."""

    content: str
    emoji: Json | None = None


def read_reaction(activity: Json) -> ReceivedReaction:
    """The reaction of a ``Like`` or ``EmojiReact``; anything unreadable is a plain like."""
    content = first_str(activity.get("content")) or first_str(activity.get("_misskey_reaction"))
    content = clean_line(content, LONGEST_CONTENT)
    if type_of(activity) == "Like" and content in _HEARTS:
        return ReceivedReaction(LIKE)
    if _CODE.fullmatch(content):
        emoji = _emoji(activity, content)
        return ReceivedReaction(LIKE) if emoji is None else ReceivedReaction(content, emoji)
    if content and count_graphemes(content) == 1 and not content.isalnum():
        return ReceivedReaction(content)
    return ReceivedReaction(LIKE)


def _emoji(activity: Json, content: str) -> Json | None:
    for tag in as_list(activity.get("tag")):
        if type_of(tag) == "Emoji" and first_str(tag.get("name")).strip(":") == content.strip(":"):
            icon: Any = tag.get("icon")
            url = id_of(icon.get("url")) if isinstance(icon, dict) else None
            if url is not None and url.startswith("https://"):
                return {"name": content, "url": url}
    return None
