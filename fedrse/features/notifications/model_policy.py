"""Whose notifications reach a person at once, wait, or are dropped. Pure."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from fedrse.core.clock import DAY
from fedrse.features.notifications.model import Kind

NEW_ACCOUNT = 30 * DAY
NEW_FOLLOWER = 3 * DAY
# What is about own posts and own duties never waits.
NEVER_FILTERED = frozenset(
    {
        *(Kind.POLL, Kind.UPDATE, Kind.QUOTED_UPDATE, Kind.REPORT, Kind.SIGN_UP),
        *(Kind.SEVERED, Kind.WARNING, Kind.LOOKED_AT),
    }
)


class Ruling(StrEnum):
    """What becomes of a notification."""

    ACCEPT = "accept"
    FILTER = "filter"
    DROP = "drop"


class Policy(Struct, frozen=True):
    """What a person decided; everybody is heard unless they decide otherwise.

    But for people whom those in charge have limited: of them one hears by following them.
    """

    for_not_following: Ruling = Ruling.ACCEPT
    for_not_followers: Ruling = Ruling.ACCEPT
    for_new_accounts: Ruling = Ruling.ACCEPT
    for_private_mentions: Ruling = Ruling.ACCEPT
    for_limited_accounts: Ruling = Ruling.FILTER


class Sender(Struct, frozen=True):
    """What counts about whoever caused a notification, as its recipient sees them.

    ``follows_since`` is None for who does not follow; times in milliseconds. ``private``: a direct
    post that answers none of the recipient's; ``limited``: by those in charge of this site.
    """

    followed: bool
    follows_since: int | None
    created_at: int
    permitted: bool
    private: bool
    limited: bool = False


def ruling(policy: Policy, sender: Sender, kind: Kind, now: int) -> Ruling:
    """The strictest of all rules that apply."""
    if kind in NEVER_FILTERED or sender.permitted:
        return Ruling.ACCEPT
    applying = set()
    if not sender.followed:
        applying.add(policy.for_not_following)
        if sender.limited:
            applying.add(policy.for_limited_accounts)
        if sender.private:
            applying.add(policy.for_private_mentions)
        if now - sender.created_at < NEW_ACCOUNT:
            applying.add(policy.for_new_accounts)
    if sender.follows_since is None or now - sender.follows_since < NEW_FOLLOWER:
        applying.add(policy.for_not_followers)
    for strict in (Ruling.DROP, Ruling.FILTER):
        if strict in applying:
            return strict
    return Ruling.ACCEPT


def without_policy(kind: Kind, *, limited: bool) -> Ruling:
    """What becomes of a notification for somebody who never decided anything."""
    return (
        Policy().for_limited_accounts if limited and kind not in NEVER_FILTERED else Ruling.ACCEPT
    )
