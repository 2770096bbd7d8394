"""What happens to the expertise of people of this site, told in the same transaction."""

from __future__ import annotations

from msgspec import Struct


class ExpertiseConfirmed(Struct, frozen=True):
    """``by_id`` confirms that ``account_id``, of this site, knows ``skill``; ``key`` folds it."""

    account_id: int
    by_id: int
    skill: str
    key: str


class ConfirmationEnded(Struct, frozen=True):
    """It is taken back, or one of the two has blocked the other."""

    account_id: int
    by_id: int
    key: str
