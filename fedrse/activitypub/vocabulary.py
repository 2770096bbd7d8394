"""Tolerant accessors for ActivityPub documents.

Other servers write one thing where the next writes a list, an object where the next writes an id.
These functions read all of it; they never raise on strange shapes, they return nothing.
"""

from __future__ import annotations

from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
PUBLIC_NAMES = frozenset({PUBLIC, "as:Public", "Public"})
ACTIVITY_JSON = "application/activity+json"
LD_JSON = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
ACTOR_TYPES = frozenset({"Person", "Service", "Application", "Group", "Organization"})
POST_TYPES = frozenset(
    {"Note", "Question", "Article", "Page", "Event", "Video", "Audio", "Image", "Document"}
)
LONGEST_ID = 2048
MOST_ITEMS = 1000  # of any list read by these functions


def as_list(value: Any) -> list[Any]:
    """None -> [], one thing -> [thing], a list -> its first MOST_ITEMS."""
    if value is None:
        return []
    return value[:MOST_ITEMS] if isinstance(value, list) else [value]


def id_of(value: Any) -> str | None:
    """The id of a thing given as id, object, Link or list (then of its first item)."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("id") or value.get("href")
    if isinstance(value, str) and 0 < len(value) <= LONGEST_ID:
        return value
    return None


def ids_of(value: Any) -> list[str]:
    """All ids of a thing or a list of things, without doubles, in order."""
    if value is None:
        return []
    if not isinstance(value, list):
        only = id_of(value)
        return [] if only is None else [only]
    found = dict.fromkeys(map(id_of, value[:MOST_ITEMS]))
    return [item for item in found if item is not None]


def type_of(value: Any) -> str:
    """The (first) type, "" where there is none."""
    if not isinstance(value, dict):
        return ""
    kind = value.get("type")
    if isinstance(kind, list):
        kind = next((item for item in kind if isinstance(item, str)), "")
    return kind if isinstance(kind, str) else ""


def first_str(value: Any) -> str:
    """The first text in a value that may be text or a list of texts; else ""."""
    for item in as_list(value):
        if isinstance(item, str):
            return item
    return ""


def as_int(value: Any) -> int | None:
    """A non-negative whole number below 2^53, else None; booleans are not numbers."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53:
        return value
    return None


def as_bool(value: Any, *, default: bool = False) -> bool:
    """A boolean; some servers write it as text."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value.strip().lower() == "true"
    return default


def is_public(recipients: list[str]) -> bool:
    """The world is among these recipients, in any of its three spellings."""
    return any(name in PUBLIC_NAMES for name in recipients)
