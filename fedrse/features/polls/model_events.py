"""What happens to polls, told to higher features in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PollEnded:
    """Nobody can vote any more. ``voters`` are the people of this site who did."""

    post_id: int
    author_id: int
    voters: tuple[int, ...]
