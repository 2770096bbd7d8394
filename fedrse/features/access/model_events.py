"""What happens to log-ins, told in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SignedUp:
    """Somebody who asked for an account has one now."""

    account_id: int
