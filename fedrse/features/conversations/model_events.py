"""What happens in conversations, for higher features in the same transaction."""

from __future__ import annotations

from msgspec import Struct


class ConversationChanged(Struct, frozen=True):
    """A conversation of a person of this site (``account_id``) has a new post."""

    conversation_id: int
    account_id: int
    post_id: int


class Typing(Struct, frozen=True):
    """A person of this site (``account_id``) writes to these people right now."""

    account_id: int
    people: tuple[int, ...]
