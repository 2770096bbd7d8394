"""What people do with tags, for higher features in the same transaction."""

from __future__ import annotations

from msgspec import Struct


class TagFollowed(Struct, frozen=True):
    """Somebody wants posts with this tag in the home timeline."""

    account_id: int
    tag_id: int


class TagUnfollowed(Struct, frozen=True):
    """Somebody does not want them any more; the row of the follow is gone."""

    account_id: int
    tag_id: int
