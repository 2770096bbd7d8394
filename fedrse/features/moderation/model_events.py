"""What happens to reports, told to higher features in the same transaction."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Reported(Struct, frozen=True):
    """A report is new; ``account_id`` is who reports."""

    report_id: int
    account_id: int
    target_id: int


class ReportClosed(Struct, frozen=True):
    """Somebody looked at what ``account_id``, of this site, reported. ``at`` in milliseconds.

    ``acted``: something was decided about whoever was reported. What, is nobody else's business.
    """

    report_id: int
    account_id: int
    at: int
    acted: bool


class Decided(Struct, frozen=True):
    """Somebody of this site has to know what was decided, or what became of the appeal.

    ``warning`` is a Mastodon ``AccountWarning`` without its account.
    """

    decision_id: int
    account_id: int
    warning: dict[str, Any]
