"""Collections as values and entities. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct

from fedrse.activitypub.local_ids import LocalIds
from fedrse.core.clock import to_iso
from fedrse.core.errors import Invalid
from fedrse.core.html import escape
from fedrse.core.text import clean_line, clean_text, fold_hashtag, hashtag_name
from fedrse.features.posts.model import tag_address

LONGEST_NAME: Final = 40
LONGEST_DESCRIPTION: Final = 100
MOST_COLLECTIONS: Final = 10
MOST_ITEMS: Final = 25
ACCEPTED: Final = "accepted"
PENDING: Final = "pending"
UNVERIFIED: Final = "unverified"


class Collection(Struct, frozen=True):
    """A row of ``collection``; ``tag`` is written as its owner wrote it, without the sign.

    ``uri`` and ``url`` are those of another site, None for one that was made here.
    """

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
    uri: str | None = None
    url: str | None = None

    @property
    def is_local(self) -> bool:
        """Whether it was made here."""
        return self.uri is None


class Item(Struct, frozen=True):
    """A row of ``collection_item``: ``account_id`` is recommended.

    ``state`` is ``accepted``, ``pending`` (the site of that person was asked) or, in collections
    of other sites, ``unverified``: nobody is shown in one without having agreed.
    """

    id: int
    collection_id: int
    account_id: int | None
    state: str
    created_at: int
    uri: str | None = None
    object_uri: str | None = None
    stamp: str | None = None


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


def page_address(collection: Collection, origin: str) -> str:
    """Where people read it."""
    if collection.uri is not None:
        return collection.url or collection.uri
    return f"{origin}/collections/{collection.id}"


def address(collection: Collection, local_ids: LocalIds) -> str:
    """Its ActivityPub id."""
    return collection.uri or local_ids.uri("collection", collection.id)


def entity(collection: Collection, items: Sequence[Item], local_ids: LocalIds) -> dict[str, Any]:
    """The Mastodon ``Collection`` with these items; what it says is HTML.

    People here type plain text, which apps put into their form again, so it is sent as typed.
    """
    tag, origin, local = collection.tag, local_ids.origin, collection.is_local
    return {
        "id": str(collection.id),
        "account_id": str(collection.account_id),
        "uri": address(collection, local_ids),
        "url": page_address(collection, origin),
        "name": collection.name,
        "description": collection.description if local else escape(collection.description),
        "language": collection.language,
        "local": local,
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
