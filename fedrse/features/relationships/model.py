"""Follows, blocks and mutes as values."""

from __future__ import annotations

from msgspec import Struct


class Follow(Struct, frozen=True, gc=False):
    """A row of ``follow``: same names, same order. ``accepted`` is False while nobody answered."""

    id: int
    account_id: int
    target_id: int
    uri: str
    accepted: bool
    local: bool
    show_boosts: bool
    notify: bool
    languages: str
    created_at: int


class FollowOptions(Struct, frozen=True, kw_only=True):
    """What a follower wants to see; None keeps what it is. ``languages`` are BCP 47 tags."""

    show_boosts: bool | None = None
    notify: bool | None = None
    languages: tuple[str, ...] | None = None
