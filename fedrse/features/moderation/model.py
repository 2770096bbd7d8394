"""Reports as values, and as ActivityPub (``Flag``). Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from fedrse.activitypub.vocabulary import Json, first_str, ids_of
from fedrse.core.clock import to_iso
from fedrse.core.html import html_to_text
from fedrse.core.text import Link, clean_text, extract_entities

LONGEST_COMMENT: Final = 1000  # of people here
LONGEST_REMOTE_COMMENT: Final = 5000
MOST_POSTS: Final = 50
_LONGEST_MARKUP: Final = 50_000
OPEN: Final = "open"
CLOSED: Final = "closed"


class Category(StrEnum):
    """Why something is reported (Mastodon ``Report.category``)."""

    SPAM = "spam"
    LEGAL = "legal"
    VIOLATION = "violation"
    OTHER = "other"


class Report(Struct, frozen=True):
    """A row of ``report``: ``account_id`` reports ``target_id``; ``posts`` is a JSON list of URIs,
    ``rules`` and ``collections`` are JSON lists of ids (as text) that the reporter named.

    A report of another site comes from its instance actor.
    """

    id: int
    uri: str
    account_id: int
    target_id: int
    posts: str
    comment: str
    category: str
    forwarded: bool
    local: bool
    state: str
    created_at: int
    rules: str = "[]"
    collections: str = "[]"
    updated_at: int = 0
    assigned_id: int | None = None
    closed_at: int | None = None
    closed_by_id: int | None = None

    @property
    def rule_ids(self) -> list[str]:
        """Rules of this site, by their places."""
        return list(json.loads(self.rules))

    @property
    def is_open(self) -> bool:
        """Nobody has closed it."""
        return self.state == OPEN

    @property
    def post_uris(self) -> list[str]:
        return list(json.loads(self.posts))


class Exhibit(Struct, frozen=True):
    """A row of ``evidence``: what a post said when it was reported.

    ``content`` is clean HTML, ``files`` a JSON list of ``{"kind": ..., "description": ...}``.
    """

    report_id: int
    post_id: int
    uri: str
    audience: str
    summary: str
    content: str
    files: str
    created_at: int

    @property
    def attached(self) -> list[dict[str, str]]:
        """What hung on it."""
        return list(json.loads(self.files))


class Note(Struct, frozen=True):
    """A row of ``report_note``; of nobody where it came from the command line."""

    id: int
    report_id: int
    account_id: int | None
    text: str
    created_at: int


class Flag(Struct, frozen=True):
    """What another site reports: ids of an account and posts in any order, and why."""

    uris: tuple[str, ...]
    comment: str


def read_flag(activity: Json) -> Flag:
    """Reads a ``Flag``: Misskey puts the addresses of posts into the text."""
    content = first_str(activity.get("content"))[:_LONGEST_MARKUP]
    comment = html_to_text(content) if "<" in content else clean_text(content)
    comment = comment.strip()[:LONGEST_REMOTE_COMMENT]
    links = [one.url for one in extract_entities(comment) if isinstance(one, Link)]
    uris = dict.fromkeys([*ids_of(activity.get("object")), *links])
    return Flag(tuple(uris)[: MOST_POSTS + 1], comment)


def flag_of(report: Report, *, instance_actor: str, target: str, post_uris: Sequence[str]) -> Json:
    """``Flag`` in the name of the site: who reported is nobody else's business."""
    return {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": report.uri,
        "type": "Flag",
        "actor": instance_actor,
        "content": report.comment,
        "object": [target, *post_uris],
        "to": target,
    }


def entity(report: Report, status_ids: Sequence[int], target: dict[str, Any]) -> dict[str, Any]:
    """The Mastodon ``Report``."""
    return {
        "id": str(report.id),
        "action_taken": not report.is_open,
        "action_taken_at": None if report.closed_at is None else to_iso(report.closed_at),
        "category": report.category,
        "comment": report.comment,
        "forwarded": report.forwarded,
        "created_at": to_iso(report.created_at),
        "status_ids": [str(one) for one in status_ids],
        "collection_ids": json.loads(report.collections) or None,
        "rule_ids": json.loads(report.rules) or None,
        "target_account": target,
    }
