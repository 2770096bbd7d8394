"""Custom emoji as values."""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct

_SHORTCODE = re.compile(r"[a-zA-Z0-9_]{2,64}")
LONGEST_CATEGORY = 100


class Emoji(Struct, frozen=True):
    """A row of ``emoji``; ``key`` is that of the stored picture."""

    id: int
    shortcode: str
    key: str
    category: str
    visible: bool
    updated_at: int


def is_shortcode(text: str) -> bool:
    """Whether a text can stand between two colons."""
    return _SHORTCODE.fullmatch(text) is not None


def entity(emoji: Emoji, address: str) -> dict[str, Any]:
    """The Mastodon ``CustomEmoji``."""
    return {
        "shortcode": emoji.shortcode,
        "url": address,
        "static_url": address,
        "visible_in_picker": emoji.visible,
        "category": emoji.category or None,
    }
