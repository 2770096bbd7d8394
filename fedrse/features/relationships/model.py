"""Follows, blocks and mutes as values."""

from __future__ import annotations

from msgspec import Struct

from fedrse.activitypub.vocabulary import Json


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


class Listed(Struct, frozen=True, gc=False):
    """A line of a list of people: ``id`` is what pages go by; times in milliseconds."""

    id: int
    account_id: int
    expires_at: int | None = None


class BlockedDomain(Struct, frozen=True, gc=False):
    """A line of a list of domains: ``id`` is what pages go by."""

    id: int
    domain: str


def follow_document(uri: str, follower: str, target: str) -> Json:
    """A ``Follow`` activity, alone or inside its ``Accept``, ``Reject`` or ``Undo``."""
    return {"id": uri, "type": "Follow", "actor": follower, "object": target}


def block_document(uri: str, blocker: str, target: str) -> Json:
    """A ``Block`` activity, alone or inside its ``Undo``."""
    return {"id": uri, "type": "Block", "actor": blocker, "object": target}
