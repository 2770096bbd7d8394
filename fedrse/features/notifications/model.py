"""Notifications: kinds and the row as a value."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from fedrse.core.clock import HOUR


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
    QUOTE = "quote"
    QUOTED_UPDATE = "quoted_update"
    REPORT = "admin.report"
    SIGN_UP = "admin.sign_up"


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
