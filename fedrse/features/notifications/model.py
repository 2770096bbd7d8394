"""Notifications: kinds and the row as a value."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from fedrse.core.clock import HOUR, to_iso
from fedrse.features.relationships.model_events import DomainBlocked, PeerBlocked


class Kind(StrEnum):
    """The types of the Mastodon API that this site sends; the last two are its own."""

    MENTION = "mention"
    STATUS = "status"
    REBLOG = "reblog"
    FOLLOW = "follow"
    FOLLOW_REQUEST = "follow_request"
    FAVOURITE = "favourite"
    POLL = "poll"
    UPDATE = "update"
    QUOTE = "quote"
    QUOTED_UPDATE = "quoted_update"
    REPORT = "admin.report"
    SIGN_UP = "admin.sign_up"
    SEVERED = "severed_relationships"
    WARNING = "moderation_warning"
    PUT_IN = "added_to_collection"
    COLLECTION_CHANGED = "collection_update"
    CONFIRMED = "expertise_confirmed"
    LOOKED_AT = "report_looked_at"


class Notification(Struct, frozen=True):
    """One thing that a person is told; ``once`` is the key that keeps it from being told twice.

    ``filtered``: it waits in a request until the person asks for it.
    """

    id: int
    account_id: int
    kind: str
    from_id: int
    post_id: int | None
    once: str
    created_at: int
    group_key: str
    filtered: bool
    report_id: int | None
    extra: str | None = None

    def attributes(self, account: msgspec.Raw) -> dict[str, Any]:
        """What apps get beside the usual; ``account`` is that of ``from_id``.

        What comes from the site itself is told as if by the person who gets it, as Mastodon does.
        """
        if self.extra is None:
            return {}
        found: dict[str, Any] = msgspec.json.decode(self.extra)
        if "moderation_warning" in found:
            found["moderation_warning"]["target_account"] = account
        return found


GROUPED = (Kind.FAVOURITE, Kind.REBLOG, Kind.FOLLOW)
"""Kinds that are shown as one where they are about the same."""

_TIMEFRAME = 12 * HOUR


def group_key_of(kind: Kind, post_id: int | None, now: int, notification_id: int) -> str:
    """What belongs together has the same key: the same kind, post and half day."""
    if kind not in GROUPED:
        return f"ungrouped-{notification_id}"
    about = "" if post_id is None else f"-{post_id}"
    return f"{kind.value}{about}-{now // _TIMEFRAME}"


class Wanted(Struct, frozen=True):
    """Which notifications are asked for; no kinds: all of them. ``by`` caused them."""

    kinds: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    by: int | None = None
    filtered_too: bool = False

    def parameters(self) -> dict[str, object]:
        """As parameters of the statements."""
        return {
            "all_kinds": int(not self.kinds),
            "kinds": list(self.kinds),
            "without": list(self.without),
            "from_all": int(self.by is None),
            "other": self.by or 0,
            "filtered_too": int(self.filtered_too),
        }


def rounded(identifier: int) -> int:
    """An id as JavaScript shows it after it was a number: the shortest text of its double."""
    return int(Decimal(repr(float(identifier))))


def severance(identifier: int, event: DomainBlocked | PeerBlocked, now: int) -> str:
    """The attribute ``event``: a Mastodon ``RelationshipSeveranceEvent`` of a blocked domain."""
    by_site = isinstance(event, PeerBlocked)
    found = {
        "id": str(identifier),
        "type": "domain_block" if by_site else "user_domain_block",
        "purged": False,
        "target_name": event.host if isinstance(event, PeerBlocked) else event.domain,
        "followers_count": event.followers,
        "following_count": event.following,
        "created_at": to_iso(now),
    }
    return msgspec.json.encode({"event": found}).decode()


def warning(found: dict[str, Any]) -> str:
    """The attribute ``moderation_warning``: a Mastodon ``AccountWarning`` without its account."""
    return msgspec.json.encode({"moderation_warning": found}).decode()
