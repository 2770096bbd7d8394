"""Polls as values: what may be asked, a row of the table, and how apps see it. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from fedrse.core.clock import to_iso
from fedrse.core.errors import Invalid
from fedrse.core.text import clean_line, count_graphemes

FEWEST_OPTIONS: Final = 2
MOST_OPTIONS: Final = 10
LONGEST_OPTION: Final = 100  # characters as people see them
SHORTEST: Final = 300  # seconds
LONGEST: Final = 2_629_746  # seconds: a month
MOST_CODE_POINTS: Final = 500  # of an option, also of one of another site


class Option(Struct, frozen=True):
    """One answer and how many chose it."""

    title: str
    votes: int = 0


class Poll(Struct, frozen=True, kw_only=True):
    """A row of ``poll``. Times in milliseconds.

    ``voters_count`` is None where the author's site does not tell. ``hide_totals``: numbers by
    option are shown only after the end.
    """

    post_id: int
    multiple: bool
    hide_totals: bool
    options: tuple[Option, ...]
    voters_count: int | None
    closes_at: int | None
    closed_at: int | None

    @property
    def titles(self) -> list[str]:
        """What can be chosen, in order."""
        return [option.title for option in self.options]

    def is_closed(self, now: int) -> bool:
        """Whether nobody can vote any more."""
        if self.closed_at is not None:
            return True
        return self.closes_at is not None and self.closes_at <= now

    def shows_totals(self, now: int) -> bool:
        """Whether the numbers by option are public now."""
        return not self.hide_totals or self.is_closed(now)


class PollDraft(Struct, frozen=True):
    """The parameter ``poll`` of a status; ``expires_in`` in seconds."""

    options: list[str] = []
    expires_in: int | None = None
    multiple: bool = False
    hide_totals: bool = False

    def titles(self) -> list[str]:
        """The options without blanks around them; empty ones are left out."""
        titles = [clean_line(option, MOST_CODE_POINTS + 1) for option in self.options]
        return [title for title in titles if title]

    def check(self) -> None:
        """Raises Invalid, with the sentences that apps of Mastodon show."""
        titles = self.titles()
        if len(titles) < FEWEST_OPTIONS:
            raise _invalid("too_few_options", "options must have more than one item")
        if len(titles) > MOST_OPTIONS:
            raise _invalid(
                "too_many_options", f"options can't contain more than {MOST_OPTIONS} items"
            )
        if any(
            count_graphemes(title) > LONGEST_OPTION or len(title) > MOST_CODE_POINTS
            for title in titles
        ):
            raise _invalid(
                "over_character_limit",
                f"options cannot be longer than {LONGEST_OPTION} characters each",
            )
        if len(set(titles)) != len(titles):
            raise _invalid("duplicate_options", "options contain duplicate items")
        if self.expires_in is None:
            raise _invalid("duration_blank", "expires at can't be blank")
        if self.expires_in < SHORTEST:
            raise _invalid("duration_too_short", "expires at is too soon")
        if self.expires_in > LONGEST:
            raise _invalid("duration_too_long", "expires at is too far into the future")


def _invalid(code: str, problem: str) -> Invalid:
    return Invalid(f"poll_{code}", f"Validation failed: Poll {problem}")


def options_to_json(options: Sequence[Option]) -> str:
    """Options as the table keeps them."""
    return json.dumps(
        [{"title": option.title, "votes": option.votes} for option in options], ensure_ascii=False
    )


def options_from_json(text: str) -> tuple[Option, ...]:
    """The inverse of ``options_to_json``."""
    return tuple(Option(one["title"], one["votes"]) for one in json.loads(text))


def poll_of(row: Any) -> Poll:
    """A row of the table ``poll``."""
    return Poll(
        post_id=row.post_id,
        multiple=row.multiple,
        hide_totals=row.hide_totals,
        options=options_from_json(row.options),
        voters_count=row.voters_count,
        closes_at=row.closes_at,
        closed_at=row.closed_at,
    )


def entity(
    poll: Poll, now: int, emojis: Sequence[Mapping[str, Any]], own_votes: Sequence[int] | None
) -> dict[str, Any]:
    """The Mastodon ``Poll``; ``own_votes`` None: nobody is looking."""
    shows = poll.shows_totals(now)
    shown: dict[str, Any] = {
        "id": str(poll.post_id),
        "expires_at": None if poll.closes_at is None else to_iso(poll.closes_at),
        "expired": poll.is_closed(now),
        "multiple": poll.multiple,
        "votes_count": sum(option.votes for option in poll.options),
        "voters_count": poll.voters_count,
        "options": [
            {"title": option.title, "votes_count": option.votes if shows else None}
            for option in poll.options
        ],
        "emojis": [one for one in emojis if _is_used(str(one.get("shortcode")), poll)],
    }
    if own_votes is not None:
        shown |= {"voted": bool(own_votes), "own_votes": list(own_votes)}
    return shown


def _is_used(shortcode: str, poll: Poll) -> bool:
    return any(f":{shortcode}:" in option.title for option in poll.options)
