"""Tags in documents of other servers. Bytes from outside: what is no tag is left out."""

from __future__ import annotations

from typing import Any

from fedrse.activitypub.vocabulary import Json, as_list, first_str, type_of
from fedrse.core.text import hashtag_name
from fedrse.core.urls import BadUrl, split_url
from fedrse.features.tags.model import MOST_FEATURED

COLLECTIONS = frozenset({"Collection", "OrderedCollection"})
LONGEST_ADDRESS = 2_000


def read_hashtag(value: Any) -> tuple[str, str | None] | None:
    """Name and page of a ``Hashtag`` of another server, None for anything else."""
    if not isinstance(value, dict) or type_of(value) != "Hashtag":
        return None
    name = hashtag_name(first_str(value.get("name")))
    if name is None:
        return None
    address = first_str(value.get("href"))
    try:
        url = split_url(address).text if 0 < len(address) <= LONGEST_ADDRESS else None
    except BadUrl:
        url = None
    return name, url


def read_featured_tags(collection: Json) -> list[tuple[str, str | None]]:
    """Names and pages of the tags in a collection; what is none is left out."""
    if type_of(collection) not in COLLECTIONS:
        return []
    items = as_list(collection.get("items")) or as_list(collection.get("orderedItems"))
    found = (read_hashtag(item) for item in items[: 2 * MOST_FEATURED])
    return [one for one in found if one is not None]
