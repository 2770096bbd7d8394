"""What people type to find posts: words, "phrases", operators, and what must not be there.

The operators are those of Mastodon: ``from:`` ``has:`` ``is:`` ``language:`` ``before:`` ``after:``
``during:`` ``in:``. A minus before anything excludes it. What looks like an operator and is none is
text.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from fedrse.core.ids import first_of
from fedrse.core.language import normalise_language, primary_language
from fedrse.core.text import fold_hashtag
from fedrse.features.search.model import LONGEST_QUERY, MOST_TERMS, PREFIX_FROM, words_of

NEWEST: Final = 1 << 62  # above every id
OPERATORS: Final = ("from", "has", "is", "language", "before", "after", "during", "in")
# Marks of posts in the index. No word has a low line in it, so nobody can type one.
ANY: Final = "_p"
OPEN: Final = "_o"  # everybody here may read it
SOME: Final = "_f"  # followers or members of a group may
PROPERTIES: Final = (
    "media",
    "image",
    "video",
    "audio",
    "poll",
    "link",
    "embed",
    "quote",
    "reply",
    "sensitive",
)
_CLAUSE = re.compile(
    r'(?P<sign>[+-])?(?:(?P<operator>[a-z]+):)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))',
    re.IGNORECASE,
)
_PERIOD = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?", re.ASCII)
_ONE_DAY = timedelta(days=1)


def by_author(account_id: int) -> str:
    """The mark of posts of an author."""
    return f"_a{account_id}"


def naming(account_id: int) -> str:
    """The mark of posts that name somebody."""
    return f"_m{account_id}"


def in_language(language: str) -> str:
    """The mark of posts in a language."""
    return f"_l{primary_language(language).lower()}"


def having(name: str) -> str:
    """The mark of posts with a property."""
    return f"_h{name}"


class Author(Struct, frozen=True):
    """``from:``; ``username`` "" is the one who asks, ``domain`` None is this site."""

    username: str
    domain: str | None
    excluded: bool


class Query(Struct, frozen=True):
    """What is looked for; each of ``with_`` and ``without`` is a run of words or one mark.

    ``begins``: the last of ``with_`` may be the beginning of a word. Posts have ids from ``low`` on
    and below ``high``, and none of ``gap``. ``nothing``: it can be found by no post.
    """

    with_: tuple[tuple[str, ...], ...] = ()
    without: tuple[tuple[str, ...], ...] = ()
    begins: bool = False
    authors: tuple[Author, ...] = ()
    low: int = 0
    high: int = NEWEST
    gap: tuple[int, int] = (0, 0)
    library: bool = False
    nothing: bool = False

    @property
    def asks(self) -> bool:
        """Whether there is anything to look for."""
        everything = self.low == 0 and self.high == NEWEST and self.gap == (0, 0)
        return bool(self.with_ or self.without or self.authors or self.library) or not everything


def is_dated(text: str) -> bool:
    """Whether the query needs to know when days begin for the one who asks."""
    return any(f"{name}:" in text.lower() for name in ("before", "after", "during"))


def read_query(text: str, zone: str = "UTC") -> Query:
    """Understands a query; days begin at midnight in the time zone ``zone``."""
    reader = _Reader(zone)
    for match in _CLAUSE.finditer(text[:LONGEST_QUERY]):
        reader.read(match)
    return reader.query()


class _Reader:
    def __init__(self, zone: str) -> None:
        self._zone = zone
        self._with: list[tuple[str, ...]] = []
        self._without: list[tuple[str, ...]] = []
        self._authors: list[Author] = []
        self._words = 0
        self._begins = False
        self._low, self._high, self._gap = 0, NEWEST, (0, 0)
        self._library = False
        self._nothing = False

    def query(self) -> Query:
        return Query(
            tuple(self._with),
            tuple(self._without),
            self._begins,
            tuple(self._authors),
            self._low,
            self._high,
            self._gap,
            self._library,
            self._nothing,
        )

    def read(self, match: re.Match[str]) -> None:
        sign, operator, phrase = match["sign"], (match["operator"] or "").lower(), match["phrase"]
        excluded = sign == "-"
        value = match["word"] if phrase is None else phrase
        if operator in OPERATORS and value:
            self._begins = False
            getattr(self, f"_{operator}")(value.strip(), excluded=excluded)
            return
        words = words_of(match[0].removeprefix(sign or ""))[: MOST_TERMS - self._words]
        self._words += len(words)
        if not words:
            return
        if excluded:
            self._without.append(tuple(words))
            self._begins = False
        elif phrase is not None and not operator:
            self._with.append(tuple(words))
            self._begins = False
        else:
            self._with += [(word,) for word in words]
            self._begins = len(words[-1]) >= PREFIX_FROM

    def _mark(self, mark: str, *, excluded: bool) -> None:
        # In front: what comes last may be the beginning of a word.
        (self._without if excluded else self._with).insert(0, (mark,))

    def _from(self, value: str, *, excluded: bool) -> None:
        name, _, domain = value.removeprefix("@").partition("@")
        self._authors.append(
            Author("" if value.lower() == "me" else name, domain.lower() or None, excluded)
        )

    def _has(self, value: str, *, excluded: bool) -> None:
        if value.lower() in PROPERTIES:
            self._mark(having(value.lower()), excluded=excluded)
        else:
            self._nothing = self._nothing or not excluded

    _is = _has

    def _language(self, value: str, *, excluded: bool) -> None:
        language = normalise_language(value.replace("_", "-"))
        if language is not None:
            self._mark(in_language(language), excluded=excluded)
        else:
            self._nothing = self._nothing or not excluded

    def _in(self, value: str, *, excluded: bool) -> None:
        place = value.lower()
        if excluded or place not in ("library", "public", "all"):
            self._nothing = True
        elif place == "public":
            self._mark(OPEN, excluded=False)
        elif place == "library":
            self._library = True

    def _period(self, value: str) -> tuple[int, int] | None:
        """First ids of a year, month or day and of what comes after it."""
        match = _PERIOD.fullmatch(value)
        if match is None:
            self._nothing = True
            return None
        year, month, day = int(match[1]), int(match[2] or 1), int(match[3] or 1)
        try:
            first = date(year, month, day)
            if match[3]:
                after = first + _ONE_DAY
            elif match[2]:
                after = (first.replace(day=28) + 4 * _ONE_DAY).replace(day=1)
            else:
                after = first.replace(year=year + 1)
            return self._id(first), self._id(after)
        except (ValueError, OverflowError):  # there is no such day
            self._nothing = True
            return None

    def _id(self, day: date) -> int:
        midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self._zone))
        return min(first_of(max(int(midnight.timestamp() * 1000), 0)), NEWEST)

    def _before(self, value: str, *, excluded: bool) -> None:
        period = self._period(value)
        if period is not None and excluded:
            self._low = max(self._low, period[0])
        elif period is not None:
            self._high = min(self._high, period[0])

    def _after(self, value: str, *, excluded: bool) -> None:
        period = self._period(value)
        if period is not None and excluded:
            self._high = min(self._high, period[1])
        elif period is not None:
            self._low = max(self._low, period[1])

    def _during(self, value: str, *, excluded: bool) -> None:
        period = self._period(value)
        if period is None:
            return
        if excluded:
            self._gap = period
        else:
            self._low, self._high = max(self._low, period[0]), min(self._high, period[1])


# As the databases want it


def sqlite_match(query: Query, readable: tuple[str, ...]) -> str:
    """An FTS5 query; ``readable``: marks one of which a post must have."""
    wanted = [f'"{" ".join(run)}"' for run in query.with_] or [f'"{ANY}"']
    if query.begins:
        wanted[-1] += "*"
    marks = " OR ".join(f'"{mark}"' for mark in readable)
    matching = " AND ".join([*wanted, f"({marks})"])
    # One after the other: what the first excludes, the others need not look at.
    for run in query.without:
        matching = f'({matching}) NOT "{" ".join(run)}"'
    return matching


def postgres_match(query: Query, readable: tuple[str, ...]) -> str:
    """The same as text of a ``tsquery``."""
    wanted = [_postgres_run(run) for run in query.with_]
    if query.begins:
        wanted[-1] += ":*"
    marks = " | ".join(f"'{mark}'" for mark in readable)
    refused = [f"!{_postgres_run(run)}" for run in query.without]
    return " & ".join([*wanted, f"({marks})", *refused])


def _postgres_run(run: tuple[str, ...]) -> str:
    words = [f"'{word}'" for word in run]
    return words[0] if len(words) == 1 else f"({' <-> '.join(words)})"


def tag_prefix(text: str) -> str:
    """The folded beginning of a tag that is asked for, "" where the text cannot be one."""
    prefix = fold_hashtag(text.strip().lstrip("#＃"))
    return "" if any(character.isspace() for character in prefix) else prefix
