"""A person's year: what they wrote and what became of it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import Struct

from fedrse.core.clock import SECOND
from fedrse.core.ids import time_of

SCHEMA: Final = 2
FIRST_DAY: Final = (12, 10)  # of the year that is told about
FEW: Final = 10
MOST_TAGS: Final = 5
MONTHS: Final = range(1, 13)


class Written(Struct, frozen=True):
    """A post or boost of the year; counts are those of now."""

    id: int
    is_boost: bool
    is_reply: bool
    is_poll: bool
    is_open: bool
    likes: int
    boosts: int
    replies: int


def bounds(year: int) -> tuple[int, int]:
    """Beginning and end of a year in UTC, in milliseconds."""
    first, last = (int(datetime(one, 1, 1, tzinfo=UTC).timestamp()) for one in (year, year + 1))
    return first * SECOND, last * SECOND


def year_to_tell(now: int) -> int:
    """The last year whose reports can be made at that moment."""
    moment = datetime.fromtimestamp(now / SECOND, UTC)
    begun = (moment.month, moment.day) >= FIRST_DAY
    return moment.year if begun else moment.year - 1


def is_season(now: int) -> bool:
    """Whether apps offer the report of the year by themselves."""
    return year_to_tell(now) == datetime.fromtimestamp(now / SECOND, UTC).year


def archetype(written: Sequence[Written]) -> str:
    """What kind of author somebody was, in the words of the Mastodon API."""
    boosts = sum(one.is_boost for one in written)
    replies = sum(one.is_reply for one in written)
    posts = len(written) - boosts
    if posts < FEW and boosts < FEW:
        return "lurker"
    if boosts > 2 * posts:
        return "booster"
    if sum(one.is_poll for one in written) > posts / 10:
        return "pollster"
    return "replier" if replies > 2 * (posts - replies) else "oracle"


def report(
    written: Sequence[Written], followed: Sequence[int], tags: Sequence[tuple[str, int]]
) -> dict[str, Any]:
    """``AnnualReport.data``; ``followed`` are the times at which others began to follow."""
    posts = [one for one in written if not one.is_boost]
    shown = [one for one in posts if one.is_open]
    by_month = Counter(_month(time_of(one.id)) for one in posts)
    new_followers = Counter(map(_month, followed))
    return {
        "archetype": archetype(written),
        "time_series": [
            {"month": month, "statuses": by_month[month], "followers": new_followers[month]}
            for month in MONTHS
        ],
        "top_hashtags": [{"name": name, "count": count} for name, count in tags[:MOST_TAGS]],
        "top_statuses": {
            "by_reblogs": _top(shown, "boosts"),
            "by_favourites": _top(shown, "likes"),
            "by_replies": _top(shown, "replies"),
        },
    }


def _top(posts: Sequence[Written], what: str) -> str | None:
    best = max(posts, key=lambda one: (getattr(one, what), one.id), default=None)
    return str(best.id) if best is not None and getattr(best, what) else None


def _month(milliseconds: int) -> int:
    return datetime.fromtimestamp(milliseconds / SECOND, UTC).month
