"""Filters as values, and how their keywords are found in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec
from msgspec import Struct

from fedrse.core.clock import to_iso
from fedrse.core.errors import Invalid
from fedrse.core.text import clean_line

CONTEXTS: Final = ("home", "notifications", "public", "thread", "account")
MOST_FILTERS: Final = 200
MOST_KEYWORDS: Final = 500
LONGEST_TEXT: Final = 512
LONGEST_LIFE: Final = 10 * 365 * 24 * 3600  # seconds


class Action(StrEnum):
    """What apps do with what matches."""

    WARN = "warn"
    HIDE = "hide"
    BLUR = "blur"


class Keyword(Struct, frozen=True):
    """A word or phrase; ``whole_word``: not as a part of longer words."""

    id: int
    filter_id: int
    keyword: str
    whole_word: bool


class FilteredPost(Struct, frozen=True):
    """A single post that a filter names."""

    id: int
    filter_id: int
    post_id: int


class Filter(Struct, frozen=True):
    """A filter with all that belongs to it."""

    id: int
    account_id: int
    title: str
    context: tuple[str, ...]
    action: Action
    expires_at: int | None
    keywords: tuple[Keyword, ...] = ()
    posts: tuple[FilteredPost, ...] = ()


# What apps send


def read_text(value: object, name: str) -> str:
    """A title or keyword. Raises Invalid."""
    text = clean_line(value, LONGEST_TEXT + 1).strip() if isinstance(value, str) else ""
    if not text:
        raise Invalid("filter_blank", f"Validation failed: {name} can't be blank")
    if len(text) > LONGEST_TEXT:
        raise Invalid("filter_too_long", f"Validation failed: {name} is too long")
    return text


def read_context(values: Iterable[str]) -> tuple[str, ...]:
    """Where a filter applies, in the order of ``CONTEXTS``. Raises Invalid."""
    given = set(values)
    if not given or not given <= set(CONTEXTS):
        raise Invalid(
            "filter_context", "Validation failed: Context None or invalid context supplied"
        )
    return tuple(name for name in CONTEXTS if name in given)


def read_action(value: str) -> Action:
    """What to do; ``blur`` has two names in the documentation. Raises Invalid."""
    try:
        return Action.BLUR if value == "blur_media" else Action(value)
    except ValueError:
        raise Invalid(
            "filter_action", "Validation failed: Filter action is not included in the list"
        ) from None


# What apps get


def entity(found: Filter, *, whole: bool = True) -> dict[str, Any]:
    """The Mastodon ``Filter``; inside of results without its keywords and posts."""
    shown: dict[str, Any] = {
        "id": str(found.id),
        "title": found.title,
        "context": list(found.context),
        "expires_at": None if found.expires_at is None else to_iso(found.expires_at),
        "filter_action": found.action.value,
    }
    if whole:
        shown["keywords"] = [keyword_entity(one) for one in found.keywords]
        shown["statuses"] = [post_entity(one) for one in found.posts]
    return shown


def keyword_entity(found: Keyword) -> dict[str, Any]:
    """The Mastodon ``FilterKeyword``."""
    return {"id": str(found.id), "keyword": found.keyword, "whole_word": found.whole_word}


def post_entity(found: FilteredPost) -> dict[str, Any]:
    """The Mastodon ``FilterStatus``."""
    return {"id": str(found.id), "status_id": str(found.post_id)}


def old_entity(found: Filter, keyword: Keyword) -> dict[str, Any]:
    """The Mastodon ``V1::Filter``: one keyword of a filter."""
    return {
        "id": str(keyword.id),
        "phrase": keyword.keyword,
        "context": list(found.context),
        "expires_at": None if found.expires_at is None else to_iso(found.expires_at),
        "irreversible": found.action is Action.HIDE,
        "whole_word": keyword.whole_word,
    }


# Matching


def pattern_of(keyword: Keyword) -> re.Pattern[str]:
    """Finds the keyword whatever its case; word borders only beside letters and digits."""
    text = keyword.keyword
    before = r"(?<!\w)" if keyword.whole_word and re.match(r"\w", text) else ""
    after = r"(?!\w)" if keyword.whole_word and re.match(r"\w", text[-1]) else ""
    return re.compile(before + re.escape(text) + after, re.IGNORECASE)


class Matcher:
    """The filters of one person, ready to be used."""

    def __init__(self, filters: Sequence[Filter]) -> None:
        self._filters = [
            (
                found,
                msgspec.Raw(msgspec.json.encode(entity(found, whole=False))),
                [(one.keyword, pattern_of(one)) for one in found.keywords],
                {one.post_id for one in found.posts},
            )
            for found in filters
        ]

    def results(self, texts: Mapping[int, str], now: int) -> dict[int, bytes]:
        """Mastodon ``FilterResult`` lists by post, for those that match something."""
        matched: dict[int, list[dict[str, Any]]] = {}
        for found, shown, patterns, posts in self._filters:
            if found.expires_at is not None and found.expires_at <= now:
                continue
            for post_id, text in texts.items():
                words = [word for word, pattern in patterns if pattern.search(text)]
                named = post_id in posts
                if words or named:
                    matched.setdefault(post_id, []).append(
                        {
                            "filter": shown,
                            "keyword_matches": words or None,
                            "status_matches": [str(post_id)] if named else None,
                        }
                    )
        return {post_id: msgspec.json.encode(results) for post_id, results in matched.items()}
