"""What happens to collections, for higher features in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Entities = Mapping[int, Mapping[str, Any]]
"""The Mastodon ``Collection`` as each of these people sees it."""


@dataclass(frozen=True, slots=True)
class PutIn:
    """Its owner put people into a collection."""

    owner: int
    collection_id: int
    people: Entities


@dataclass(frozen=True, slots=True)
class CollectionChanged:
    """Its owner changed what a collection says of itself; ``people`` are in it."""

    owner: int
    collection_id: int
    changed_at: int
    people: Entities


@dataclass(frozen=True, slots=True)
class TakenOut:
    """Somebody is in a collection no more."""

    owner: int
    collection_id: int
    account_id: int


@dataclass(frozen=True, slots=True)
class CollectionDeleted:
    """A collection is gone."""

    owner: int
    collection_id: int
