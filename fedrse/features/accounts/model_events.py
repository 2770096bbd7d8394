"""What happens to accounts, told to higher features in the same transaction."""

from __future__ import annotations

from msgspec import Struct


class AccountCreated(Struct, frozen=True):
    """An account is new here; remote ones appear when something of them is first seen."""

    account_id: int
    local: bool


class AccountUpdated(Struct, frozen=True):
    """Something that others see of an account changed."""

    account_id: int
    local: bool


class AccountDeleted(Struct, frozen=True):
    """An account goes for good; published while its row and dependents still exist."""

    account_id: int
    local: bool


class PicturesDropped(Struct, frozen=True):
    """Stored files (keys) that no profile of this site shows any more."""

    keys: tuple[str, ...]


class AccountMoved(Struct, frozen=True):
    """A person goes on under another account; both sides say so."""

    account_id: int
    target_id: int
