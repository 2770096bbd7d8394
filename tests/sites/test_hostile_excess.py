"""Hostile messages: too much of everything, and numbers and dates that are none."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sites.hostile_posts import check, media, read_post, to_alice
from tests.sites.hostile_stage import Stage
from tests.sites.remote_actor import Json


def tags(kind: str, count: int) -> list[Json]:
    if kind == "Mention":
        return [
            {"type": kind, "href": f"http://evil.test/users/m{n}", "name": f"@m{n}@evil.test"}
            for n in range(count)
        ]
    return [{"type": kind, "name": f"#tag{n}", "href": "http://x"} for n in range(count)]


EXCESS: dict[str, tuple[Json, str, int]] = {
    "mentions": ({"tag": tags("Mention", 3000)}, "mentions", 1000),
    "hashtags": ({"tag": tags("Hashtag", 3000)}, "tags", 1000),
    "attachments": ({"attachment": [media()] * 3000}, "media_attachments", 100),
    "emoji": (
        {
            "tag": [
                {"type": "Emoji", "name": f":e{n}:", "icon": {"url": "http://evil.test/e.png"}}
                for n in range(3000)
            ],
            "content": " ".join(f":e{n}:" for n in range(3000)),
        },
        "emojis",
        1000,
    ),
}


@pytest.mark.parametrize("name", EXCESS)
def test_thousands_are_bounded(stage: Stage, name: str) -> None:
    """Mastodon CVE-2026-23962 and its like: limits also for what others send."""
    extra, field, most = EXCESS[name]
    note = to_alice(stage, **extra)
    assert stage.send(stage.mallory.create(note)).status in {202, 400, 413, 422}
    stage.settle()
    rows = stage.site.rows(f"SELECT id FROM post WHERE uri = '{note['id']}'")
    if rows:
        assert len(stage.alice.status(str(rows[0][0]))[field]) <= most
    assert len(stage.evil.fetches("/users/m")) <= 200


def test_thousands_of_poll_options(stage: Stage) -> None:
    """Mastodon CVE-2026-23962: limit poll options of remote posts."""
    options = [{"type": "Note", "name": f"Option {n}"} for n in range(3000)]
    note = to_alice(stage, type="Question", oneOf=options)
    assert stage.send(stage.mallory.create(note)).status in {202, 422}
    stage.settle()
    rows = stage.site.rows(f"SELECT id FROM post WHERE uri = '{note['id']}'")
    if rows:
        poll = stage.alice.status(str(rows[0][0]))["poll"]
        assert poll is None or len(poll["options"]) <= 100


def test_long_texts(stage: Stage) -> None:
    for content in (
        "x" * 900_000,
        "<p>" * 100_000,
        "<b>" * 2000 + "x",
        "<a href='http://x'>" * 20_000,
        "&" * 500_000,
        "<" * 500_000,
        "\u0301" * 300_000,
    ):
        note = to_alice(stage, content=content)
        assert stage.send(stage.mallory.create(note)).status in {202, 413, 422}
    stage.settle()
    for status in stage.alice.notifications():
        check(status)


@pytest.mark.parametrize("when", ["1900-01-01T00:00:00Z", "2150-01-01T00:00:00Z", "yesterday"])
def test_dates_out_of_order(stage: Stage, when: str) -> None:
    """Pitfall 12: posts dated in the past or in 2150 must not break the order of timelines."""
    note = stage.friend.note("<p>When?</p>", published=when)
    assert stage.friend.send(stage.site, stage.friend.create(note)).status == 202
    stage.settle()
    later = stage.friend.note("<p>Now</p>")
    assert stage.friend.send(stage.site, stage.friend.create(later)).status == 202
    home = [status["uri"] for status in _until_home(stage, later["id"])]
    if note["id"] in home:
        assert home.index(later["id"]) < home.index(note["id"])
    for uri in (note["id"], later["id"]):
        stage.friend.send(stage.site, stage.friend.activity("Delete", uri))
    stage.settle()


def _until_home(stage: Stage, uri: str) -> list[dict[str, Any]]:
    stage.alice.arrived(uri)
    return stage.alice.home()


@pytest.mark.parametrize("total", [-5, 2**53 - 1, 1.5, "many", None, [], {"x": 1}, True])
def test_totals_that_are_none(stage: Stage, total: Any) -> None:
    collection = {"type": "Collection", "totalItems": total}
    note = to_alice(stage, likes=collection, shares=collection, replies=collection)
    status = read_post(stage, stage.mallory, note)
    for name in ("favourites_count", "reblogs_count", "replies_count"):
        assert isinstance(status[name], int)
        assert 0 <= status[name] < 2**53


def test_the_site_is_well(stage: Stage) -> None:
    """After all this, a good message is processed like before, and nothing waits or has failed."""
    stage.settle()
    note = stage.friend.note("<p>Still here</p>")
    assert stage.friend.send(stage.site, stage.friend.create(note)).status == 202
    stage.alice.arrived(note["id"])
    errors = stage.site.rows(
        "SELECT type, reason FROM inbox_message WHERE reason LIKE '%Error:%'"
        " UNION ALL SELECT kind, error FROM job WHERE failed_at IS NOT NULL"
    )
    assert errors == []
    assert stage.canary.visitors == []
