"""What people do with tags, for higher features in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TagFollowed:
    """Somebody wants posts with this tag in the home timeline."""

    account_id: int
    tag_id: int


@dataclass(frozen=True, slots=True)
class TagUnfollowed:
    """Somebody does not want them any more; the row of the follow is gone."""

    account_id: int
    tag_id: int
