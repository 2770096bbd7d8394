"""What the feature ``moderation`` tells of a decision."""

from __future__ import annotations

from fedrse.core.clock import to_iso
from fedrse.features.moderation.model_events import Decided

WHEN = 1_700_000_000_000


def warning(number: int, account_id: int, text: str) -> Decided:
    """Somebody was warned."""
    told = {
        "id": str(number),
        "action": "none",
        "text": text,
        "status_ids": None,
        "target_account": None,
        "appeal": None,
        "created_at": to_iso(WHEN),
    }
    return Decided(number, account_id, told)
