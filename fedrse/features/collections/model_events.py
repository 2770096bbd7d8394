"""What happens to collections, for higher features in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

Entities = Mapping[int, Mapping[str, Any]]
"""The Mastodon ``Collection`` as each of these people sees it."""


class PutIn(Struct, frozen=True):
    """Its owner put people into a collection."""

    owner: int
    collection_id: int
    people: Entities


class CollectionChanged(Struct, frozen=True):
    """Its owner changed what a collection says of itself; ``people`` are in it."""

    owner: int
    collection_id: int
    changed_at: int
    people: Entities


class TakenOut(Struct, frozen=True):
    """Somebody is in a collection no more."""

    owner: int
    collection_id: int
    account_id: int


class CollectionDeleted(Struct, frozen=True):
    """A collection is gone."""

    owner: int
    collection_id: int
