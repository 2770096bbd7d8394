"""Cards from memory are those that would be drawn, and nobody gets the secret of somebody else."""

from __future__ import annotations

from typing import Any

import pytest
from markupsafe import Markup, escape
from msgspec.structs import replace

from fedrse.core.clock import DAY, HOUR, MINUTE, ManualClock
from fedrse.web.drawn_cards import DrawnCards
from fedrse.web.formats import show_times_of
from fedrse.web.views import Person, Poll, Post

NOW = 1_800_000_000_000


class Reader:
    def __init__(self, secret: str) -> None:
        self.secret = secret

    def csrf_token(self) -> str:
        return self.secret


class Macro:
    """Counts how often something is drawn."""

    def __init__(self) -> None:
        self.drawn = 0

    def __call__(self, post: Post, request: Any, heading: str) -> str:
        self.drawn += 1
        return f"<{heading}>{post.content} {escape(request.csrf_token())} {post.author.name}"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def cards(clock: ManualClock) -> DrawnCards:
    return DrawnCards(clock)


def post(**changes: Any) -> Post:
    plain = Post(
        path="/@amina/1",
        author=Person(name="Amina", handle="@amina@lyon.test", path="/@amina"),
        published=NOW - 10 * MINUTE,
        content=Markup("<p>Hello</p>"),
        audience_icon="globe",
        audience_label="Everybody",
    )
    return replace(plain, **changes)


def test_a_card_is_drawn_once_and_each_reader_has_an_own_secret(cards: DrawnCards) -> None:
    macro = Macro()
    first = cards(macro, post(), Reader("one"), "h2")
    second = cards(macro, post(), Reader('two"<'), "h2")
    assert first == "<h2><p>Hello</p> one Amina"
    assert second == "<h2><p>Hello</p> two&#34;&lt; Amina"
    assert macro.drawn == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"content": Markup("<p>Other</p>")},
        {"author": Person(name="Amina B.", handle="@amina@lyon.test", path="/@amina")},
        {"warning": "Long"},
        {"why": "because"},
        {"edited": NOW},
    ],
    ids=str,
)
def test_what_differs_is_drawn_anew(cards: DrawnCards, changes: dict[str, Any]) -> None:
    macro = Macro()
    cards(macro, post(), Reader("one"), "h2")
    cards(macro, post(**changes), Reader("one"), "h2")
    cards(macro, post(), Reader("one"), "h1")
    assert macro.drawn == 3


@pytest.mark.parametrize(
    ("age", "later"), [(MINUTE, MINUTE), (HOUR, HOUR), (DAY, DAY), (30 * DAY, DAY)]
)
def test_a_card_says_how_long_ago_it_is(
    cards: DrawnCards, clock: ManualClock, age: int, later: int
) -> None:
    macro, reader, old = Macro(), Reader("one"), post(published=NOW - age)
    cards(macro, old, reader, "h2")
    cards(macro, old, reader, "h2")
    assert macro.drawn == 1
    clock.advance(later)
    cards(macro, old, reader, "h2")
    assert macro.drawn == 2


def test_times_are_those_of_the_reader(cards: DrawnCards) -> None:
    macro = Macro()
    try:
        for zone in ("Europe/Paris", "Asia/Tokyo", None):
            show_times_of(zone)
            cards(macro, post(), Reader("one"), "h2")
    finally:
        show_times_of(None)
    assert macro.drawn == 3


def test_polls_are_drawn_once_for_each_state(cards: DrawnCards) -> None:
    macro, poll = Macro(), Poll(key="1", options=(), votes=0, closes=NOW + HOUR)
    for secret in ("one", "two"):
        assert secret in cards(macro, post(poll=poll), Reader(secret), "h2")
    assert macro.drawn == 1
    cards(macro, post(poll=replace(poll, is_over=True)), Reader("one"), "h2")
    assert macro.drawn == 2


def test_memory_is_bounded(cards: DrawnCards, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fedrse.web.drawn_cards.MOST", 2)
    macro, reader = Macro(), Reader("one")
    for number in (1, 2, 1, 3, 1, 2):
        cards(macro, post(key=str(number)), reader, "h2")
    assert macro.drawn == 4, "the one that was not asked for longest went"
