"""What happens to reports, told to higher features in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reported:
    """A report is new; ``account_id`` is who reports."""

    report_id: int
    account_id: int
    target_id: int
