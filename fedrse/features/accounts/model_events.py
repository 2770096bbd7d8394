"""What happens to accounts, told to higher features in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AccountCreated:
    """An account is new here; remote ones appear when something of them is first seen."""

    account_id: int
    local: bool


@dataclass(frozen=True, slots=True)
class AccountUpdated:
    """Something that others see of an account changed."""

    account_id: int
    local: bool


@dataclass(frozen=True, slots=True)
class AccountDeleted:
    """An account goes for good; published while its row and dependents still exist."""

    account_id: int
    local: bool


@dataclass(frozen=True, slots=True)
class PicturesDropped:
    """Stored files (keys) that no profile of this site shows any more."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccountMoved:
    """A person goes on under another account; both sides say so."""

    account_id: int
    target_id: int
