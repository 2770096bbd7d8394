"""What happens between people, told to higher features in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Followed:
    """A follow counts from now (at once, or after approval)."""

    account_id: int
    target_id: int
    follower_local: bool
    target_local: bool


@dataclass(frozen=True, slots=True)
class FollowRequested:
    """Somebody asks to follow a local account that approves its followers."""

    account_id: int
    target_id: int


@dataclass(frozen=True, slots=True)
class Unfollowed:
    """A follow or request ended, for whatever reason (undo, reject, removal, block)."""

    account_id: int
    target_id: int


@dataclass(frozen=True, slots=True)
class Silenced:
    """``account_id`` blocked or muted ``target_id`` and wants to see nothing of them."""

    account_id: int
    target_id: int
    blocked: bool


@dataclass(frozen=True, slots=True)
class Unsilenced:
    """A block or mute ended (taken back, or its time is over)."""

    account_id: int
    target_id: int


@dataclass(frozen=True, slots=True)
class DomainBlocked:
    """A person of this site wants to see nothing of a domain; follows end by and by.

    ``followers`` and ``following``: how many of them there are until then.
    """

    account_id: int
    domain: str
    followers: int = 0
    following: int = 0


@dataclass(frozen=True, slots=True)
class PeerBlocked:
    """This site does not talk to a host any more, which ends follows of one of its people.

    ``followers`` and ``following``: how many of them.
    """

    account_id: int
    host: str
    followers: int
    following: int
