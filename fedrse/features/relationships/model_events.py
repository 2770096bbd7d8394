"""What happens between people, told to higher features in the same transaction."""

from __future__ import annotations

from msgspec import Struct


class Followed(Struct, frozen=True):
    """A follow counts from now (at once, or after approval)."""

    account_id: int
    target_id: int
    follower_local: bool
    target_local: bool


class FollowRequested(Struct, frozen=True):
    """Somebody asks to follow a local account that approves its followers."""

    account_id: int
    target_id: int


class Unfollowed(Struct, frozen=True):
    """A follow or request ended, for whatever reason (undo, reject, removal, block)."""

    account_id: int
    target_id: int


class Silenced(Struct, frozen=True):
    """``account_id`` blocked or muted ``target_id`` and wants to see nothing of them."""

    account_id: int
    target_id: int
    blocked: bool


class Unsilenced(Struct, frozen=True):
    """A block or mute ended (taken back, or its time is over)."""

    account_id: int
    target_id: int


class DomainBlocked(Struct, frozen=True):
    """A person of this site wants to see nothing of a domain; follows end by and by.

    ``followers`` and ``following``: how many of them there are until then.
    """

    account_id: int
    domain: str
    followers: int = 0
    following: int = 0


class PeerBlocked(Struct, frozen=True):
    """This site does not talk to a host any more, which ends follows of one of its people.

    ``followers`` and ``following``: how many of them.
    """

    account_id: int
    host: str
    followers: int
    following: int
