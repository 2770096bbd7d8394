"""A list as a value, and what may be said about it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from fedrse.core.errors import Invalid
from fedrse.core.text import clean_line

MOST_LISTS: Final = 100
MOST_MEMBERS: Final = 1000
LONGEST_TITLE: Final = 256


class RepliesPolicy(StrEnum):
    """Whose answers a list shows, besides those to oneself and to the owner of the list."""

    FOLLOWED = "followed"
    LIST = "list"
    NONE = "none"


class UserList(Struct, frozen=True):
    """``exclusive``: what the list shows is not in the home timeline."""

    id: int
    account_id: int
    title: str
    replies_policy: RepliesPolicy
    exclusive: bool
    created_at: int


def read_title(value: object) -> str:
    """The title. Raises Invalid."""
    title = clean_line(value, LONGEST_TITLE + 1).strip() if isinstance(value, str) else ""
    if not title:
        raise Invalid("list_title", "Validation failed: Title can't be blank")
    if len(title) > LONGEST_TITLE:
        raise Invalid(
            "list_title",
            f"Validation failed: Title is too long (maximum is {LONGEST_TITLE} characters)",
        )
    return title


def read_policy(value: object) -> RepliesPolicy:
    """The policy. Raises Invalid."""
    try:
        return RepliesPolicy(str(value))
    except ValueError:
        raise Invalid(
            "list_policy", "Validation failed: Replies policy is not included in the list"
        ) from None


def entity(found: UserList) -> dict[str, Any]:
    """The Mastodon ``List``."""
    return {
        "id": str(found.id),
        "title": found.title,
        "replies_policy": found.replies_policy.value,
        "exclusive": found.exclusive,
    }
