"""What lists change in home timelines, told in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TakenFromHome:
    """From now on an exclusive list shows the author to this person, not the home timeline."""

    account_id: int
    author_id: int


@dataclass(frozen=True, slots=True)
class GivenToHome:
    """No exclusive list has the author any more."""

    account_id: int
    author_id: int
