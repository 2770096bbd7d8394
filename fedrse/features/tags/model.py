"""Tags as values: a followed one, a featured one, and seven days of use."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from fedrse.core.clock import DAY, SECOND
from fedrse.core.errors import NotFound
from fedrse.core.text import fold_hashtag, hashtag_name

HISTORY_DAYS = 7
MOST_FEATURED = 10


class Tag(Struct, frozen=True, gc=False):
    """A tag: ``name`` is folded, ``display`` as first written; ``id`` 0 where nobody used it."""

    id: int
    name: str
    display: str


class Followed(Struct, frozen=True, gc=False):
    """A line of a list of followed tags: ``id`` is what pages go by."""

    id: int
    tag: Tag


class Featured(Struct, frozen=True, gc=False):
    """A tag that somebody shows on the profile, and their posts with it; times in milliseconds."""

    id: int
    name: str
    display: str
    url: str | None
    posts: int
    last_at: int | None


class Day(Struct, frozen=True, gc=False):
    """How often a tag was used in a day, and by how many."""

    uses: int
    accounts: int


def read_name(text: str) -> tuple[str, str]:
    """The folded and the written form of a name from an address. Raises NotFound for none."""
    written = hashtag_name(text)
    if written is None:
        raise NotFound
    return fold_hashtag(written), written


def history(now: int, days: dict[int, Day]) -> list[dict[str, Any]]:
    """Mastodon ``Tag.history``: today first; ``days`` by their number since 1970."""
    today = now // DAY
    nothing = Day(0, 0)
    return [
        {
            "day": str(day * DAY // SECOND),
            "uses": str(days.get(day, nothing).uses),
            "accounts": str(days.get(day, nothing).accounts),
        }
        for day in range(today, today - HISTORY_DAYS, -1)
    ]
