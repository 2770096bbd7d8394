"""What lists change in home timelines, told in the same transaction."""

from __future__ import annotations

from msgspec import Struct


class TakenFromHome(Struct, frozen=True):
    """From now on an exclusive list shows the author to this person, not the home timeline."""

    account_id: int
    author_id: int


class GivenToHome(Struct, frozen=True):
    """No exclusive list has the author any more."""

    account_id: int
    author_id: int
