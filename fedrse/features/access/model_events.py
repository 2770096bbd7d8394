"""What happens to log-ins, told in the same transaction."""

from __future__ import annotations

from msgspec import Struct


class SignedUp(Struct, frozen=True):
    """Somebody who asked for an account has one now."""

    account_id: int


class SignUpWaits(Struct, frozen=True):
    """Somebody confirmed their address and waits for the consent of those in charge."""

    registration_id: int
