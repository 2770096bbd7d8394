"""How much something is talked about, as numbers. Pure.

People count, not uses: who writes the same tag twenty times is one. What is always talked about
does not trend: only what is more than usual, and nothing that fewer than two people say.
"""

from __future__ import annotations

from typing import Final

from fedrse.core.clock import DAY, HOUR

RECENT: Final = 2 * DAY
WINDOW: Final = 7 * DAY
POST_WINDOW: Final = 3 * DAY
FEWEST: Final = 2  # people
MOST_KEPT: Final = 100  # of each kind
MOST_OF_AUTHOR: Final = 2
_DECAY: Final = 1.2


def rise(recent: int, earlier: int) -> float:
    """The score of a tag or link: people of the last two days, and how many more than usual.

    ``earlier``: people of the five days before, of whom two days have two fifths.
    """
    if recent < FEWEST:
        return 0.0
    expected = earlier * RECENT / (WINDOW - RECENT)
    return recent + max(0.0, recent - expected)


def heat(likes: int, boosts: int, age: int) -> float:
    """The score of a post of that age (milliseconds): a boost counts twice, age counts against."""
    if likes + boosts < FEWEST:
        return 0.0
    hours = max(age, 0) / HOUR
    return float((likes + 2 * boosts) / (hours + 2) ** _DECAY)
