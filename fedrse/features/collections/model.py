"""Collections as values and entities. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct

from fedrse.core.clock import to_iso
from fedrse.core.errors import Invalid
from fedrse.core.text import clean_line, clean_text, fold_hashtag, hashtag_name
from fedrse.features.posts.model import tag_address

LONGEST_NAME: Final = 40
LONGEST_DESCRIPTION: Final = 100
MOST_COLLECTIONS: Final = 10
MOST_ITEMS: Final = 25
ACCEPTED: Final = "accepted"


class Collection(Struct, frozen=True):
    """A row of ``collection``; ``tag`` is written as its owner wrote it, without the sign."""

    id: int
    account_id: int
    name: str
    description: str
    language: str | None
    tag: str | None
    sensitive: bool
    discoverable: bool
    created_at: int
    updated_at: int


class Item(Struct, frozen=True):
    """A row of ``collection_item``: ``account_id`` is recommended."""

    id: int
    collection_id: int
    account_id: int
    state: str
    created_at: int


def checked_name(text: str) -> str:
    """The name of a collection. Raises Invalid."""
    name = clean_line(text, 4 * LONGEST_NAME)
    if not name:
        raise Invalid("name_missing", "Validation failed: Name can't be blank")
    if len(name) > LONGEST_NAME:
        raise _too_long("Name", LONGEST_NAME)
    return name


def checked_description(text: str) -> str:
    """What a collection is about. Raises Invalid."""
    description = clean_text(text).strip()
    if len(description) > LONGEST_DESCRIPTION:
        raise _too_long("Description", LONGEST_DESCRIPTION)
    return description


def checked_tag(text: str) -> str | None:
    """The tag of a collection, None for none. Raises Invalid."""
    text = text.strip().removeprefix("#")
    if not text:
        return None
    name = hashtag_name(text)
    if name is None:
        raise Invalid("tag_invalid", "Validation failed: Tag is invalid")
    return name


def _too_long(what: str, most: int) -> Invalid:
    return Invalid(
        "too_long", f"Validation failed: {what} is too long (maximum is {most} characters)"
    )


def entity(collection: Collection, items: Sequence[Item], origin: str) -> dict[str, Any]:
    """The Mastodon ``Collection`` with these items."""
    tag = collection.tag
    return {
        "id": str(collection.id),
        "account_id": str(collection.account_id),
        "uri": f"{origin}/ap/collection/{collection.id}",
        "url": None,  # there is no page of it
        "name": collection.name,
        "description": collection.description,
        "language": collection.language,
        "local": True,
        "sensitive": collection.sensitive,
        "discoverable": collection.discoverable,
        "tag": None
        if tag is None
        else {"name": tag, "url": tag_address(origin, fold_hashtag(tag))},
        "created_at": to_iso(collection.created_at),
        "updated_at": to_iso(collection.updated_at),
        "item_count": len(items),
        "items": [item_entity(one) for one in items],
    }


def item_entity(item: Item) -> dict[str, Any]:
    """The Mastodon ``CollectionItem``."""
    return {
        "id": str(item.id),
        "account_id": str(item.account_id),
        "state": item.state,
        "created_at": to_iso(item.created_at),
    }
