"""What happens in conversations, for higher features in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConversationChanged:
    """A conversation of a person of this site (``account_id``) has a new post."""

    conversation_id: int
    account_id: int
    post_id: int


@dataclass(frozen=True, slots=True)
class Typing:
    """A person of this site (``account_id``) writes to these people right now."""

    account_id: int
    people: tuple[int, ...]
