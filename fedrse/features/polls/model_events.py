"""What happens to polls, told to higher features in the same transaction."""

from __future__ import annotations

from msgspec import Struct


class PollEnded(Struct, frozen=True):
    """Nobody can vote any more. ``voters`` are the people of this site who did."""

    post_id: int
    author_id: int
    voters: tuple[int, ...]
