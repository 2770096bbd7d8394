"""The form of a filter: what was typed, and what of it is wrong. Pure."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from fedrse.core.ids import parse_id
from fedrse.features.filters.model import CONTEXTS, LONGEST_TEXT, Action, Filter
from fedrse.http.request import Request
from fedrse.web.languages import translatable

SPARE_ROWS: Final = 3
MOST_ROWS: Final = 60
KEEP: Final = "keep"
DURATIONS: Final = (
    ("", translatable("For good")),
    ("1800", translatable("30 minutes")),
    ("3600", translatable("One hour")),
    ("21600", translatable("Six hours")),
    ("86400", translatable("One day")),
    ("604800", translatable("One week")),
)
PLACES: Final = (
    ("home", translatable("Home and lists")),
    ("notifications", translatable("Notifications")),
    ("public", translatable("This site and network")),
    ("thread", translatable("Conversations")),
    ("account", translatable("Profiles")),
)
ACTIONS: Final = (
    (
        Action.WARN,
        translatable("Cover it"),
        translatable("The name of the filter is shown; one press opens the post."),
        "eye-off",
    ),
    (
        Action.HIDE,
        translatable("Hide it completely"),
        translatable("As if it had not been written."),
        "close",
    ),
    (
        Action.BLUR,
        translatable("Cover pictures only"),
        translatable("The text stays readable."),
        "image",
    ),
)
NO_TITLE: Final = translatable("Give it a name: it is shown instead of the post.")
TOO_LONG: Final = translatable("This is too long: 512 characters are the most.")
NO_WORDS: Final = translatable("Write at least one word.")
NO_PLACE: Final = translatable("Choose at least one place.")
NO_ACTION: Final = translatable("Choose what happens.")
NO_DURATION: Final = translatable("Choose one of these.")


class Word(Struct, frozen=True):
    """A row of the form; ``id`` is 0 for a new one."""

    id: int
    text: str
    whole: bool


class FilterForm(Struct, frozen=True):
    """What was typed."""

    title: str = ""
    words: tuple[Word, ...] = ()
    places: tuple[str, ...] = ("home", "public")
    action: str = Action.WARN
    duration: str = ""

    @property
    def rows(self) -> tuple[Word, ...]:
        """The words, and some empty rows."""
        spare = min(SPARE_ROWS, max(MOST_ROWS - len(self.words), 0))
        return (*self.words, *(Word(0, "", whole=True) for _ in range(spare)))

    def wrong(self, *, has_posts: bool, may_keep: bool) -> dict[str, str]:
        """What is wrong, by field. ``has_posts``: it names posts, so it needs no words."""
        found = {}
        if not self.title.strip():
            found["title"] = NO_TITLE
        elif len(self.title) > LONGEST_TEXT:
            found["title"] = TOO_LONG
        if not self.words and not has_posts:
            found["words"] = NO_WORDS
        elif any(len(one.text) > LONGEST_TEXT for one in self.words):
            found["words"] = TOO_LONG
        if not self.places:
            found["places"] = NO_PLACE
        if self.action not in set(Action):
            found["action"] = NO_ACTION
        if self.duration not in dict(DURATIONS) and not (may_keep and self.duration == KEEP):
            found["duration"] = NO_DURATION
        return found


def form_of(found: Filter) -> FilterForm:
    """A filter as its form begins."""
    words = (Word(one.id, one.keyword, one.whole_word) for one in found.keywords)
    return FilterForm(
        title=found.title,
        words=tuple(words),
        places=found.context,
        action=found.action.value,
        duration="" if found.expires_at is None else KEEP,
    )


def read_form(request: Request) -> FilterForm:
    """The fields ``title``, ``words[n]``, ``ids[n]``, ``whole[n]``, ``places[]`` and so on."""
    texts, ids = _by_row(request, "words"), _by_row(request, "ids")
    whole = _by_row(request, "whole")
    words = [
        Word(parse_id(ids.get(row, "")) or 0, text.strip(), whole=row in whole)
        for row, text in sorted(texts.items())
        if text.strip()
    ]
    chosen = request.params.get("places")
    places = chosen if isinstance(chosen, list) else [chosen]
    return FilterForm(
        title=request.text("title") or "",
        words=tuple(words),
        places=tuple(one for one in CONTEXTS if one in places),
        action=request.text("action") or "",
        duration=request.text("duration") or "",
    )


def _by_row(request: Request, name: str) -> dict[int, str]:
    given: Any = request.params.get(name)
    pairs = given.items() if isinstance(given, dict) else ()
    return {
        int(row): text
        for row, text in pairs
        if isinstance(text, str) and row.isascii() and row.isdigit() and int(row) < MOST_ROWS
    }
