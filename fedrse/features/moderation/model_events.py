"""What happens to reports, told to higher features in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Reported:
    """A report is new; ``account_id`` is who reports."""

    report_id: int
    account_id: int
    target_id: int


@dataclass(frozen=True, slots=True)
class Decided:
    """Somebody of this site has to know what was decided, or what became of the appeal.

    ``warning`` is a Mastodon ``AccountWarning`` without its account.
    """

    decision_id: int
    account_id: int
    warning: dict[str, Any]
