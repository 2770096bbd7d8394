"""Polls as ActivityPub: the properties of a ``Question``, and votes. Pure.

A vote is a Note with a name and without content. Source: ActivityStreams 2.0 (Question);
Mastodon's documentation of ActivityPub, section "Poll specific properties".
"""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from fedrse.activitypub.vocabulary import Json, as_int, as_list, first_str
from fedrse.core.clock import from_iso, to_iso_seconds
from fedrse.core.ids import EARLIEST
from fedrse.core.text import clean_line
from fedrse.features.polls.model import MOST_CODE_POINTS, Option, Poll

MOST_REMOTE_OPTIONS: Final = 20


class Question(Struct, frozen=True, kw_only=True):
    """A poll as another site tells it; ``closed_at`` is 0 where it is closed since unknown."""

    multiple: bool
    hide_totals: bool
    options: tuple[Option, ...]
    voters_count: int | None
    closes_at: int | None
    closed_at: int | None


def read_question(document: Json) -> Question | None:
    """The poll in a Question, None if it has no options.

    Where numbers by option are missing while the poll is open, its author hides them.
    """
    multiple = bool(as_list(document.get("anyOf")))
    listed = as_list(document.get("anyOf" if multiple else "oneOf"))[:MOST_REMOTE_OPTIONS]
    read = [_read_option(one) for one in listed]
    found = [one for one in read if one is not None]
    if not found:
        return None
    closed_at = _closed(document.get("closed"))
    hidden = closed_at is None and any(votes is None for _, votes in found)
    return Question(
        multiple=multiple,
        hide_totals=hidden,
        options=tuple(Option(title, votes or 0) for title, votes in found),
        voters_count=as_int(document.get("votersCount")),
        closes_at=_time(document.get("endTime")),
        closed_at=closed_at,
    )


def _read_option(item: Any) -> tuple[str, int | None] | None:
    if not isinstance(item, dict):
        return None
    title = clean_line(first_str(item.get("name")), MOST_CODE_POINTS)
    replies = item.get("replies")
    votes = as_int(replies.get("totalItems")) if isinstance(replies, dict) else None
    return (title, votes) if title else None


def _closed(value: Any) -> int | None:
    """When, 0 for ``true``; some software writes ``false`` or nothing for an open poll."""
    if value is True:
        return 0
    return _time(value)


def _time(value: Any) -> int | None:
    try:
        return max(from_iso(first_str(value)), EARLIEST)
    except ValueError:
        return None


def question_of(poll: Poll, now: int) -> Json:
    """The properties that make a Note of this site a Question."""
    shows = poll.shows_totals(now)
    document: Json = {
        "anyOf" if poll.multiple else "oneOf": [_option(one, shows=shows) for one in poll.options]
    }
    if poll.closes_at is not None:
        document["endTime"] = to_iso_seconds(poll.closes_at)
    if poll.is_closed(now):
        document["closed"] = to_iso_seconds(poll.closed_at or poll.closes_at or now)
    if poll.voters_count is not None:
        document["votersCount"] = poll.voters_count
    return document


def _option(option: Option, *, shows: bool) -> Json:
    replies: Json = {"type": "Collection"}
    if shows:
        replies["totalItems"] = option.votes
    return {"type": "Note", "name": option.title, "replies": replies}


def vote(*, uri: str, voter: str, author: str, question: str, title: str) -> Json:
    """``Create`` of one choice, sent to the author of the question only."""
    return {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{uri}/activity",
        "type": "Create",
        "actor": voter,
        "to": author,
        "object": {
            "id": uri,
            "type": "Note",
            "name": title,
            "attributedTo": voter,
            "inReplyTo": question,
            "to": author,
        },
    }
