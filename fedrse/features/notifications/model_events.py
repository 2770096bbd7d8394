"""What is told to people, for higher features in the same transaction."""

from __future__ import annotations

from msgspec import Struct


class Notified(Struct, frozen=True):
    """A person of this site has a new notification."""

    notification_id: int
    account_id: int
    kind: str
    from_id: int
    post_id: int | None
