"""Reports of the year: the rules."""

from __future__ import annotations

import pytest

from fedrse.core.clock import from_iso
from fedrse.core.ids import first_of
from fedrse.features.insights.model_annual import (
    Written,
    archetype,
    bounds,
    is_season,
    report,
    year_to_tell,
)


def post(day: str, **more: int | bool) -> Written:
    values = {
        "is_boost": False,
        "is_reply": False,
        "is_poll": False,
        "is_open": True,
        "likes": 0,
        "boosts": 0,
        "replies": 0,
    }
    return Written(id=first_of(from_iso(day)), **(values | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "year", "season"),
    [
        ("2026-12-09T23:59", 2025, False),
        ("2026-12-10", 2026, True),
        ("2026-12-31T23:59", 2026, True),
        ("2027-01-01", 2026, False),
    ],
)
def test_when(now: str, year: int, season: bool) -> None:
    assert year_to_tell(from_iso(now)) == year
    assert is_season(from_iso(now)) is season
    assert bounds(2026) == (from_iso("2026-01-01"), from_iso("2027-01-01"))


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({}, "lurker"),
        ({"posts": 9, "boosts": 9}, "lurker"),
        ({"posts": 3, "boosts": 10}, "booster"),
        ({"posts": 10, "polls": 2}, "pollster"),
        ({"posts": 3, "replies": 10}, "replier"),
        ({"posts": 10, "replies": 10}, "oracle"),
    ],
)
def test_archetypes(counts: dict[str, int], expected: str) -> None:
    day = "2026-05-01"
    written = [post(day) for _ in range(counts.get("posts", 0))]
    written += [post(day, is_boost=True) for _ in range(counts.get("boosts", 0))]
    written += [post(day, is_poll=True) for _ in range(counts.get("polls", 0))]
    written += [post(day, is_reply=True) for _ in range(counts.get("replies", 0))]
    assert archetype(written) == expected


def test_a_report() -> None:
    march, may = post("2026-03-01", likes=3), post("2026-05-01", boosts=1, replies=2)
    letter = post("2026-05-02", likes=9, is_open=False)
    boost = post("2026-06-01", is_boost=True, likes=7)
    told = report([march, may, letter, boost], [from_iso("2026-03-05")], [("été", 2)])
    series = {one["month"]: (one["statuses"], one["followers"]) for one in told["time_series"]}
    assert len(series) == 12
    assert (series[3], series[5], series[6]) == ((1, 1), (2, 0), (0, 0))
    assert told["top_statuses"] == {
        "by_reblogs": str(may.id),
        "by_favourites": str(march.id),
        "by_replies": str(may.id),
    }
    assert told["top_hashtags"] == [{"name": "été", "count": 2}]
    assert report([], [], [])["top_statuses"]["by_replies"] is None
