"""Notifications: kinds and the row as a value."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Kind(StrEnum):
    """The types of the Mastodon API that this site sends."""

    MENTION = "mention"
    STATUS = "status"
    REBLOG = "reblog"
    FOLLOW = "follow"
    FOLLOW_REQUEST = "follow_request"
    FAVOURITE = "favourite"
    POLL = "poll"
    UPDATE = "update"


class Notification(Struct, frozen=True):
    """One thing that a person is told; ``once`` is the key that keeps it from being told twice."""

    id: int
    account_id: int
    kind: str
    from_id: int
    post_id: int | None
    once: str
    created_at: int
