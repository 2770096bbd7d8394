"""Reactions: a plain like, or one grapheme or custom emoji (FEP-c0e0).

A few graphemes have an agreed meaning between sites: the kinds. Everything else counts as a like.
"""

from __future__ import annotations

import re
from typing import Any, Final

from msgspec import Struct

from fedrse.activitypub.vocabulary import Json, as_int, as_list, first_str, id_of, type_of
from fedrse.core.text import clean_line, count_graphemes

LIKE = ""
KINDS: Final = {"thanks": "🙏", "agree": "🤝", "question": "❓", "seen": "👀"}
"""Kinds of reactions that are shown by themselves, with what stands for them on the wire."""
SEEN: Final = KINDS["seen"]
NAMES: Final = {content: name for name, content in KINDS.items()}
BITS: Final = {name: 32 << place for place, name in enumerate(KINDS)}
"""Marks of what a viewer did with a post, after those of the feature ``posts``."""
LONGEST_CONTENT = 100
MOST_TOLD: Final = 2**53
# Skin tones and the mark "as a picture" change nothing of the meaning.
_SHADES = re.compile("[\ufe0f\U0001f3fb-\U0001f3ff]")
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


class ReactionTotals(Struct, frozen=True):
    """Reactions of every kind by host, and those of the agreed kinds by content and host."""

    by_host: dict[str, int] = {}
    by_content: dict[str, dict[str, int]] = {}


def read_told(collection: Any, own_host: str) -> dict[str, int]:
    """How many of each kind others than ours made, by content, as the author's site tells.

    ``collection`` is ``likes`` of a post; whatever is not as expected counts as nothing.
    """
    told = collection.get("byContent") if isinstance(collection, dict) else None
    if not isinstance(told, dict):
        return {}
    found = {}
    for content in NAMES:
        hosts = told.get(content)
        if isinstance(hosts, dict):
            numbers = (as_int(many) or 0 for host, many in hosts.items() if host != own_host)
            found[content] = min(sum(numbers), MOST_TOLD)
    return {content: many for content, many in found.items() if many}


def read_reaction(activity: Json) -> ReceivedReaction:
    """The reaction of a ``Like`` or ``EmojiReact``; anything unreadable is a plain like."""
    content = first_str(activity.get("content")) or first_str(activity.get("_misskey_reaction"))
    content = clean_line(content, LONGEST_CONTENT)
    if type_of(activity) == "Like" and content in _HEARTS:
        return ReceivedReaction(LIKE)
    agreed = _SHADES.sub("", content)
    if agreed in NAMES:
        return ReceivedReaction(agreed)
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
